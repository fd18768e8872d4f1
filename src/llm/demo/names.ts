import { clip } from './words.ts'

const NAME_LENGTH = 48
const QUOTED = /[“"«„]\s*([^”"»“„«]{1,80}?)\s*[”"»“]/
const CALLED = /\b(?:called|named|titled|entitled|namens)\s+(.+)/i
const CALLED_CHINESE = /(?:名叫|叫做|名为|叫)([^的，。,.\s]{1,16})/u
const NAME_ENDS =
  /[,;:!?()[\]{}<>]|(?<!\b\p{L}{1,2})\.(?=\s|$)|\s[-–—]\s|\s(?:with|that|which|who|whose|featuring|including|where|using|has|have|needs|about)\s|\s(?:in|at|on|from|for|near|by)\s|\sand\s(?=\p{Ll}|\d)/u
const FOR_PROPER =
  /\b(?:for|of)\s+((?:The\s|St\.\s)?\p{Lu}[\p{L}\p{N}'’-]*(?:\s+(?:&|and(?=\s\p{Lu})|of(?=\s\p{Lu})|\p{Lu}[\p{L}\p{N}'’-]*))*)/u

const TRADE_PROPER =
  /\b(?:bakery|band|caf[eé]|restaurant|bistro|bar|shop|bookshop|studio|choir|florist|gym|salon|app|company|brand|photographer|hotel|brewery|farm|start-?up|agency|podcast|artist|trio|duo)\s+((?:The\s)?\p{Lu}[\p{L}\p{N}'’-]*(?:\s+(?:&|and(?=\s\p{Lu})|of(?=\s\p{Lu})|\p{Lu}[\p{L}\p{N}'’-]*))*)/u

/** What the brief calls the thing, in its own spelling: quoted, “called X”, “the band X” or “for X”. */
export function nameIn(brief: string): string | undefined {
  return (
    tidy(brief.match(QUOTED)?.[1]) ??
    calledIn(brief) ??
    tidy(brief.match(TRADE_PROPER)?.[1]) ??
    tidy(brief.match(FOR_PROPER)?.[1])
  )
}

/** What follows “called”, “named” or “titled”, up to where the name ends. */
export function calledIn(brief: string): string | undefined {
  const rest = brief.match(CALLED)?.[1] ?? brief.match(CALLED_CHINESE)?.[1]
  if (!rest) return undefined
  return tidy(rest.match(/^[“"«„‘']([^”"»’']+)/)?.[1] ?? rest.split(NAME_ENDS, 1)[0])
}

const PLACE = /\b(?:in|from|near)\s+(\p{Lu}[\p{L}'’-]+(?:[ -](?:de |am |upon |la )?\p{Lu}[\p{L}'’-]+){0,2})/u

/** The place that the brief names with a capital: “in Lisbon”, “from New Orleans”. */
export function placeIn(brief: string): string | undefined {
  return tidy(brief.match(PLACE)?.[1])
}

/** All that a brief may call a picture, for `countIn`. */
export const PICTURES =
  'pictures?|pics?|photos?|photographs?|images?|illustrations?|drawings?|paintings?|bilder|renders?|renderings?'

/** All that a brief may call a clip. */
export const CLIPS = 'clips?|films?|movies?|videos?|animations?'

const NUMBERS = 'no,one,two,three,four,five,six,seven,eight,nine,ten,eleven,twelve'.split(',')
const AMOUNTS: Record<string, number> = {
  without: 0,
  zero: 0,
  'a couple of': 2,
  'a pair of': 2,
  'a few': 3,
  several: 4,
  'half a dozen': 6,
  'a dozen': 12,
}
const NOT_COUNTED =
  '(?![- ]?(?:books?|pages?|studio|galler|booth|editor|app|shop|format))(?!\\s+(?:for|per|in|on|to|with)?\\s*(?:each|every)\\b)(?!\\s+per\\b)'
const NOT_BETWEEN = `(?:with|without|and|or|for|of|${NUMBERS.join('|')})\\b`
const COUNT_OF = (things: string) =>
  new RegExp(
    `\\b(\\d{1,3}|${Object.keys(AMOUNTS).join('|')}|an?|${NUMBERS.join('|')})[\\s-]+(?:(?!${NOT_BETWEEN})[\\p{L}-]+\\s+){0,2}?(?:${things})\\b${NOT_COUNTED}`,
    'giu',
  )

/** How many of a thing the brief asks for (“three pictures”, “no images”), undefined when it doesn't say. */
export function countIn(brief: string, things: string): number | undefined {
  for (const [found, word = ''] of brief.matchAll(COUNT_OF(things))) {
    const isSingular = /^an?$/i.test(word)
    if (!(isSingular && /s$/i.test(found))) return isSingular ? 1 : numberOf(word.toLowerCase())
  }
  return undefined
}

function numberOf(word: string): number {
  if (/^\d/.test(word)) return Number(word)
  return AMOUNTS[word] ?? NUMBERS.indexOf(word)
}

const STOP_WORDS = new Set(
  'called named titled img src script a about all also an and any are as at be but by can do for from get give has have her his i in into is it its just like little make me my new nice of on one or our page pages picture pictures photo photos image images please simple small some that the their them then this three to two us want we website site landing homepage build create need needs with without who which you your cli command line tool script program app story illustrated'.split(
    ' ',
  ),
)

/** The words of the brief that carry meaning, in order, at most `most`. */
export function keywords(brief: string, most: number): string[] {
  const words = brief.match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) ?? []
  const telling = words.filter((word) => word.length < 30 && !STOP_WORDS.has(word.toLowerCase()))
  return [...new Set(telling)].slice(0, most)
}

function tidy(text: string | undefined): string | undefined {
  const plain = text?.replace(/^[\s"'“”‘’«».,]+|[\s"'“”‘’«».,]+$/g, '')
  return plain && /[\p{L}\p{N}]/u.test(plain) ? clip(plain, NAME_LENGTH) : undefined
}

import { calledIn, countIn, PICTURES, placeIn } from '../names.ts'
import { clip, pick, titleCase, withArticle } from '../words.ts'

/** Who and what the story is about, read from the brief and completed by the hash. */
export interface Cast {
  title: string
  /** “a fox called Rusty who is afraid of the dark”, in the brief's words. */
  subject: string
  hero: string
  noun: string
  she: string
  her: string
  place: string
  friend: string
  thing: string
  season: string
  chapters: number
  /** How many pictures it has, at most eight. */
  pictures: number
  /** True for films, storyboards and comics: each chapter carries a shot. */
  filmed: boolean
  seconds: number
}

const ENDS = String.raw`(?=\s+(?:who|whose|that|which|with|in|on|at|under|near|beside|from|called|named|and)\b|[,.;:!?"“”<>()[\]{}]|$)`
const ABOUT = new RegExp(
  String.raw`\b(?:about|of|starring)\s+((?:(?:an?|the|my|our|two|three|one)\s+)?[\p{L}'’ -]{2,40}?)${ENDS}`,
  'iu',
)
const OF_WHAT = /\s+of\s.*$/
const SUBJECT = /\b(?:about|of|starring)\s+([^.;:!?"“”<>()[\]{}]{3,140})/i
const PLACE = new RegExp(
  String.raw`\b(?:in|on|at|under|near|beside)\s+((?:an?|the|my|our)\s+[\p{L}'’ -]{3,40}?)${ENDS}`,
  'iu',
)
const TITLED =
  /\b(?:stor(?:y|ies)|tale|book|comic|film|fable|movie|storyboard|legend)\s+(?:called|named|titled|entitled)\b/i
const ALIVE =
  /(?:girl|boy|child|kid|woman|man|mother|father|friend|fox|cat|dog|bear|owl|mouse|rabbit|hare|wolf|dragon|robot|ghost|whale|bird|crow|penguin|hedgehog|badger|otter|turtle|frog|bee|lion|tiger|elephant|horse|donkey|goat|sheep|duck|goose|squirrel|witch|wizard|king|queen|prince|princess|knight|pirate|giant|troll|fairy|elf|monster|snail|spider|fish|octopus|\w{2,}(?:keeper|maker|er|or)|\w{3,}ist)s?$/i
const NOT_ALIVE =
  /(?:water|river|flower|tower|winter|summer|weather|letter|paper|mirror|color|door|floor|harbor|corner|adventure|power|number|order|forever|computer|motor|tractor|meteor)s?$/i

const ABSTRACT = /^(?:friend\w*|love|courage|kindness|growing up|sharing|loss|grief|hope|being \w+|time|peace)/i

const MOST_CHAPTERS = 6
const MOST_PICTURES = 8 // more than chapters: the cover and the end have one too

/** Reads a story out of a brief. */
export function readCast(brief: string): Cast {
  const phrase = brief.match(ABOUT)?.[1]?.trim()
  const bare = phrase?.replace(/^(?:an?|the|my|our|two|three|one)\s+/i, '')
  const being = bare?.replace(OF_WHAT, '')
  const isAlive = being !== undefined && ALIVE.test(being) && !NOT_ALIVE.test(being)
  const noun = isAlive ? singular(being) : 'child'
  const named = TITLED.test(brief) ? undefined : calledIn(brief)
  const isHe = /\b(?:boy|he|his|him|man|father|king|prince|wizard|grandfather|uncle|brother)\b/i.test(brief)
  const isShe = /\b(?:girl|she|her|woman|mother|queen|princess|witch|grandmother|aunt|sister)\b/i.test(brief)
  const he = isHe && !isShe ? true : isShe ? false : pick([true, false], brief, 'he')
  const hero = named ?? pick(he ? ['Tobi', 'Finn', 'Arlo', 'Emil'] : ['Mira', 'Juno', 'Wren', 'Alma'], brief, 'hero')
  const place = placeOf(brief, isAlive ? undefined : phrase)
  const thing = pick(
    ['a small brass bell', 'a blue glass lantern', 'a silver key', 'a folded paper map'],
    brief,
    'thing',
  )
  const pictures = countIn(brief, PICTURES)
  const chapters = chaptersOf(brief, pictures)
  return {
    title: titleOf(brief, { hero, noun, isAlive, bare, thing }),
    subject: subjectOf(brief, hero, noun),
    hero,
    noun,
    she: he ? 'he' : 'she',
    her: he ? 'his' : 'her',
    place,
    friend: pick(
      ['an old heron', 'a talkative crow', 'a slow and careful toad', 'a hare with one torn ear'],
      brief,
      'friend',
    ),
    thing,
    season: pick(
      ['the first frost', 'the last warm evening', 'the longest night', 'the week of the big rain'],
      brief,
      'season',
    ),
    chapters,
    pictures: Math.min(pictures ?? chapters, MOST_PICTURES),
    filmed: /\b(?:films?|movie|storyboards?|comics?|clip|video)\b/i.test(brief),
    seconds: Math.min(600, Number(brief.match(/(\d{1,3})[- ]?(?:seconds?|sec\b|s\b)/i)?.[1] ?? 30)),
  }
}

/** As many as the brief asks for, one to six, or as its pictures need (the cover and the end hold two); else as many as its pictures need, four to six. */
function chaptersOf(brief: string, pictures: number | undefined): number {
  const asked = countIn(brief, 'chapters?|scenes?|parts?|pages?|panels?|frames?|shots?')
  const isSaid = asked !== undefined && (asked !== 1 || /\b(?:one|1|single)\b/i.test(brief))
  const least = Math.max(1, Math.min(pictures ?? 0, MOST_PICTURES) - 2)
  if (isSaid) return Math.max(least, Math.min(asked, MOST_CHAPTERS))
  return Math.max(4, Math.min(pictures ?? 5, MOST_CHAPTERS))
}

function singular(noun: string): string {
  const last = noun.toLowerCase()
  if (/(?:mice|geese)$/.test(last)) return last.replace(/mice$/, 'mouse').replace(/geese$/, 'goose')
  return /[^su]s$/.test(last) ? last.slice(0, -1) : last
}

function placeOf(brief: string, scenery: string | undefined): string {
  const said = brief.match(PLACE)?.[1]?.trim()
  if (said && !/\b(?:dark|night|end|style|moon(?:light)?)$/i.test(said))
    return said.replace(/^(?:an?|my|our)\s/i, 'the ')
  const named = placeIn(brief)
  if (named) return named
  if (scenery && !ABSTRACT.test(scenery)) return `the ${scenery.replace(/^(?:an?|the|my|our|two|three|one)\s+/i, '')}`
  return pick(
    ['the village behind the dunes', 'the last house before the forest', 'the town at the foot of the hill'],
    brief,
    'place',
  )
}

function subjectOf(brief: string, hero: string, noun: string): string {
  const said = brief
    .match(SUBJECT)?.[1]
    ?.replace(
      /[, ]+(?:(?:with|in)\s+)?(?:\w+\s+){0,2}(?:chapters?|scenes?|pictures?|images?|illustrations?|pages?|panels?|parts?)\b.*$/i,
      '',
    )
    .trim()
  return said ? clip(said, 120) : `${withArticle(noun)} called ${hero}`
}

interface TitleFacts {
  hero: string
  noun: string
  isAlive: boolean
  bare: string | undefined
  thing: string
}

function titleOf(brief: string, { hero, noun, isAlive, bare, thing }: TitleFacts): string {
  const titled = TITLED.test(brief) ? calledIn(brief) : undefined
  const quoted = brief.match(/[“"«]([^”"»]{2,60})[”"»]/)?.[1]?.trim()
  if (titled ?? quoted) return clip((titled ?? quoted)!, 70)
  const who = brief.match(/\bwho\s+((?:[\p{L}'’-]+\s*){2,6})(?=[.,;!?]|$)/iu)?.[1]?.trim()
  if (isAlive && who) return clip(`The ${titleCase(noun)} Who ${titleCase(who)}`, 70)
  const scenery = brief.match(PLACE)?.[1] ?? (bare && !isAlive && !ABSTRACT.test(bare) ? bare : thing)
  return clip(`${hero} and the ${titleCase(scenery.replace(/^(?:an?|the|my|our)\s+/i, ''))}`, 70)
}

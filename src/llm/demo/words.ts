/** A number from text, the same on every machine (FNV-1a, 32 bits): what makes each brief's choices its own. */
export function hash(text: string): number {
  let sum = 0x811c9dc5
  for (let at = 0; at < text.length; at++) sum = Math.imul(sum ^ text.charCodeAt(at), 0x01000193)
  return sum >>> 0
}

/** One of the list, chosen by the seed and by what it is for, so that two choices of one brief differ. */
export function pick<T>(list: readonly T[], seed: string, purpose: string): T {
  return list[hash(`${purpose}\n${seed}`) % list.length]!
}

/** The brief as one line that is safe to quote: no control or direction characters, no broken surrogates, at most 4,000 characters. */
export function cleanBrief(brief: string): string {
  return brief
    .slice(0, 4000)
    .toWellFormed()
    .normalize('NFC')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Zs}]+/gu, ' ')
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffd]/g, '')
    .trim()
}

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })

/** At most `most` UTF-16 units, never cutting a visible character in two, with an ellipsis when shortened. */
export function clip(text: string, most: number): string {
  if (text.length <= most) return text
  let kept = ''
  for (const { segment } of graphemes.segment(text)) {
    if (kept.length + segment.length > most - 1) break
    kept += segment
  }
  const space = kept.lastIndexOf(' ')
  return `${(space > most / 2 ? kept.slice(0, space) : kept).trimEnd()}…`
}

/** The first visible character that is a letter or a digit, upper case; a star when there is none. */
export function initial(text: string): string {
  for (const { segment } of graphemes.segment(text)) if (/[\p{L}\p{N}]/u.test(segment)) return segment.toUpperCase()
  return '★'
}

/** Lower-case ASCII words joined by hyphens, or the fallback when nothing is left of the text. */
export function slug(text: string, fallback: string): string {
  const plain = text
    .normalize('NFKD')
    .replace(/[\u0300-\u036f'’]/g, '')
    .toLowerCase()
    .replace(/&/g, ' and ')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return cutAtWord(plain) || fallback
}

const SLUG_LENGTH = 40

function cutAtWord(plain: string): string {
  if (plain.length <= SLUG_LENGTH) return plain
  const cut = plain.slice(0, SLUG_LENGTH + 1).lastIndexOf('-')
  return plain.slice(0, cut > 0 ? cut : SLUG_LENGTH)
}

const TURNS = new Set('on in with by beside at behind under for from into near between that who which to as'.split(' '))
const LOOSE = new Set([...TURNS, ...'a an the and or of s cooling suggesting'.split(' ')])
const NAME_WORDS = 5

/** A file name for a picture: the first words of what it shows, up to where the phrase turns, never ending in a loose one. */
export function pictureName(subject: string, fallback: string): string {
  const all = slug(subject.split(',')[0]!, fallback).split('-')
  const words = all.filter((word) => !/^(?:an?|the)$/.test(word))
  const turn = words.findIndex((word, at) => at > 1 && TURNS.has(word))
  const kept = words.slice(0, Math.min(turn < 0 ? NAME_WORDS : turn, NAME_WORDS))
  while (kept.length > 1 && LOOSE.has(kept.at(-1)!)) kept.pop()
  return kept.join('-') || fallback
}

const SMALL_WORDS = new Set('a an and at by for from in of on or that the to who with'.split(' '))

/** Title case for English; other scripts stay as they are. */
export function titleCase(text: string): string {
  return text
    .split(' ')
    .map((word, at) => (at > 0 && SMALL_WORDS.has(word) ? word : capital(word)))
    .join(' ')
}

export function capital(text: string): string {
  const first = [...text][0] ?? ''
  return first.toUpperCase() + text.slice(first.length)
}

/** “a fox”, “an owl”: the article that an English noun takes. */
export function withArticle(noun: string): string {
  return `${/^(?:[aeio]|u(?!ni|s[aeiu]))/i.test(noun) ? 'an' : 'a'} ${noun}`
}

/** “1 picture”, “2 pictures”. */
export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** “one, two and three”. */
export function listed(items: readonly string[]): string {
  if (items.length < 2) return items.join('')
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

/** Text for HTML, between tags or inside a quoted attribute. */
export function html(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign]!)
}

/** Text for a line of Markdown: a brief can neither open a tag nor a link, a heading or a fence. */
export function markdown(text: string): string {
  return text
    .replace(/[\\`*_[\]#|]/g, '\\$&')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
}

/** A literal for JavaScript, TypeScript or JSON, quotes included. */
export function literal(text: string): string {
  return JSON.stringify(text)
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029')
    .replace(/<\//g, '<\\/')
}

/** Puts values into `{{name}}` places. A place without a value is a defect of the template and throws. */
export function fill(template: string, values: Record<string, string>): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name]
    if (value === undefined) throw new Error(`The demo template has no value for {{${name}}}.`)
    return value
  })
}

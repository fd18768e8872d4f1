import { languageOf } from '../languages.ts'
import { placeholders } from '../validate/placeholders.ts'

/** A line of nothing but dots, in a comment or not. */
const ELISION = /^\s*(?:\/\/+|#+|--|;+|%+|\{?\/\*+|<!--+)?\s*(?:\.{3}|…)\s*(?:\*\/\}?|--+>)?\s*$/
/** Dots alone say something in these: an empty body, the end of a document, prose. */
const DOTS_SPEAK = new Set(['python', 'yaml', 'markdown', 'text', 'bash'])
const NUMBER = /^\s*(\d+)\s*[|:→\t]/
/** The bars of a numbered view: what comes has none of its own. */
const BARRED = /^\s*(\d+)[|→]/

/** True for a line that stands for lines that were left out. */
export function isElision(line: string): boolean {
  return ELISION.test(line)
}

/** True when all lines begin with numbers that count on. */
export function isNumbered(lines: readonly string[]): boolean {
  return countsOn(lines, NUMBER, 1)
}

/**
 * A line among those that come (`added`) that stands for others, or undefined. What the file or the search says itself is no
 * stand-in.
 */
export function standIn(path: string, added: readonly string[], search: readonly string[]): string | undefined {
  const known = new Set(search.map((line) => line.trim()))
  const fresh = added.map((line) => (known.has(line.trim()) ? '' : line))
  const language = languageOf(path)
  const dots = fresh.find((line) => isElision(line) && !(DOTS_SPEAK.has(language) && /^\s*(?:\.{3}|…)\s*$/.test(line)))
  if (dots !== undefined) return dots.trim()
  const [said] = placeholders(language, fresh.join('\n'))
  return said?.line === undefined ? undefined : fresh[said.line - 1]!.trim()
}

/** True when the lines that come carry the numbers of a numbered view, where those that stand there have none. */
export function carriesNumbers(added: readonly string[], search: readonly string[]): boolean {
  return countsOn(added, BARRED, 2) && !search.some((line) => BARRED.test(line))
}

function countsOn(lines: readonly string[], shape: RegExp, atLeast: number): boolean {
  const written = lines.filter((line) => line.trim() !== '')
  if (written.length < atLeast) return false
  const numbers = written.map((line) => Number(shape.exec(line)?.[1] ?? Number.NaN))
  return numbers.every((number, i) => Number.isInteger(number) && (i === 0 || number > numbers[i - 1]!))
}

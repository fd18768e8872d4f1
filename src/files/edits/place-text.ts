import type { LinesHunk, TextHunk } from './edit.ts'
import type { Refusal } from './failure.ts'
import { plainEnds } from './lines.ts'
import type { Placed } from './place.ts'
import { runsOf } from './runs.ts'

const NEWLINE =
  'the text to search for ends with a line end and what replaces it does not, which would join two lines. End both alike, or take the next line into both.'

/** A file as characters are searched for in it: with plain line ends. */
export interface Shown {
  lines: readonly string[]
  endsWithNewline: boolean
}

/** The places, as offsets, at which characters stand. Those that overlap count each. */
export function offsetsOf(text: string, search: string, most: number): number[] {
  const found: number[] = []
  for (let at = text.indexOf(search); at >= 0 && found.length < most; at = text.indexOf(search, at + 1)) found.push(at)
  return found
}

export function shownText({ lines, endsWithNewline }: Shown): string {
  return lines.join('\n') + (endsWithNewline && lines.length > 0 ? '\n' : '')
}

/** What a block changes whose characters stand at `start` alone, and there to the letter. */
export function placeText(hunk: TextHunk, shown: Shown, text: string, start: number): Placed {
  const [search, replace] = [plainEnds(hunk.characters.search), plainEnds(hunk.characters.replace)]
  const end = start + search.length
  const lineStart = start === 0 ? 0 : text.lastIndexOf('\n', start - 1) + 1
  const lineEnd = text.indexOf('\n', end)
  const reachesEnd = lineEnd < 0 || lineEnd === text.length - 1
  const made = text.slice(lineStart, start) + replace + text.slice(end, reachesEnd ? undefined : lineEnd)
  const from = countLines(text.slice(0, lineStart))
  if (reachesEnd) return withLines(hunk, shown, from, shown.lines.length, tailLines(made, from))
  return withLines(hunk, shown, from, countLines(text.slice(0, lineEnd)) + 1, { lines: made.split('\n') })
}

/** The same block by whole lines, for what stands there but for white space or punctuation. */
export function asLines({ block, characters }: TextHunk): LinesHunk | Refusal {
  const [search, replace] = [plainEnds(characters.search), plainEnds(characters.replace)]
  if (joinsLines(search, replace)) return { reason: 'newline', message: NEWLINE }
  const isWhole = search.endsWith('\n')
  const lines = (part: string) => (isWhole ? part.replace(/\n$/, '') : part).split('\n')
  return { block, search: lines(search), replace: isWhole && replace === '' ? [] : lines(replace) }
}

function joinsLines(search: string, replace: string): boolean {
  return search.endsWith('\n') && replace !== '' && !replace.endsWith('\n')
}

function countLines(text: string): number {
  return text.split('\n').length - 1
}

/** The lines of a text that ends where the file does. */
function tailLines(tail: string, from: number): { lines: string[]; finalNewline?: boolean } {
  if (tail === '') return { lines: [], ...(from > 0 ? { finalNewline: true } : {}) }
  const finalNewline = tail.endsWith('\n')
  return { lines: (finalNewline ? tail.slice(0, -1) : tail).split('\n'), finalNewline }
}

function withLines(
  hunk: TextHunk,
  { lines: file }: Shown,
  from: number,
  to: number,
  { lines, finalNewline }: { lines: string[]; finalNewline?: boolean },
): Placed {
  const runs = runsOf({ search: file.slice(from, to), replace: lines })
  const splices = runs.map((run) => ({
    from: from + run.from,
    to: from + run.from + run.removed.length,
    lines: run.added,
  }))
  return { hunk, from, to, splices, pass: 'exact', ...(finalNewline === undefined ? {} : { finalNewline }) }
}

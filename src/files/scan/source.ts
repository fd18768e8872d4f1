import { languageOf } from '../languages.ts'
import { type Range, rangesIn } from './ranges.ts'
import { SYNTAXES } from './syntax.ts'

/** Stands for each character of what a string holds. */
export const FILL = '\u0001'
/** Longer lines are not read as code, in characters: no person wrote them, and no person reads them. */
const LONGEST_LINE = 10_000

/** A text as the rules look at it. `code` and `bare` are as long as `text`: an offset means the same in all three. */
export interface Source {
  path: string
  language: string
  text: string
  /** Without comments, and without what is no code of the language. */
  code: string
  /** Without what strings hold, either. */
  bare: string
  strings: Range[]
  /** Offsets at which lines begin. */
  lines: number[]
}

export function sourceOf(path: string, text: string): Source {
  const language = languageOf(path)
  const lines = lineStarts(text)
  const inside = islands(language, text)
  const long = longLines(text, lines)
  const { comments, strings } = rangesIn(masked(text, inside.outside, ' '), SYNTAXES[inside.language])
  const code = masked(text, merged([...inside.outside, ...comments, ...long]), ' ')
  const bare = masked(code, strings, FILL)
  return { path, language: inside.language, text, code, bare, strings, lines }
}

/** Line and column, from 1. */
export function placeOf({ lines }: Pick<Source, 'lines'>, at: number): { line: number; column: number } {
  let low = 0
  let high = lines.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (lines[middle]! <= at) low = middle
    else high = middle - 1
  }
  return { line: low + 1, column: at - lines[low]! + 1 }
}

/** The offsets of the line at an offset, and of so many lines around it. */
export function linesAround({ lines, text }: Source, at: number, before: number, after: number): Range {
  const { line } = placeOf({ lines }, at)
  return [lines[Math.max(0, line - 1 - before)]!, lines[line + after] ?? text.length]
}

function lineStarts(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

function longLines(text: string, lines: number[]): Range[] {
  return lines.flatMap((from, i): Range[] => {
    const to = lines[i + 1] ?? text.length
    return to - from > LONGEST_LINE ? [[from, to]] : []
  })
}

const TAGGED = new Set(['html', 'xhtml', 'vue', 'svelte'])

/** In a page only its scripts are code, in PHP only what stands between its marks. */
function islands(language: string, text: string): { language: string; outside: Range[] } {
  if (TAGGED.has(language))
    return { language: 'javascript', outside: outsideOf(text, /<script\b[^<>]{0,500}>/gi, '</script') }
  const isPage = language === 'php' && text.includes('<?')
  return { language, outside: isPage ? outsideOf(text, /<\?(?:php|=)?/g, '?>') : [] }
}

function outsideOf(text: string, opening: RegExp, closing: string): Range[] {
  const outside: Range[] = []
  let from = 0
  for (const { 0: mark, index } of text.matchAll(opening)) {
    if (index < from) continue
    outside.push([from, index + mark.length])
    const end = text.indexOf(closing, index)
    from = end < 0 ? text.length : end
    if (end < 0) break
  }
  return [...outside, [from, text.length]]
}

function merged(ranges: Range[]): Range[] {
  const sorted = ranges.sort(([a], [b]) => a - b)
  const result: Range[] = []
  for (const [from, to] of sorted) {
    const last = result.at(-1)
    if (last && from <= last[1]) last[1] = Math.max(last[1], to)
    else result.push([from, to])
  }
  return result
}

/** Ends of lines stay. */
function masked(text: string, ranges: Range[], fill: string): string {
  if (ranges.length === 0) return text
  const pieces: string[] = []
  let at = 0
  for (const [from, to] of ranges) {
    const hidden = text.slice(from, to)
    pieces.push(text.slice(at, from), hidden.includes('\n') ? hidden.replace(/[^\n]/g, fill) : fill.repeat(to - from))
    at = to
  }
  return pieces.join('') + text.slice(at)
}

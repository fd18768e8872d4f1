import { openNumbering, type Run, runsOf } from './runs.ts'

/** What differs between two texts, line by line. */
export interface Diff {
  /** The lines of each text with their ends: joined they are the text. */
  before: string[]
  after: string[]
  /** What differs, in order. All between the runs is the same on both sides, apart from space where that was not looked at. */
  runs: Run[]
  added: number
  removed: number
  /** The texts differ too much to be compared to the end: the runs are true, but there may be smaller ones. */
  coarse: boolean
}

export interface DiffOptions {
  /** Lines that differ in nothing but space and line ends count as the same. */
  ignoreSpace?: boolean
}

/** Compares two texts. It takes at most some tenths of a second, whatever they hold. */
export function diffTexts(before: string, after: string, { ignoreSpace = false }: DiffOptions = {}): Diff {
  const [old, young] = [linesOf(before), linesOf(after)]
  const numbering = openNumbering()
  const key = (lines: string[]) => numbering(ignoreSpace ? lines.map(withoutSpace) : lines)
  const { runs, coarse } = runsOf(key(old), key(young))
  return {
    before: old,
    after: young,
    runs,
    added: runs.reduce((sum, run) => sum + run.newTo - run.newFrom, 0),
    removed: runs.reduce((sum, run) => sum + run.to - run.from, 0),
    coarse,
  }
}

/** The lines of a text, each with its end (`\n` or `\r\n`), which the last one may lack; no text has no line. */
export function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => `${line}\n`)
  const last = lines.pop()!.slice(0, -1)
  return last === '' ? lines : [...lines, last]
}

/** A line as it is apart from its spaces and its end. */
export function withoutSpace(line: string): string {
  return line.replace(/\s+/g, '')
}

/** What a line ends with; empty for the last one of a text that doesn't end its last line. */
export function endOf(line: string): '' | '\n' | '\r\n' {
  if (line.endsWith('\r\n')) return '\r\n'
  return line.endsWith('\n') ? '\n' : ''
}

/** How the lines of a text end. */
export interface LineEnds {
  ends: 'none' | 'lf' | 'crlf' | 'mixed'
  /** Whether the last line ends, as it should. */
  closed: boolean
}

export function lineEndsOf(lines: readonly string[]): LineEnds {
  const crlf = lines.filter((line) => line.endsWith('\r\n')).length
  const all = lines.filter((line) => line.endsWith('\n')).length
  const closed = lines.length === 0 || endOf(lines.at(-1)!) !== ''
  if (all === 0) return { ends: 'none', closed }
  if (crlf === 0) return { ends: 'lf', closed }
  return { ends: crlf === all ? 'crlf' : 'mixed', closed }
}

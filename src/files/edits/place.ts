import type { Hunk, LinesHunk } from './edit.ts'
import type { Refusal } from './failure.ts'
import { indentOf } from './indent.ts'
import type { Found, Pass } from './locate.ts'
import { shownFrom } from './nearest.ts'
import { goneLines, leavesPunctuation, withOwn } from './own-lines.ts'
import { reindented } from './reindented.ts'
import { type Run, runsOf } from './runs.ts'

/** Lines of a file that go, from 0, and those that come instead. */
export interface Splice {
  from: number
  to: number
  lines: string[]
}

/** A block whose place is known. */
export interface Placed {
  hunk: Hunk
  /** The lines that it speaks of: those that change, and those around them. */
  from: number
  to: number
  splices: Splice[]
  /** What was forgiven so that it was found. */
  pass: Pass
  /** Set where the block decides whether the file ends with a newline. */
  finalNewline?: boolean
}

/**
 * What a block changes at the place where it was found. Only the lines that its two sides differ in change; all others stay
 * the file's own, whatever the model wrote for them.
 */
export function place(hunk: LinesHunk, found: Found, file: readonly string[]): Placed | Refusal {
  const splices: Splice[] = []
  const runs = runsOf(hunk)
  const own = goneLines(runs, found, file)
  const isPlain = found.pass === 'punctuation' && leavesPunctuation(runs, found, file, own)
  for (const run of runs) {
    const from = found.at + run.from
    const stands = file.slice(from, from + run.removed.length)
    if (run.added.length > 0 && isUnclear(hunk, found, file, run)) return unclear('indentation', hunk, found, file)
    const lines = reindented(run.added, found)
    if (!lines) return unclear('indentation', hunk, found, file)
    const kept = isPlain ? undefined : withOwn(run, stands, lines, found, own)
    if (!kept) return unclear('punctuation', hunk, found, file)
    splices.push({ from, to: from + stands.length, lines: kept })
  }
  return { hunk, from: found.at, to: found.at + hunk.search.length, splices, pass: found.pass, ...newlineOf(hunk) }
}

function newlineOf({ finalNewline }: LinesHunk) {
  return finalNewline === undefined ? {} : { finalNewline }
}

const UNCLEAR = {
  indentation:
    'it stands there with another indentation, and how the new lines are to be indented is not certain. Write all lines with the indentation that they have in the file.',
  punctuation:
    'it stands there with other punctuation or spaces (curly quotes, dashes, no-break spaces), and which are to stay is not certain. Copy the lines as they are in the file.',
}

function unclear(reason: keyof typeof UNCLEAR, { search }: LinesHunk, { at }: Found, file: readonly string[]): Refusal {
  return { reason, message: UNCLEAR[reason], near: shownFrom(file, at, search.length) }
}

/**
 * A single line that was written without the file's indentation leaves two readings for lines after it that have as much: the
 * model forgot it everywhere, or in that line alone.
 */
function isUnclear({ search }: LinesHunk, { at, reindent }: Found, file: readonly string[], { added }: Run): boolean {
  const written = search.filter((line) => line.trim() !== '')
  if (written.length > 1) return false
  const is = indentOf(file[at + search.indexOf(written[0]!)]!)
  const said = indentOf(written[0]!)
  if (is.length <= said.length || reindent(said) === said) return false
  const missing = is.slice(0, is.length - said.length)
  return added.some((line, i) => i > 0 && line.trim() !== '' && indentOf(line).startsWith(missing))
}

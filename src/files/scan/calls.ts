import { argumentsAt } from './expressions.ts'
import type { Hit, Severity } from './finding.ts'
import type { Range } from './ranges.ts'
import { shapeOf } from './shapes.ts'
import type { Source } from './source.ts'

/** Most calls of one kind that are looked at in a file. */
const MOST_CALLS = 2_000

/** A call in code: where it begins, its name as written, and its arguments. */
export interface Call {
  at: number
  name: string
  args: Range[]
  /** The text of each argument, strings and all. */
  texts: string[]
}

/** The calls whose name, with its opening bracket, a pattern matches in code. */
export function callsOf({ bare, code }: Source, pattern: RegExp): Call[] {
  const calls: Call[] = []
  for (const { 0: head, index } of bare.matchAll(pattern)) {
    const args = argumentsAt(bare, index + head.length)
    calls.push({ at: index, name: head, args, texts: args.map((range) => code.slice(...range).trim()) })
    if (calls.length === MOST_CALLS) break
  }
  return calls
}

/** How bad a value is where only a fixed one should be; undefined where it is fixed. */
export function gravity(source: Source, range: Range | undefined): Severity | undefined {
  if (!range) return undefined
  const shape = shapeOf(source, range)
  if (shape === 'fixed') return undefined
  return shape === 'unknown' ? 'medium' : 'high'
}

/** The first match of each pattern on each line of code. */
export function matches(
  text: string,
  pattern: RegExp,
  hit: (match: RegExpExecArray) => Omit<Hit, 'at'> | undefined,
): Hit[] {
  const hits: Hit[] = []
  for (const match of text.matchAll(pattern)) {
    const found = hit(match)
    if (found) hits.push({ ...found, at: match.index })
    if (hits.length === MOST_CALLS) break
  }
  return hits
}

import type { NumberedLine } from './failure.ts'
import { folded } from './fold.ts'

/** A line that stands at more places than this says nothing about where it is. */
const PLACES_AT_MOST = 100
/** Most lines that are shown. */
const LINES_AT_MOST = 12

/**
 * The lines of a file that a search may mean, for a model to look at: where most of its lines stand but for white space and
 * punctuation; where none does, the line that shares most words with one of them. It decides nothing.
 */
export function nearest(file: readonly string[], search: readonly string[]): NumberedLine[] {
  const at = bestStart(file, search) ?? bestByWords(file, search)
  return at === undefined ? [] : shownFrom(file, at, search.length)
}

/** So many lines from one on, with their numbers. */
export function shownFrom(file: readonly string[], at: number, length: number): NumberedLine[] {
  const from = Math.max(0, at)
  const lines = file.slice(from, Math.min(at + length, from + LINES_AT_MOST))
  return lines.map((text, i) => ({ line: from + i + 1, text }))
}

function bestStart(file: readonly string[], search: readonly string[]): number | undefined {
  const places = Map.groupBy(file.keys(), (at) => bare(file[at]!))
  const votes = new Map<number, number>()
  for (const [i, line] of search.entries()) {
    if (!/\w/.test(line)) continue
    const found = places.get(bare(line)) ?? []
    if (found.length > PLACES_AT_MOST) continue // it tells no place from another
    for (const at of found) votes.set(at - i, (votes.get(at - i) ?? 0) + 1)
  }
  return best(votes)
}

function bestByWords(file: readonly string[], search: readonly string[]): number | undefined {
  const [first] = search.filter((line) => wordsOf(line).size > 0)
  if (first === undefined) return undefined
  const wanted = wordsOf(first)
  const shared = file.map((line, at): [number, number] => [at, [...wordsOf(line)].filter((w) => wanted.has(w)).length])
  return best(new Map(shared.filter(([, count]) => count > 0)))
}

/** The key with the highest count; of several the first. */
function best(counts: Map<number, number>): number | undefined {
  let found: [number, number] | undefined
  for (const [at, count] of counts)
    if (!found || count > found[1] || (count === found[1] && at < found[0])) found = [at, count]
  return found?.[0]
}

function bare(line: string): string {
  return folded(line).trim()
}

function wordsOf(line: string): Set<string> {
  return new Set(line.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu))
}

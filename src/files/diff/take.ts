import type { Diff } from './diff.ts'

/** The old text with only some of what differs: the runs whose numbers, from 0, are `taken`. */
export function withRuns({ before, after, runs }: Diff, taken: ReadonlySet<number>): string {
  const parts: string[] = []
  let at = 0
  for (const [nth, { from, to, newFrom, newTo }] of runs.entries()) {
    parts.push(...before.slice(at, from), ...(taken.has(nth) ? after.slice(newFrom, newTo) : before.slice(from, to)))
    at = to
  }
  return [...parts, ...before.slice(at)].join('')
}

import { diffArrays } from 'diff'
import type { LinesHunk } from './edit.ts'

/** Lines of a block that go, and those that come instead. */
export interface Run {
  /** Where it begins among the lines searched for. */
  from: number
  removed: string[]
  added: string[]
}

/** Most lines in which two sides may differ to be told apart: the time for it grows with the square. Beyond, all between their common ends is one run. */
const DIFFERENCES_AT_MOST = 800

/** The lines that differ between a block's two sides. */
export function runsOf({ search, replace }: Pick<LinesHunk, 'search' | 'replace'>): Run[] {
  const changes = diffArrays(search, replace, { maxEditLength: DIFFERENCES_AT_MOST })
  if (!changes) return [betweenEnds(search, replace)]
  const runs: Run[] = []
  let at = 0
  let open: Run | undefined
  for (const { value, added, removed } of changes) {
    if (!added && !removed) {
      at += value.length
      open = undefined
      continue
    }
    if (!open) {
      open = { from: at, removed: [], added: [] }
      runs.push(open)
    }
    open[added ? 'added' : 'removed'].push(...value)
    if (removed) at += value.length
  }
  return runs
}

function betweenEnds(search: string[], replace: string[]): Run {
  const shorter = Math.min(search.length, replace.length)
  let head = 0
  while (head < shorter && search[head] === replace[head]) head++
  let tail = 0
  while (tail < shorter - head && search.at(-1 - tail) === replace.at(-1 - tail)) tail++
  const middle = (side: string[]) => side.slice(head, side.length - tail)
  return { from: head, removed: middle(search), added: middle(replace) }
}

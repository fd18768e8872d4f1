import { diffArrays } from 'diff'
import type { LinesHunk } from './edit.ts'

/** Lines of a block that go, and those that come instead. */
export interface Run {
  /** Where it begins among the lines searched for. */
  from: number
  removed: string[]
  added: string[]
}

/** The lines that differ between a block's two sides. */
export function runsOf({ search, replace }: Pick<LinesHunk, 'search' | 'replace'>): Run[] {
  const runs: Run[] = []
  let at = 0
  let open: Run | undefined
  for (const { value, added, removed } of diffArrays(search, replace)) {
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

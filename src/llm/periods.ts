import type { BudgetKind } from './tables.ts'

/** The time that a budget is for. `until` is null for one that never begins anew. */
export interface Period {
  since: number
  until: number | null
}

/**
 * The house's budget is for a day, a person's for a month, a project's for all of it. Days and months begin at midnight by this
 * machine's time zone, which is the owner's.
 */
export function periodOf(kind: BudgetKind, now: number): Period {
  if (kind === 'project') return { since: 0, until: null }
  const at = new Date(now)
  const [year, month, day] = [at.getFullYear(), at.getMonth(), at.getDate()]
  return kind === 'house'
    ? { since: midnight(year, month, day), until: midnight(year, month, day + 1) }
    : { since: midnight(year, month, 1), until: midnight(year, month + 1, 1) }
}

function midnight(year: number, month: number, day: number): number {
  return new Date(year, month, day).getTime()
}

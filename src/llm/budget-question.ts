import { DomainError } from '../errors.ts'
import type { Budget, Reached } from './budgets.ts'

/** What a person is asked when a budget is reached; kept as the context of the held job's error. */
export interface BudgetQuestion {
  kind: Budget['kind']
  id: string
  unit: 'money' | 'tokens'
  /** Millionths of a US dollar, or tokens; so are the others. */
  limit: number
  used: number
  next: number
  /** A limit that would do. */
  suggested: number
  /** When the budget begins anew; null: never. */
  until: number | null
}

const WHOSE: Record<Budget['kind'], string> = {
  house: 'Today’s budget for everybody',
  person: 'This month’s budget for this person',
  project: 'The budget for this project',
}
const WAITS: Record<Budget['kind'], string> = {
  house: 'Raise it, or wait until midnight.',
  person: 'Raise it, or wait until the next month begins.',
  project: 'Raise it to go on.',
}

export function questionOf({ budget, unit, next }: Reached): BudgetQuestion {
  const money = unit === 'money'
  const limit = (money ? budget.limitMicros : budget.limitTokens)!
  const used = money ? budget.micros : budget.tokens
  const { kind, id, until } = budget
  return { kind, id, unit, limit, used, next, suggested: suggestion(limit, used + next), until }
}

/** What a job is held with until the budget is raised, or begins anew. */
export function budgetReached(reached: Reached): DomainError {
  const question = questionOf(reached)
  const { kind, unit, limit, used, next } = question
  const said = `${WHOSE[kind]}, ${amount(unit, limit)}, is reached: ${amount(unit, used)} ${unit === 'money' ? 'are' : 'have been'} used, and the next call would take about ${amount(unit, next)}. ${WAITS[kind]}`
  return new DomainError('budget_reached', said, { severity: 'warning', context: { ...question } })
}

/** What a job is put off with while calls that are open hold what is left of a budget. */
export function budgetBusy(reached: Reached): DomainError {
  const { kind, unit, limit } = questionOf(reached)
  return new DomainError(
    'budget_busy',
    `What is left of ${lower(WHOSE[kind])}, ${amount(unit, limit)}, is set aside for calls that are under way. Hearth goes on when they have ended.`,
    { severity: 'warning', retryable: true },
  )
}

/** 1250000, money -> `1.25 USD`; 1250000, tokens -> `1,250,000 tokens`. Amounts under a cent keep what says something. */
export function amount(unit: 'money' | 'tokens', count: number): string {
  if (unit === 'tokens') return `${count.toLocaleString('en-GB')} ${count === 1 ? 'token' : 'tokens'}`
  const dollars = count / 1e6
  if (dollars === 0 || dollars >= 0.0995) return `${dollars.toFixed(2)} USD`
  return `${dollars.toPrecision(2).includes('e') ? dollars.toFixed(6) : Number(dollars.toPrecision(2))} USD`
}

/** Half as much again, and at least twice what is needed at this moment: 1, 1.5, 2, 3, 5 or 7.5 and zeros. */
function suggestion(limit: number, needed: number): number {
  const least = Math.max(limit * 1.5, limit + 2 * (needed - limit), 10_000)
  const scale = 10 ** Math.floor(Math.log10(least))
  return Math.ceil([1, 1.5, 2, 3, 5, 7.5, 10].find((step) => step * scale >= least)! * scale)
}

function lower(text: string): string {
  return text[0]!.toLowerCase() + text.slice(1)
}

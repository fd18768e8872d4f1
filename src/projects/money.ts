import type { Reader } from '../db/open.ts'
import type { Job } from '../jobs/tables.ts'
import type { BudgetQuestion } from '../llm/budget-question.ts'
import { budgetOf } from '../llm/budgets.ts'
import { cachedPercent, costWords, limitFields, limitWords, usdField } from '../llm/money-words.ts'
import { questionOfJob } from '../llm/raise.ts'
import type { ModelCall } from '../llm/tables.ts'
import { latestCalls, usageOf } from '../llm/usage.ts'

/** Calls that the page of a job shows. */
const SHOWN_CALLS = 50

/** What a project has cost, what it may cost, and what is asked about it. */
export interface ProjectMoney {
  spent: Spent | null
  /** Its own budget in words; null for none. */
  limit: string | null
  fields: { usd: string; tokens: string }
  questions: BudgetAsk[]
}

/** In words; null as long as no model was asked. */
export interface Spent {
  cost: string
  /** False when none of the models has a price. */
  isPriced: boolean
  cachedPercent: number
  keptAnswers: number
  inputTokens: number
  outputTokens: number
}

/** A budget that holds jobs, and what would let them go on. */
export interface BudgetAsk {
  kind: BudgetQuestion['kind']
  unit: BudgetQuestion['unit']
  /** Where a higher limit is posted to. */
  action: string
  /** What stands in the form: a limit that would do. */
  suggested: string
  jobs: number
  until: number | null
}

interface Deps {
  read: Reader
  now: () => number
}

export async function projectMoney({ read, now }: Deps, project: string, jobs: Job[]): Promise<ProjectMoney> {
  const budget = await budgetOf({ now, dailyMicros: null }, read, { kind: 'project', id: project })
  return {
    spent: await spentBy(read, { scope: project }),
    limit: limitWords(budget),
    fields: limitFields(budget),
    questions: questionsOf(jobs),
  }
}

/** What a job's calls took together, and each of the latest. */
export async function jobMoney(read: Reader, job: string): Promise<{ spent: Spent | null; calls: ModelCall[] }> {
  return { spent: await spentBy(read, { job }), calls: await latestCalls(read, { job }, SHOWN_CALLS) }
}

async function spentBy(read: Reader, of: { scope: string } | { job: string }): Promise<Spent | null> {
  const sums = await usageOf(read, of)
  if (sums.calls === 0) return null
  const { calls, unpriced, keptAnswers, inputTokens, outputTokens } = sums
  const isPriced = unpriced < calls - keptAnswers || keptAnswers === calls
  return { cost: costWords(sums), isPriced, cachedPercent: cachedPercent(sums), keptAnswers, inputTokens, outputTokens }
}

/** One for each limit, however many jobs it holds. */
function questionsOf(jobs: Job[]): BudgetAsk[] {
  const asked = jobs.flatMap((job) => questionOfJob(job) ?? [])
  const byLimit = Map.groupBy(asked, ({ kind, id, unit }) => JSON.stringify([kind, id, unit]))
  return [...byLimit.values()].map((same) => {
    const { kind, id, unit, until } = same[0]!
    const most = Math.max(...same.map(({ suggested }) => suggested))
    const suggested = unit === 'money' ? usdField(most) : `${most}`
    return { kind, unit, action: budgetPath({ kind, id }), suggested, jobs: same.length, until }
  })
}

const PLURAL = { person: 'people', project: 'projects' } as const

/** Where a budget is on the pages, and below `/api`. */
export function budgetPath({ kind, id }: Pick<BudgetQuestion, 'kind' | 'id'>): string {
  if (kind === 'house') return '/budgets/house'
  return `/budgets/${PLURAL[kind]}/${encodeURIComponent(id.replace(/^person:/, ''))}`
}

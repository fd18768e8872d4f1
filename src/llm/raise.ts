import { and, eq, inArray, type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/writer.ts'
import type { JobsDeps } from '../jobs/jobs.ts'
import { settle } from '../jobs/settle.ts'
import { type Job, jobs } from '../jobs/tables.ts'
import type { Log } from '../log.ts'
import type { BudgetQuestion } from './budget-question.ts'
import { type Budget, type BudgetDeps, type BudgetKey, budgetOf, type Limits, limitsOf } from './budgets.ts'
import { budgets } from './tables.ts'

/** Held jobs that are looked at in one go. */
const AT_ONCE = 200
/** How often it is looked whether a budget has begun anew. */
const LOOK_MS = 20_000

export interface RaiseDeps extends JobsDeps, BudgetDeps {}

/**
 * Sets the limits of a budget, those that are named; null is none. The jobs that were held by a limit that was lower go on, in the
 * same transaction; no others do.
 */
export function setBudget(deps: RaiseDeps, key: BudgetKey, limits: Partial<Limits>, by: string): Promise<Budget> {
  return deps.db.write(async (tx) => {
    const before = await budgetOf(deps, tx, key)
    const { limitMicros = before.limitMicros, limitTokens = before.limitTokens } = limits
    const row = { limitMicros, limitTokens, setBy: by, setAt: deps.now() }
    await tx
      .insert(budgets)
      .values({ ...key, ...row })
      .onConflictDoUpdate({ target: [budgets.kind, budgets.id], set: row })
    const raised = isHigher(limitMicros, before.limitMicros) || isHigher(limitTokens, before.limitTokens)
    await deps.events.append(tx, {
      type: raised ? 'budget.raised' : 'budget.changed',
      scope: key.kind === 'project' ? key.id : null,
      by,
      data: {
        budget: key,
        limitMicros,
        limitTokens,
        before: { limitMicros: before.limitMicros, limitTokens: before.limitTokens },
      },
    })
    if (raised)
      for (const job of await heldBy(tx, key)) if (isAnswered(job, row)) await goOn(deps, tx, job, 'raised', by)
    return budgetOf(deps, tx, key)
  })
}

/**
 * Lets those jobs go on whose budget has begun anew since they were held, or has been raised in the moment between the refusal
 * and the holding, or in the settings while no server ran. Returns how many.
 */
export async function renewBudgets(deps: RaiseDeps): Promise<number> {
  const held = await deps.db.read.select().from(jobs).where(heldForBudget).limit(AT_ONCE)
  const free: Job[] = []
  for (const job of held) if (await isRenewed(deps, job)) free.push(job)
  if (free.length === 0) return 0
  return deps.db.write(async (tx) => {
    const seen = new Map(free.map(({ id, attempt }) => [id, attempt]))
    const rows = await tx
      .select()
      .from(jobs)
      .where(and(heldForBudget, inArray(jobs.id, [...seen.keys()])))
    const still = rows.filter(({ id, attempt }) => seen.get(id) === attempt)
    for (const job of still) await goOn(deps, tx, job, 'renewed')
    return still.length
  })
}

/** Looks now and again, until disposed, whether held jobs can go on. */
export function watchRenewals(deps: RaiseDeps & { log: Log }): AsyncDisposable {
  let looking: Promise<unknown> = Promise.resolve()
  const look = () => {
    looking = renewBudgets(deps).catch((error) => deps.log.error('held jobs could not go on', { error }))
  }
  const timer = setInterval(look, LOOK_MS)
  look()
  return {
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await looking
    },
  }
}

async function isRenewed(deps: RaiseDeps, job: Job): Promise<boolean> {
  const { kind, id, unit, limit, until } = questionOfJob(job)!
  if (until !== null && until <= deps.now()) return true
  const [limits] = await limitsOf(deps, deps.db.read, [{ kind, id }])
  return isHigher(unit === 'money' ? limits!.limitMicros : limits!.limitTokens, limit)
}

const question = sql`${jobs.error} -> 'context'`
const heldForBudget: SQL = sql`${jobs.state} = 'held' and ${jobs.error} ->> 'code' = 'budget_reached'`

function heldBy(tx: Tx, { kind, id }: BudgetKey): Promise<Job[]> {
  return tx
    .select()
    .from(jobs)
    .where(and(heldForBudget, eq(sql`${question} ->> 'kind'`, kind), eq(sql`${question} ->> 'id'`, id)))
}

/** What a job is held by; undefined when it is held for another reason. */
export function questionOfJob({ state, error }: Pick<Job, 'state' | 'error'>): BudgetQuestion | undefined {
  return state === 'held' && error?.code === 'budget_reached' ? (error.context as unknown as BudgetQuestion) : undefined
}

function isAnswered(job: Job, { limitMicros, limitTokens }: Limits): boolean {
  const asked = questionOfJob(job)!
  return isHigher(asked.unit === 'money' ? limitMicros : limitTokens, asked.limit)
}

function isHigher(limit: number | null, before: number | null): boolean {
  return before !== null && (limit === null || limit > before)
}

/** Its failures count on: nothing but money was missing. */
async function goOn(deps: RaiseDeps, tx: Tx, job: Job, why: 'raised' | 'renewed', by?: string): Promise<void> {
  await settle(deps, tx, job, {
    move: 'retry',
    event: 'job.queued',
    ...(by ? { by } : {}),
    data: { reason: `budget_${why}` },
    set: { runAt: deps.now(), error: null },
  })
}

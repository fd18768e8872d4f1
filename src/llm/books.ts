import { and, eq, isNull } from 'drizzle-orm'
import type { Database } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import type { EventLog } from '../events/append.ts'
import { jobById } from '../jobs/jobs.ts'
import { refOf } from '../jobs/settle.ts'
import type { Log } from '../log.ts'
import { type AnswerDeps, keepAnswer, keptAnswer } from './answers.ts'
import { questionOf } from './budget-question.ts'
import { type BudgetDeps, type Reached, reachedBy } from './budgets.ts'
import type { Cost } from './cost.ts'
import type { FactsOf } from './prices.ts'
import { type ModelRequest, type Provider, purposeOf } from './provider.ts'
import { type ModelCall, modelCalls } from './tables.ts'

export interface BooksDeps extends BudgetDeps, AnswerDeps {
  db: Database
  events: EventLog
  now: () => number
  newId(): string
  factsOf: FactsOf
  log: Log
}

/** What a call is about to be: who asks whom for what, and what it will probably take. */
export interface Intent {
  provider: Provider
  request: ModelRequest
  /** What tells equal requests; undefined when no kept answer will do. */
  key: string | undefined
  cost: Cost
  priced: boolean
  /** True when the cost has been counted as well as can be: a budget that does not allow it is reached. */
  isCounted: boolean
}

/** The call may be made, or its answer is there already, or a budget does not allow it. */
export type Permit = { call: string } | { text: string } | { reached: Reached }

/**
 * Looks for a kept answer, holds the call against every budget and writes it down, in one transaction: of two calls at the
 * same moment, the second sees what is reserved for the first.
 */
export function openCall(deps: BooksDeps, intent: Intent): Promise<Permit> {
  return deps.db.write(async (tx) => {
    const { request, key } = intent
    const text = key && deps.keepMs > 0 ? await keptAnswer(deps, tx, key, request.account) : undefined
    if (text !== undefined) {
      await write(deps, tx, intent, FROM_CACHE)
      return { text }
    }
    const reached = await reachedBy(deps, tx, request.account, intent.cost)
    if (!reached) return { call: await write(deps, tx, intent, { ...intent.cost, estimated: true }) }
    if (intent.isCounted && !reached.passes) await tellReached(deps, tx, request, reached)
    return { reached }
  })
}

const FROM_CACHE = {
  ended: 'stop',
  fromCache: true,
  estimated: false,
  inputTokens: 0,
  outputTokens: 0,
  costMicros: 0,
} as const

async function write(
  { now, newId }: BooksDeps,
  tx: Tx,
  { provider, request, key, priced }: Intent,
  rest: typeof FROM_CACHE | (Cost & { estimated: true }),
): Promise<string> {
  const { scope = null, person = null, job = null, attempt = null } = request.account ?? {}
  const at = now()
  const id = newId()
  await tx.insert(modelCalls).values({
    id,
    scope,
    person,
    job,
    attempt,
    purpose: purposeOf(request.task),
    provider: provider.name,
    model: request.model,
    openedAt: at,
    closedAt: 'ended' in rest ? at : null,
    priced,
    request: key ?? null,
    ...rest,
  })
  return id
}

async function tellReached({ events }: BooksDeps, tx: Tx, { account }: ModelRequest, reached: Reached): Promise<void> {
  const { scope = null, job = null } = account ?? {}
  const { kind, id, ...rest } = questionOf(reached)
  await events.append(tx, {
    type: 'budget.reached',
    scope,
    ...(job === null ? {} : { job: refOf(await jobById(tx, job)) }),
    data: { budget: { kind, id }, ...rest },
  })
}

/** How a call went. */
export type Closing = Pick<
  ModelCall,
  | 'answeredAt'
  | 'ended'
  | 'error'
  | 'estimated'
  | 'inputTokens'
  | 'outputTokens'
  | 'cachedTokens'
  | 'cacheWriteTokens'
  | 'costMicros'
>

/**
 * Settles a call, and keeps its answer where it may be given again. What can't be written is no reason to lose an answer: the
 * call then stays as it was estimated, until the next start.
 */
export async function closeCall(
  deps: BooksDeps,
  id: string,
  closing: Closing,
  answer?: { key: string; text: string; task: ModelRequest['task'] },
): Promise<void> {
  const settled = deps.db.write(async (tx) => {
    await tx
      .update(modelCalls)
      .set({ ...closing, closedAt: deps.now() })
      .where(and(eq(modelCalls.id, id), isNull(modelCalls.closedAt)))
    if (answer && deps.keepMs > 0) await keepAnswer(deps, tx, answer.key, answer)
  })
  await settled.catch((error) => deps.log.error('a call to a model could not be settled in the books', { error }))
}

/** Ends the calls that an earlier run of the server left open: they stay as they were estimated. Returns how many. */
export function settleLostCalls({ db, now }: Pick<BooksDeps, 'db' | 'now'>): Promise<number> {
  return db.write(async (tx) => {
    const lost = await tx
      .update(modelCalls)
      .set({ ended: 'lost', closedAt: now() })
      .where(isNull(modelCalls.closedAt))
      .returning({ id: modelCalls.id })
    return lost.length
  })
}

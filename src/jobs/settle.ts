import { sql } from 'drizzle-orm'
import type { Tx } from '../db/writer.ts'
import type { ErrorFacts } from '../errors.ts'
import { Conflict } from '../errors.ts'
import type { EventLog } from '../events/append.ts'
import type { JobRef } from '../events/line.ts'
import type { Redact } from '../redact.ts'
import { closeAttempts } from './attempt-row.ts'
import { type Handler, LeaseLost } from './handler.ts'
import type { LiveJobs } from './live.ts'
import { isTerminal, type Move, move } from './state.ts'
import type { Job, Outcome } from './tables.ts'
import { lineUp } from './turns.ts'

export interface SettleDeps {
  events: EventLog
  handlers: ReadonlyMap<string, Handler>
  live: LiveJobs
  redact: Redact
  now: () => number
}

export interface Settlement {
  move: Exclude<Move, 'start'>
  /** The event that says so, and what it says. */
  event: string
  data?: Record<string, unknown>
  by?: string
  /** How the attempt ended, when one was running. */
  outcome?: Outcome
  error?: ErrorFacts
  /** Where the error came from. */
  stack?: string | undefined
  /** False when the disk has no room for it: the draft that was kept last stands. */
  keepsDraft?: boolean
  /** Further columns of the job. */
  set?: Partial<Pick<Job, 'error' | 'runAt' | 'failures' | 'crashes' | 'crashMark' | 'freshAfter' | 'result'>>
}

/**
 * The one writer of a job's state after its claim: checks the move, makes it against the state and attempt that the
 * caller saw, closes the attempt, keeps the draft, appends the event, tells the job's kind. All in the caller's transaction.
 * @throws LeaseLost when a running job has moved on; Conflict `not_allowed` or `job_changed`.
 */
export async function settle(deps: SettleDeps, tx: Tx, job: Job, settlement: Settlement): Promise<Job> {
  const [changed] = await settleAll(deps, tx, [{ job, settlement }])
  if (changed instanceof Error) throw changed
  return changed!
}

/** The same for many. Returns, in order, the job as it is now, or why it could not be settled. */
export async function settleAll(
  deps: SettleDeps,
  tx: Tx,
  wanted: { job: Job; settlement: Settlement }[],
): Promise<(Job | Error)[]> {
  const plans = wanted.map(({ job, settlement }) => planOf(deps, job, settlement))
  const made = await change(tx, plans)
  const settled = plans.filter((plan): plan is Plan => !(plan instanceof Error) && made.has(plan.job.id))
  await closeAttempts(
    deps,
    tx,
    settled.filter(({ job }) => job.state === 'running').map(({ job, settlement }) => ({ job, ...settlement })),
  )
  await lineUp(
    tx,
    settled.map(({ changed }) => changed).filter(({ state }) => state === 'queued'),
  )
  await forgetDrafts(tx, settled)
  await deps.events.appendAll(
    tx,
    settled.map(({ changed, settlement: { event: type, by, data } }) => ({
      type,
      scope: changed.scope,
      job: refOf(changed),
      by,
      data,
    })),
  )
  for (const { changed } of settled) await deps.handlers.get(changed.kind)?.moved?.(tx, changed)
  return plans.map((plan) => (plan instanceof Error || made.has(plan.job.id) ? outcomeOf(plan) : movedOn(plan.job)))
}

/** A settlement that may be made: the job as it was seen, and as it will be. */
interface Plan {
  job: Job
  settlement: Settlement
  /** What is written, and no more: other columns may have changed since the job was seen. */
  set: Partial<Job>
  changed: Job
}

function planOf({ now, redact }: SettleDeps, job: Job, settlement: Settlement): Plan | Error {
  try {
    const state = move(job.state, settlement.move)
    const endedAt = isTerminal(state) ? now() : null
    const set = { ...redact(settlement.set), state, endedAt, bootId: null, leaseUntil: null }
    return { job, settlement: { ...settlement, error: redact(settlement.error) }, set, changed: { ...job, ...set } }
  } catch (error) {
    return error as Error
  }
}

function outcomeOf(plan: Plan | Error): Job | Error {
  return plan instanceof Error ? plan : plan.changed
}

function movedOn(job: Job): Error {
  return job.state === 'running' ? new LeaseLost(job.id, job.attempt) : jobChanged(job)
}

async function forgetDrafts(tx: Tx, settled: Plan[]): Promise<void> {
  const done = settled.filter(({ changed }) => changed.state === 'succeeded').map(({ job }) => job.id)
  if (done.length > 0)
    await tx.run(sql`DELETE FROM drafts WHERE job_id IN (SELECT value FROM json_each(${JSON.stringify(done)}))`)
}

/** What an event says of the job that it is about. */
export function refOf({ id, kind, attempt, startedAt }: Job): JobRef {
  return { id, kind, attempt, startedAt }
}

/** Makes those changes whose job is still in the state and attempt that was seen. Returns the ids of these jobs. */
async function change(tx: Tx, plans: (Plan | Error)[]): Promise<Set<string>> {
  const rows = plans.flatMap((plan) => (plan instanceof Error ? [] : [rowOf(plan)]))
  if (rows.length === 0) return new Set()
  const changed = await tx.all<{ id: string }>(sql`
    UPDATE jobs SET state = value ->> 'state', ended_at = value ->> 'endedAt', boot_id = NULL, lease_until = NULL,
      run_at = coalesce(value ->> 'runAt', run_at), failures = coalesce(value ->> 'failures', failures),
      crashes = coalesce(value ->> 'crashes', crashes), crash_mark = coalesce(value ->> 'crashMark', crash_mark),
      fresh_after = coalesce(value ->> 'freshAfter', fresh_after),
      result = CASE WHEN value ->> 'setsResult' THEN value ->> 'result' ELSE result END,
      error = CASE WHEN value ->> 'setsError' THEN value ->> 'error' ELSE error END
    FROM json_each(${JSON.stringify(rows)})
    WHERE jobs.id = value ->> 'id' AND state = value ->> 'from' AND attempt = value ->> 'attempt'
    RETURNING jobs.id AS id`)
  return new Set(changed.map(({ id }) => id))
}

/** JSON columns go as text, so that a JSON null is told from none. */
function rowOf({ job, set }: Plan): object {
  const { result, error, ...columns } = set
  return {
    id: job.id,
    from: job.state,
    attempt: job.attempt,
    ...columns,
    setsResult: 'result' in set,
    result: JSON.stringify(result ?? null),
    setsError: 'error' in set,
    error: error == null ? null : JSON.stringify(error),
  }
}

/** What was seen of a job is not so any more. */
export function jobChanged({ state, attempt }: Job): Conflict {
  return new Conflict('job_changed', 'The job changed in the meantime. Look again, then repeat what you wanted.', {
    retryable: true,
    context: { state, attempt },
  })
}

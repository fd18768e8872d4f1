import { and, eq, type SQL } from 'drizzle-orm'
import type { Tx } from '../db/writer.ts'
import type { ErrorFacts } from '../errors.ts'
import { Conflict } from '../errors.ts'
import type { EventLog } from '../events/append.ts'
import type { JobRef } from '../events/line.ts'
import type { Redact } from '../redact.ts'
import { closeAttempt } from './attempt-row.ts'
import { type Handler, LeaseLost } from './handler.ts'
import type { LiveJobs } from './live.ts'
import { isTerminal, type Move, move } from './state.ts'
import { drafts, type Job, jobs, type Outcome } from './tables.ts'
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
  set?: Partial<Pick<Job, 'error' | 'runAt' | 'failures' | 'crashes' | 'crashMark' | 'freshAfter'>> & { result?: SQL }
}

/**
 * The one writer of a job's state after its claim: checks the move, makes it against the state and attempt that the
 * caller saw, closes the attempt, keeps the draft, appends the event, tells the job's kind. All in the caller's transaction.
 * @throws LeaseLost when a running job has moved on; Conflict `not_allowed` or `job_changed`.
 */
export async function settle(deps: SettleDeps, tx: Tx, job: Job, settlement: Settlement): Promise<Job> {
  const { redact } = deps
  const what = { ...settlement, error: redact(settlement.error), set: redact(settlement.set) }
  const state = move(job.state, what.move)
  const changed = await change(tx, job, {
    ...what.set,
    state,
    bootId: null,
    leaseUntil: null,
    endedAt: isTerminal(state) ? deps.now() : null,
  })
  if (job.state === 'running') await closeAttempt(deps, tx, job, what)
  if (state === 'queued') await lineUp(tx, changed)
  if (state === 'succeeded') await tx.delete(drafts).where(eq(drafts.job, job.id))
  await deps.events.append(tx, {
    type: what.event,
    scope: job.scope,
    job: refOf(changed),
    by: what.by,
    data: what.data,
  })
  await deps.handlers.get(job.kind)?.moved?.(tx, changed)
  return changed
}

/** What an event says of the job that it is about. */
export function refOf({ id, kind, attempt, startedAt }: Job): JobRef {
  return { id, kind, attempt, startedAt }
}

async function change(tx: Tx, job: Job, set: Partial<Job> | { result?: SQL }): Promise<Job> {
  const [changed] = await tx
    .update(jobs)
    .set(set)
    .where(and(eq(jobs.id, job.id), eq(jobs.state, job.state), eq(jobs.attempt, job.attempt)))
    .returning()
  if (changed) return changed
  if (job.state === 'running') throw new LeaseLost(job.id, job.attempt)
  throw jobChanged(job)
}

/** What was seen of a job is not so any more. */
export function jobChanged({ state, attempt }: Job): Conflict {
  return new Conflict('job_changed', 'The job changed in the meantime. Look again, then repeat what you wanted.', {
    retryable: true,
    context: { state, attempt },
  })
}

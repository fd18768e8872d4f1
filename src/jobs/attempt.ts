import { systemClock } from '../clock.ts'
import { explainStorage } from '../db/faults.ts'
import { mustOwn, openContext } from './context.ts'
import { draftOf } from './drafts.ts'
import { type Done, type Handler, LeaseLost } from './handler.ts'
import { type JobsDeps, jobById } from './jobs.ts'
import { type Settlement, settle } from './settle.ts'
import { asJson, type Job } from './tables.ts'
import { givenBack, isForAPerson, type VerdictDeps, verdict } from './verdict.ts'

/** Between two tries to write how an attempt ended, while the disk refuses. */
const SETTLE_AGAIN_MS = 2_000

export interface AttemptDeps extends JobsDeps, VerdictDeps {}

/** Runs one attempt to its end and settles it: once, or not at all when it has lost its job. */
export async function runAttempt(deps: AttemptDeps, job: Job, signal: AbortSignal): Promise<void> {
  try {
    if (!(await begin(deps, job))) return
    signal.throwIfAborted()
    const handler = deps.handlers.get(job.kind) as Handler<unknown>
    const done = await handler.run(await openContext(deps, job, signal))
    if (isTakenAway(signal)) return
    await succeed(deps, job, done)
  } catch (thrown) {
    if (thrown instanceof LeaseLost || isTakenAway(signal)) return
    const settlement = signal.aborted ? givenBack(deps) : verdict(deps, job, explainStorage(thrown))
    await settleIfOwned(deps, job, settlement, signal)
  } finally {
    deps.live.end(job)
  }
}

/** Gives back an attempt whose handler does not let go: whatever it does from now on is refused. */
export function giveBack(deps: AttemptDeps, job: Job): Promise<void> {
  return settleIfOwned(deps, job, givenBack(deps), AbortSignal.abort())
}

/** False when the job was cancelled or paused in the very commit that claimed it: nobody was there yet to be told. */
async function begin({ db, live }: AttemptDeps, job: Job): Promise<boolean> {
  const draft = await draftOf(db.read, job.id)
  const { state, attempt } = await jobById(db.read, job.id)
  if (state !== 'running' || attempt !== job.attempt) return false
  live.begin(job, draft)
  return true
}

/** True when the attempt was cancelled, paused or lost: how the job goes on has been settled by others. */
function isTakenAway({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason !== 'shutdown'
}

function succeed(deps: AttemptDeps, job: Job, { result = null, effects }: Done): Promise<Job> {
  return deps.db.write(async (tx) => {
    await mustOwn(tx, job)
    await effects?.(tx) // before the end is told: `job.succeeded` is the last that a stream hears of the job
    return settle(deps, tx, job, {
      move: 'succeed',
      event: 'job.succeeded',
      outcome: 'succeeded',
      data: { result },
      set: { result: asJson(deps.redact(result)), error: null },
    })
  })
}

/**
 * Settles an attempt that did not succeed; while the disk is full or failing it keeps trying, as long as it owns the job,
 * and from the second time on without the draft, for which there may be no room.
 */
async function settleIfOwned(deps: AttemptDeps, job: Job, settlement: Settlement, signal: AbortSignal): Promise<void> {
  for (let keepsDraft = true; ; keepsDraft = false) {
    try {
      await deps.db.write((tx) => settle(deps, tx, job, { ...settlement, keepsDraft }))
      return
    } catch (error) {
      if (error instanceof LeaseLost) return
      if (!isForAPerson(error) || signal.aborted) throw error
      deps.log.error('an attempt waits to be settled', { job: job.id, error })
      if (!keepsDraft) await systemClock.sleep(SETTLE_AGAIN_MS, signal)
    }
  }
}

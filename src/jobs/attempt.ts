import { systemClock } from '../clock.ts'
import { explainStorage } from '../db/faults.ts'
import { gather } from '../db/gather.ts'
import { isAway } from '../db/remote.ts'
import { mustOwn, openContext } from './context.ts'
import { type Done, type Draft, type Handler, LeaseLost } from './handler.ts'
import type { JobsDeps } from './jobs.ts'
import { type Settlement, settle, settleAll } from './settle.ts'
import type { Job } from './tables.ts'
import { givenBack, isForAPerson, type VerdictDeps, verdict } from './verdict.ts'

/** Between two tries to write how an attempt ended, while the disk refuses or the database is away. */
const SETTLE_AGAIN_MS = 2_000

export interface AttemptDeps extends JobsDeps, VerdictDeps {}

/** How an attempt that has nothing of its own to write is settled: together with others that end at the same moment. */
export type SettleTogether = (wanted: { job: Job; settlement: Settlement }) => Promise<Job>

export function openSettling(deps: AttemptDeps): SettleTogether {
  return gather(deps.db, (tx, wanted: { job: Job; settlement: Settlement }[]) => settleAll(deps, tx, wanted))
}

/** What runs: a claimed job, what its earlier attempts left, and how to settle it. */
export interface Started {
  job: Job
  draft: Draft
  signal: AbortSignal
  settleTogether: SettleTogether
  /** Called when the handler has let go: another may start while this one is settled. */
  letGo: () => void
}

/** Runs one attempt to its end and settles it: once, or not at all when it has lost its job. */
export async function runAttempt(deps: AttemptDeps, started: Started): Promise<void> {
  const { job, draft, signal } = started
  try {
    signal.throwIfAborted()
    deps.live.begin(job, draft)
    const handler = deps.handlers.get(job.kind) as Handler<unknown>
    const done = await handler.run(openContext(deps, started))
    if (isTakenAway(signal)) return
    const succeeding = succeed(deps, started, done)
    started.letGo() // after the settlement has its place in the commit, so that the next claim is in the same one
    await succeeding
    deps.live.end(job)
    await done.after?.()
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

/** True when the attempt was cancelled, paused or lost: how the job goes on has been settled by others. */
function isTakenAway({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason !== 'shutdown'
}

function succeed(deps: AttemptDeps, { job, settleTogether }: Started, { result = null, effects }: Done): Promise<Job> {
  const settlement: Settlement = {
    move: 'succeed',
    event: 'job.succeeded',
    outcome: 'succeeded',
    data: { result },
    set: { result, error: null },
  }
  if (!effects) return settleTogether({ job, settlement })
  return deps.db.write(async (tx) => {
    await mustOwn(tx, job)
    await effects(tx) // before the end is told: `job.succeeded` is the last that a stream hears of the job
    return settle(deps, tx, job, settlement)
  })
}

/**
 * Settles an attempt that did not succeed; while the disk is full or failing, or the database away, it keeps trying, as long
 * as it owns the job: after a refusal by the disk without the draft, for which there may be no room.
 */
async function settleIfOwned(deps: AttemptDeps, job: Job, settlement: Settlement, signal: AbortSignal): Promise<void> {
  for (let keepsDraft = true; ; ) {
    try {
      await deps.db.write((tx) => settle(deps, tx, job, { ...settlement, keepsDraft }))
      return
    } catch (error) {
      if (error instanceof LeaseLost) return
      const isOfDisk = isForAPerson(error)
      if (!(isOfDisk || isAway(error)) || signal.aborted) throw error
      deps.log.error('an attempt waits to be settled', { job: job.id, error })
      if (isOfDisk && keepsDraft) keepsDraft = false
      else await systemClock.sleep(SETTLE_AGAIN_MS, signal)
    }
  }
}

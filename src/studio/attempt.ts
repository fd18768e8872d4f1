import { and, eq, gt } from 'drizzle-orm'
import type { Database } from '../db/open.ts'
import { DomainError } from '../errors.ts'
import { climb, shortageIn } from '../gpu/climb.ts'
import type { Device } from '../gpu/devices.ts'
import type { LearnedStore } from '../gpu/learned.ts'
import type { Lease } from '../gpu/leases.ts'
import type { RenderPlan } from '../gpu/plan.ts'
import { renderAttempts } from '../gpu/render-attempt-rows.ts'
import { type Ended, lessonOfFailure, settleAttempt } from '../gpu/render-attempts.ts'
import type { StageClock } from '../gpu/stages.ts'
import { Snooze } from '../jobs/handler.ts'
import type { Job } from '../jobs/tables.ts'
import { forGood } from './spec.ts'

export interface AttemptDeps {
  db: Database
  learned: LearnedStore
  now: () => number
}

/** What is known of an attempt that runs. */
export interface Running {
  job: Job
  plan: RenderPlan
  lease: Lease
  stages: StageClock
  /** The most memory of the device that it was seen to hold, bytes. */
  peakBytes: number | null
}

/** Says how an attempt failed, and gives what the job is to end with: memory that ran out climbs down a rung. */
export async function failed(
  deps: AttemptDeps,
  running: Running,
  error: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  const { lease, plan } = running
  if (signal.aborted) return settled(deps, running, String(signal.reason), error)
  if (error instanceof DomainError && error.code === 'gpu_device_fatal') lease.degrade(error.message)
  const shortage = shortageIn(error)
  if (shortage) return outOfMemory(deps, running, shortage)
  const outcome = codeOf(error)
  const again = outcome === 'gpu_bad_output' && (await hadBadOutput(deps, running.job))
  await settled(deps, running, outcome, error)
  return again ? forGood(error as DomainError) : error

  async function outOfMemory(
    deps: AttemptDeps,
    { job }: Running,
    shortage: NonNullable<ReturnType<typeof shortageIn>>,
  ) {
    const { rung, ends } = climb(plan, shortage, lease.device)
    const { wantedBytes, phase, where } = shortage
    const lesson =
      where === 'device'
        ? lessonOfFailure(plan, lease.device.name, { heldBytes: running.peakBytes, wantedBytes })
        : null
    await deps.db.write(async (tx) => {
      const facts = { nextRung: rung, outOf: where, phase, wantedBytes }
      await settleAttempt(tx, { ...endOf(deps, running, 'gpu_out_of_memory'), ...facts, job: job.id })
      if (lesson) await deps.learned.learn(tx, lesson)
    })
    return ends
  }
}

/** A device that is left alone puts a job off: its reason is why. */
function codeOf(error: unknown): string {
  const reason = error instanceof Snooze ? error.reason : error
  return reason instanceof DomainError ? reason.code : 'bug'
}

async function settled(deps: AttemptDeps, running: Running, outcome: string, error: unknown): Promise<unknown> {
  await deps.db.write((tx) => settleAttempt(tx, endOf(deps, running, outcome)))
  return error
}

/** How an attempt ended, for its row. */
export function endOf({ now }: Pick<AttemptDeps, 'now'>, { job, stages, peakBytes }: Running, outcome: string): Ended {
  return { job: job.id, attempt: job.attempt, outcome, at: now(), peakBytes, times: stages.spent() }
}

async function hadBadOutput({ db }: AttemptDeps, { id, freshAfter }: Job): Promise<boolean> {
  const [one] = await db.read
    .select({ attempt: renderAttempts.attempt })
    .from(renderAttempts)
    .where(
      and(
        eq(renderAttempts.job, id),
        gt(renderAttempts.attempt, freshAfter),
        eq(renderAttempts.outcome, 'gpu_bad_output'),
      ),
    )
    .limit(1)
  return one !== undefined
}

/** A device as an attempt's row knows it. */
export function seenDevice({ id, name, freeBytes, totalBytes }: Device) {
  return { id, name, freeBytes, totalBytes }
}

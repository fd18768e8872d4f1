import { and, asc, desc, eq, gt, isNull, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import type { Lesson } from './learned.ts'
import type { RenderPlan } from './plan.ts'
import { learnedKeyOf } from './planner.ts'
import type { Phase } from './protocol.ts'
import { type Asked, type RenderAttempt, renderAttempts } from './render-attempt-rows.ts'
import type { StageClock } from './stages.ts'

/** Which attempt of which job. */
export interface AttemptRef {
  job: string
  attempt: number
}

/** What an attempt begins with: written before its engine starts. */
export interface Begun extends AttemptRef {
  asked: Asked
  plan: RenderPlan
  device: { id: string; name: string; freeBytes: number; totalBytes: number }
  queuedMs: number
  waitedMs: number
  at: number
}

/** How an attempt ended. */
export interface Ended extends AttemptRef {
  /** `succeeded`, or the code of the error that ended it; `cancelled`, `paused`, ... where it was ended. */
  outcome: string
  at: number
  peakBytes?: number | null
  times?: Partial<Record<Phase, number>>
  /** After memory ran out. */
  nextRung?: number | null
  outOf?: 'device' | 'host' | null
  phase?: string | null
  wantedBytes?: number | null
  resumedFrom?: number | null
  resumedOn?: string | null
}

/** Says what was decided for an attempt, and why. An attempt that is recorded again, since its commit was not heard of, stays as it was. */
export async function recordAttempt(tx: Tx, { device, ...begun }: Begun): Promise<void> {
  const { id, name, freeBytes, totalBytes } = device
  const row = { ...begun, rung: begun.plan.rung, device: id, deviceName: name, freeBytes, totalBytes, times: {} }
  const whole = Object.fromEntries(
    Object.entries(row).map(([key, value]) => [
      key,
      typeof value === 'number' ? Math.max(0, Math.round(value)) : value,
    ]),
  ) as typeof row
  await tx.insert(renderAttempts).values(whole).onConflictDoNothing()
}

/** Says how it ended. What has ended stays as it is. */
export async function settleAttempt(tx: Tx, { job, attempt, at, ...ended }: Ended): Promise<void> {
  await tx
    .update(renderAttempts)
    .set({ ...ended, times: ended.times ?? {}, endedAt: at })
    .where(and(eq(renderAttempts.job, job), eq(renderAttempts.attempt, attempt), isNull(renderAttempts.endedAt)))
}

/** Closes what the attempts of a job have left open whose server died, or gave them up: nobody can say any more how they went. */
export async function closeLost(tx: Tx, job: string, at: number): Promise<void> {
  await tx.run(sql`
    UPDATE render_attempts SET ended_at = ${at}, outcome = 'lost'
    WHERE job_id = ${job} AND ended_at IS NULL AND EXISTS (
      SELECT 1 FROM attempts AS own
      WHERE own.job_id = render_attempts.job_id AND own.attempt = render_attempts.attempt AND own.outcome = 'lost')`)
}

/** At a start: closes those that somebody had ended when the server died, before their renderer had let go. */
export async function closeForgotten(tx: Tx): Promise<void> {
  await tx.run(sql`
    UPDATE render_attempts SET ended_at = own.ended_at, outcome = own.outcome FROM attempts AS own
    WHERE own.job_id = render_attempts.job_id AND own.attempt = render_attempts.attempt
      AND render_attempts.ended_at IS NULL AND own.ended_at IS NOT NULL`)
}

/** All of a job, the oldest first. */
export function attemptsOfRender(read: Reader, job: string): Promise<RenderAttempt[]> {
  return read.select().from(renderAttempts).where(eq(renderAttempts.job, job)).orderBy(asc(renderAttempts.attempt))
}

/** Where the next attempt of a job stands: for the planner. */
export interface Standing {
  rung: number
  before: RenderPlan | null
}

/**
 * After memory ran out, the next rung; after anything else, the last plan again, so that its checkpoints count. From the start
 * when something else is asked for now, nothing was left to lower, or the attempts up to `freshAfter` don't count.
 */
export async function standingOf(read: Reader, job: string, asked: Asked, freshAfter = 0): Promise<Standing> {
  const [last] = await read
    .select()
    .from(renderAttempts)
    .where(and(eq(renderAttempts.job, job), gt(renderAttempts.attempt, freshAfter)))
    .orderBy(desc(renderAttempts.attempt))
    .limit(1)
  const isNew = !last || !Bun.deepEquals(JSON.parse(JSON.stringify(asked)), last.asked)
  if (isNew || (last.outcome === 'gpu_out_of_memory' && last.nextRung === null)) return { rung: 0, before: null }
  return { rung: last.nextRung ?? last.rung, before: last.plan }
}

/** What a render that succeeded teaches. */
export function lessonOf(
  plan: RenderPlan,
  deviceName: string,
  { start, peakBytes, stages }: { start: 'cold' | 'warm'; peakBytes: number | null; stages: StageClock },
): Lesson {
  return { key: learnedKeyOf(plan, deviceName), ran: true, start, peakBytes, times: stages.times() }
}

/** What one that ran out of the device's memory teaches: it held so much and wanted more. Null where the engine has not said it. */
export function lessonOfFailure(
  plan: RenderPlan,
  deviceName: string,
  { heldBytes, wantedBytes }: { heldBytes: number | null; wantedBytes: number | null },
): Lesson | null {
  if (!heldBytes) return null
  return { key: learnedKeyOf(plan, deviceName), ran: false, moreThanBytes: heldBytes + (wantedBytes ?? 0) }
}

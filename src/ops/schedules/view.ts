import { inArray } from 'drizzle-orm'
import type { Reader } from '../../db/open.ts'
import type { Schedule } from '../../jobs/schedule-table.ts'
import { listSchedules, nextTarget } from '../../jobs/schedules.ts'
import { type Job, jobs } from '../../jobs/tables.ts'

/** A schedule as page, API and command line show it. */
export interface ScheduleView extends Omit<Schedule, 'lastTarget' | 'lastJob'> {
  /** When it fires next; null while it is paused. */
  nextAt: number | null
  last: LastRun | null
}

/** How the last run went. */
export interface LastRun {
  job: string
  state: Job['state']
  /** When it was put into the queue. */
  at: number
  endedAt: number | null
  /** What it has done, or why it has not, in a sentence. */
  says: string | null
}

/** All schedules, with their last runs. */
export async function scheduleViews(read: Reader, now: number): Promise<ScheduleView[]> {
  const all = await listSchedules(read)
  const ids = all.flatMap(({ lastJob }) => lastJob ?? [])
  const runs = ids.length === 0 ? [] : await read.select().from(jobs).where(inArray(jobs.id, ids))
  return all.map((schedule) =>
    scheduleView(
      schedule,
      runs.find(({ id }) => id === schedule.lastJob),
      now,
    ),
  )
}

/** One schedule, with its last run where there was one. */
export function scheduleView({ lastJob: _, ...schedule }: Schedule, run: Job | undefined, now: number): ScheduleView {
  const { lastTarget, ...shown } = schedule
  const nextAt = schedule.pausedAt === null ? nextTarget({ ...schedule, lastJob: null }, now) : null
  return { ...shown, nextAt, last: run ? lastRun(run) : null }
}

function lastRun({ id, state, createdAt, endedAt, result, error }: Job): LastRun {
  const { says } = (result ?? {}) as { says?: unknown }
  const told = state === 'succeeded' ? says : error?.message
  return { job: id, state, at: createdAt, endedAt, says: typeof told === 'string' ? told : null }
}

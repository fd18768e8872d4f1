import { asc, desc, eq, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { Conflict, Invalid, NotFound } from '../errors.ts'
import { checkTiming, nextFiring, type Timing } from './cron.ts'
import { enqueue } from './enqueue.ts'
import { type JobsDeps, jobById } from './jobs.ts'
import { type Missed, type Schedule, schedules } from './schedule-table.ts'
import type { Job } from './tables.ts'

/** A clock that was wrong by more than this is not waited for. */
const WRONG_CLOCK_MS = 24 * 3_600_000

export interface NewSchedule extends Timing {
  name: string
  kind: string
  input: unknown
  missed: Missed
}

/** Adds a schedule; it first fires at its next time. @throws Invalid `bad_cron`, `bad_timezone`, `not_schedulable` */
export async function addSchedule(deps: JobsDeps, asked: NewSchedule, by: string): Promise<Schedule> {
  const at = deps.now()
  checkTiming(asked, at)
  const input = checkedInput(deps, asked)
  const row = { ...asked, input, id: deps.newId(), lastTarget: at, createdBy: by, createdAt: at }
  return deps.db.write(async (tx) => {
    const [schedule] = await tx.insert(schedules).values(row).returning()
    return told(deps, tx, schedule!, 'schedule.added', by)
  })
}

/** Sees to it that the schedules that come with Hearth are there; one that a person has changed stays as it is. */
export function ensureSchedules(deps: JobsDeps, builtIn: (NewSchedule & { id: string })[]): Promise<void> {
  const at = deps.now()
  const own = { builtIn: true, lastTarget: at, createdBy: 'system', createdAt: at }
  return deps.db.write(async (tx) => {
    for (const each of builtIn)
      await tx
        .insert(schedules)
        .values({ ...each, ...own })
        .onConflictDoNothing()
  })
}

/** All schedules: those that come with Hearth first, then the others as they came. */
export function listSchedules(read: Reader): Promise<Schedule[]> {
  return read.select().from(schedules).orderBy(desc(schedules.builtIn), asc(schedules.createdAt), sql`rowid`)
}

/** @throws NotFound `unknown_schedule` */
export async function scheduleById(read: Reader, id: string): Promise<Schedule> {
  const [schedule] = await read.select().from(schedules).where(eq(schedules.id, id))
  if (!schedule) throw new NotFound('schedule', id)
  return schedule
}

/** The schedule fires no more until it is resumed. */
export function pauseSchedule(deps: JobsDeps, id: string, by: string): Promise<Schedule> {
  return change(deps, id, 'schedule.paused', by, ({ pausedAt }) => ({ pausedAt: pausedAt ?? deps.now() }))
}

/** The schedule fires again, from its next time on: what fell into the pause was not missed. */
export function resumeSchedule(deps: JobsDeps, id: string, by: string): Promise<Schedule> {
  return change(deps, id, 'schedule.resumed', by, ({ pausedAt, lastTarget }) => ({
    pausedAt: null,
    lastTarget: pausedAt === null ? lastTarget : deps.now(),
  }))
}

/** Other times, from now on. @throws Invalid `bad_cron`, `bad_timezone` */
export function retimeSchedule(
  deps: JobsDeps,
  id: string,
  asked: Partial<Timing> & { missed?: Missed },
  by: string,
): Promise<Schedule> {
  return change(deps, id, 'schedule.retimed', by, ({ cron, timezone, missed }) => {
    const timing = { cron: asked.cron ?? cron, timezone: asked.timezone ?? timezone }
    checkTiming(timing, deps.now())
    return { ...timing, missed: asked.missed ?? missed, lastTarget: deps.now() }
  })
}

/** Takes a schedule away; its jobs stay. @throws Conflict `built_in` */
export function removeSchedule(deps: JobsDeps, id: string, by: string): Promise<void> {
  return deps.db.write(async (tx) => {
    const schedule = await scheduleById(tx, id)
    if (schedule.builtIn)
      throw new Conflict('built_in', `“${schedule.name}” comes with Hearth and stays. Pause it instead.`)
    await tx.delete(schedules).where(eq(schedules.id, id))
    await told(deps, tx, schedule, 'schedule.removed', by)
  })
}

/** Runs the schedule's work now, paused or not; its times stay. A run that still waits in the queue is enough. */
export function runSchedule(deps: JobsDeps, id: string, by: string): Promise<Job> {
  return deps.db.write(async (tx) => {
    const schedule = await scheduleById(tx, id)
    const last = schedule.lastJob === null ? undefined : await jobById(tx, schedule.lastJob)
    return last?.state === 'queued' ? last : enqueueRun(deps, tx, schedule, { key: `now:${deps.newId()}`, by })
  })
}

/** Puts one run of the schedule into the queue. `key` tells it from all others of the schedule. */
export async function enqueueRun(
  deps: JobsDeps,
  tx: Tx,
  { id, name, kind, input }: Schedule,
  { key, by }: { key: string; by: string },
): Promise<Job> {
  const about = { schedule: id, title: name }
  const job = await enqueue(deps, tx, { kind, input, by, key: `schedule:${id}:${key}`, about })
  await tx.update(schedules).set({ lastJob: job.id }).where(eq(schedules.id, id))
  return job
}

/** When the schedule is due next, ms since the epoch; null when it never is. Paused or not. */
export function nextTarget(schedule: Schedule, now: number): number | null {
  return nextFiring(schedule, isFromWrongClock(schedule, now) ? now : schedule.lastTarget)
}

/** True when the last firing was made by a clock that ran far ahead: then its time says nothing about the next. */
export function isFromWrongClock({ lastTarget }: Schedule, now: number): boolean {
  return lastTarget > now + WRONG_CLOCK_MS
}

/** The kinds of jobs that a schedule may run, by name. */
export function schedulableKinds({ handlers }: Pick<JobsDeps, 'handlers'>): string[] {
  return [...handlers.values()].flatMap(({ kind, schedulable }) => (schedulable ? [kind] : []))
}

function checkedInput(deps: JobsDeps, { kind, input }: NewSchedule): unknown {
  const check = deps.handlers.get(kind)?.schedulable
  if (check) return check(input)
  const kinds = schedulableKinds(deps)
  throw new Invalid('not_schedulable', `A schedule can’t run “${kind}”. Choose one of: ${kinds.join(', ')}.`, {
    context: { field: 'kind', kinds },
  })
}

function change(
  deps: JobsDeps,
  id: string,
  event: string,
  by: string,
  to: (schedule: Schedule) => Partial<Schedule>,
): Promise<Schedule> {
  return deps.db.write(async (tx) => {
    const set = to(await scheduleById(tx, id))
    const [schedule] = await tx.update(schedules).set(set).where(eq(schedules.id, id)).returning()
    return told(deps, tx, schedule!, event, by)
  })
}

async function told(deps: JobsDeps, tx: Tx, schedule: Schedule, type: string, by: string): Promise<Schedule> {
  await deps.events.append(tx, { type, by, data: { schedule: schedule.id, name: schedule.name } })
  return schedule
}

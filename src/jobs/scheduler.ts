import { eq, isNull } from 'drizzle-orm'
import type { Tx } from '../db/writer.ts'
import type { Hub } from '../events/hub.ts'
import type { Log } from '../log.ts'
import { lastFiring } from './cron.ts'
import type { JobsDeps } from './jobs.ts'
import { type Schedule, schedules } from './schedule-table.ts'
import { enqueueRun, isFromWrongClock, nextTarget, scheduleById } from './schedules.ts'

/** Longest sleep: a clock that was set is noticed after it. */
const LOOK_MS = 20_000
/** A firing that comes up to this late was not missed. */
const ON_TIME_MS = 60_000

const NEWS = new Set(['schedule.added', 'schedule.resumed', 'schedule.retimed'])

export interface SchedulerDeps extends JobsDeps {
  hub: Hub
  log: Log
}

export interface Scheduler extends AsyncDisposable {
  /** Fires what is due now, and resolves when that is done. */
  look(): Promise<void>
}

/** Fires what was missed, then each schedule at its times, until disposed. */
export async function startScheduler(deps: SchedulerDeps): Promise<Scheduler> {
  const { hub, log, now } = deps
  let timer: ReturnType<typeof setTimeout> | undefined
  let looking = Promise.resolve()
  let stopped = false

  async function lookOnce(): Promise<void> {
    if (stopped) return
    clearTimeout(timer)
    const next = await fireDue(deps).catch((error) => {
      log.error('the schedules could not be read', { error })
      return now() + LOOK_MS
    })
    if (!stopped) timer = setTimeout(look, Math.min(LOOK_MS, Math.max(1, next - now())))
  }

  function look(): Promise<void> {
    looking = looking.then(lookOnce)
    return looking
  }

  const untap = hub.tap(({ type }) => {
    if (NEWS.has(type)) look()
  })
  await look()
  return {
    look,
    async [Symbol.asyncDispose]() {
      stopped = true
      untap()
      clearTimeout(timer)
      await looking
    },
  }
}

/** Fires every schedule that is due; one that can't be is logged and keeps none of the others. Returns when the next is due. */
export async function fireDue(deps: SchedulerDeps): Promise<number> {
  let next = Number.POSITIVE_INFINITY
  for (const schedule of await deps.db.read.select().from(schedules).where(isNull(schedules.pausedAt)))
    next = Math.min(next, (await dueAfterFiring(deps, schedule)) ?? Number.POSITIVE_INFINITY)
  return next
}

async function dueAfterFiring(deps: SchedulerDeps, schedule: Schedule): Promise<number | null> {
  try {
    const now = deps.now()
    const due = nextTarget(schedule, now)
    if ((due === null || due > now) && !isFromWrongClock(schedule, now)) return due
    return await deps.db.write((tx) => fire(deps, tx, schedule.id))
  } catch (error) {
    deps.log.error('a schedule could not be fired', { schedule: schedule.id, error })
    return null
  }
}

/**
 * Puts the work of the last firing that is due into the queue, under a key that no other firing has, and counts those
 * before it as dealt with. Returns when the schedule is due next.
 */
async function fire(deps: SchedulerDeps, tx: Tx, id: string): Promise<number | null> {
  const now = deps.now()
  const schedule = await scheduleById(tx, id)
  const due = nextTarget(schedule, now)
  if (isFromWrongClock(schedule, now)) await dealtWith(tx, id, now) // else it would be put off for ever
  if (schedule.pausedAt !== null || due === null || due > now) return due
  const target = Math.max(due, lastFiring(schedule, now) ?? due)
  if (schedule.missed === 'once' || now - target <= ON_TIME_MS)
    await enqueueRun(deps, tx, schedule, { key: String(target), by: 'system' })
  else await deps.events.append(tx, { type: 'schedule.skipped', data: { schedule: id, target } })
  await dealtWith(tx, id, target)
  return nextTarget({ ...schedule, lastTarget: target }, now)
}

async function dealtWith(tx: Tx, id: string, lastTarget: number): Promise<void> {
  await tx.update(schedules).set({ lastTarget }).where(eq(schedules.id, id))
}

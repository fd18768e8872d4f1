import { desc, sql } from 'drizzle-orm'
import type { Database, Reader } from '../db/open.ts'
import { events } from '../events/tables.ts'
import type { Log } from '../log.ts'

/** A clock that is kept right is set back by less than this, ms. */
const SLACK_MS = 2_000

export interface ClockWatchDeps {
  db: Database
  now: () => number
  awake: () => number
  log: Log
}

/** Sees to it that no job waits the longer for a clock that was set back: until when it waits was written by the clock as it ran before. */
export interface ClockWatch {
  /** Looks at the clock alone, unless it was set back. Resolves with true when what waits was brought forward. */
  look(): Promise<boolean>
}

/** Brings forward what waits, too, when the clock was set back while no server ran: then what happened last lies in the future. */
export async function openClockWatch(deps: ClockWatchDeps): Promise<ClockWatch> {
  const { db, now, awake } = deps
  let offset = now() - awake()
  const last = await lastEventAt(db.read)
  if (last !== undefined) await bringForward(deps, last - now())
  return {
    async look() {
      const present = now() - awake()
      const wasSetBack = await bringForward(deps, offset - present)
      if (wasSetBack || present > offset) offset = present // smaller steps back add up
      return wasSetBack
    },
  }
}

/** Each by what was told of it last: it waits as long as it was to wait then, by whatever clock that was. */
async function bringForward({ db, now, log }: ClockWatchDeps, byMs: number): Promise<boolean> {
  if (byMs < SLACK_MS) return false
  const at = now()
  const toldAt = sql`(SELECT at FROM events WHERE job_id = jobs.id ORDER BY seq DESC LIMIT 1)`
  const moved = await db.write((tx) =>
    tx.all(sql`
      UPDATE jobs SET run_at = ${at} + max(0, run_at - ${toldAt})
      WHERE state = 'queued' AND run_at > ${at} AND ${toldAt} > ${at} RETURNING id`),
  )
  log.warn('the clock was set back; jobs that wait are brought forward', { byMs, jobs: moved.length })
  return true
}

async function lastEventAt(read: Reader): Promise<number | undefined> {
  const [last] = await read.select({ at: events.at }).from(events).orderBy(desc(events.seq)).limit(1)
  return last?.at
}

import { and, eq, gt, min, sql } from 'drizzle-orm'
import { isAway } from '../db/remote.ts'
import type { Log } from '../log.ts'
import { claim, type Owner } from './claim.ts'
import type { JobsDeps } from './jobs.ts'
import type { Running } from './running.ts'
import { jobs } from './tables.ts'

/** Longest sleep of an idle pump: a job that nobody announced is found after it. */
const IDLE_MS = 5_000

/** How soon an away database is asked again. */
const AWAY_MS = 1_000

/** How often it is looked whether a suspect has gained something, so that the next may run. */
const SUSPECT_MS = 250

export interface PumpDeps extends JobsDeps, Owner {
  log: Log
  /** Most jobs at once, by lane. */
  lanes: Readonly<Record<string, Width>>
  /** What is loaded at the free places of a lane. */
  warm?: (lane: string) => readonly string[]
}

/** How many jobs of a lane run at once; a function where that changes with time. */
export type Width = number | (() => number)

/** Claims what is due whenever there may be something to claim, and starts it. */
export interface Pump {
  /** There may be something to claim. */
  wake(): void
  /** Claims nothing more; what is being claimed at this moment is still started. */
  stop(): Promise<void>
}

export function openPump(deps: PumpDeps, running: Running): Pump {
  const { db, lanes, log, now } = deps
  let timer: ReturnType<typeof setTimeout> | undefined
  let pumping: Promise<void> | undefined
  let again = false
  let stopping = false
  let unheard = false

  function wake(): void {
    again = true
    if (stopping) return
    pumping ??= fillLanes()
      .catch((error) => {
        log.error('the queue could not be read', { error })
        unheard = true
        again = false
        wakeIn(isAway(error) ? AWAY_MS : IDLE_MS)
      })
      .finally(() => {
        pumping = undefined
        if (again) wake()
      })
  }

  function wakeIn(ms: number): void {
    clearTimeout(timer)
    if (!stopping) timer = setTimeout(wake, Math.min(IDLE_MS, Math.max(1, ms)))
  }

  async function fillLanes(): Promise<void> {
    let lookedAt = 0
    if (unheard) await running.takeOverUnheardOf() // the answer to a claim that was made may have been lost
    unheard = false
    while (again && !stopping) {
      again = false
      lookedAt = now()
      await Promise.all((await lanesToFill()).map(fill))
    }
    wakeIn(Math.min(running.hasSuspect ? SUSPECT_MS : IDLE_MS, (await nextDue(lookedAt)) - now()))
  }

  /** Where a place is free and something may be started, or only what was cancelled is left of the line. */
  async function lanesToFill(): Promise<string[]> {
    const free = Object.keys(lanes).filter((lane) => placesIn(lane) > 0)
    const rows = await db.read.all<{ lane: string }>(sql`
      SELECT value AS lane FROM json_each(${JSON.stringify(free)})
      WHERE EXISTS (SELECT 1 FROM jobs INDEXED BY jobs_due WHERE state = 'queued' AND lane = value AND run_at <= ${now()})
        OR EXISTS (SELECT 1 FROM turns WHERE lane = value AND line <> '')
          AND NOT EXISTS (SELECT 1 FROM jobs INDEXED BY jobs_due WHERE state = 'queued' AND lane = value)`)
    return rows.map(({ lane }) => lane)
  }

  function placesIn(lane: string): number {
    return widthOf(lanes[lane]!) - running.busy(lane)
  }

  async function fill(lane: string): Promise<void> {
    await claim(deps, deps, lane, Math.max(0, placesIn(lane)), running.start, deps.warm?.(lane))
  }

  /** When the first job gets due that was not due yet when the lanes were filled. */
  async function nextDue(lookedAt: number): Promise<number> {
    const [next] = await db.read
      .select({ at: min(jobs.runAt) })
      .from(jobs)
      .where(and(eq(jobs.state, 'queued'), gt(jobs.runAt, lookedAt)))
    return next?.at ?? Number.POSITIVE_INFINITY
  }

  return {
    wake,
    async stop() {
      stopping = true
      clearTimeout(timer)
      await pumping
    },
  }
}

function widthOf(width: Width): number {
  return typeof width === 'function' ? width() : width
}

import { systemClock } from '../clock.ts'
import { type AttemptDeps, giveBack, openSettling, runAttempt } from './attempt.ts'
import { giveUpLeases, type Owner, renewLeases, takeOverLost } from './claim.ts'
import type { Draft } from './handler.ts'
import type { Job } from './tables.ts'
import { SUSPECT_CRASHES } from './turns.ts'

/** How long handlers may take to let go when the server stops. */
const LET_GO_MS = 4_000

interface Attempt {
  job: Job
  abort: AbortController
  over: Promise<void>
  /** Its handler is done: what is left is to be settled. */
  hasLetGo: boolean
}

/** The attempts that run in this process. */
export interface Running {
  readonly size: number
  /** True while a job runs under which servers have died: others may wait for it to gain something. */
  readonly hasSuspect: boolean
  /** How many of a lane have a handler at work. */
  busy(lane: string): number
  start(job: Job, draft: Draft): void
  /** Ends an attempt whose job has been moved on by somebody. */
  stop(job: string, attempt: number, reason: string): void
  /** Renews the leases, ends what has lost its own, and takes over what others lost. */
  keepLeases(): Promise<void>
  /** Takes over what was claimed without being heard of; only while nothing is being claimed. */
  takeOverUnheardOf(): Promise<void>
  /** Ends all attempts and gives them back, uncounted, within seconds, whatever hangs. */
  giveAllBack(): Promise<void>
}

/** `freed` is called each time that a place has become free. */
export function openRunning(deps: AttemptDeps & Owner, freed: () => void): Running {
  const { live, log } = deps
  const attempts = new Map<string, Attempt>()
  const settleTogether = openSettling(deps)

  function start(job: Job, draft: Draft): void {
    const abort = new AbortController()
    const letGo = () => {
      attempt.hasLetGo = true
      freed()
    }
    const over = Promise.resolve() // first it is heard what else the commit that claimed it has done to the job
      .then(() => runAttempt(deps, { job, draft, signal: abort.signal, settleTogether, letGo }))
      .catch((error) => log.error('an attempt could not be settled', { job: job.id, error }))
      .finally(() => {
        attempts.delete(keyOf(job.id, job.attempt))
        freed()
      })
    const attempt = { job, abort, over, hasLetGo: false }
    attempts.set(keyOf(job.id, job.attempt), attempt)
  }

  function stop(job: string, attempt: number, reason: string): void {
    const found = attempts.get(keyOf(job, attempt))
    if (!found) return
    live.end(found.job) // whatever it still says is not told: the stream has heard its end
    found.abort.abort(reason)
  }

  async function keepLeases(): Promise<void> {
    const mine = [...attempts.values()].map(({ job }) => job)
    const ids = mine.map(({ id }) => id)
    const kept = new Set(ids.length > 0 ? await renewLeases(deps, deps, ids) : [])
    for (const { id, attempt } of mine) if (!kept.has(id)) stop(id, attempt, 'lease_lost')
    await takeOverLost(deps, deps, { mine: idsOf(attempts) })
  }

  async function takeOverUnheardOf(): Promise<void> {
    await deps.db.write(async () => {}) // what turns out to be committed after all is told, and started, first
    await takeOverLost(deps, deps, { mine: idsOf(attempts), atOnce: true })
  }

  async function giveAllBack(): Promise<void> {
    for (const { abort } of attempts.values()) abort.abort('shutdown')
    giveUpLeases(deps, deps).catch((error) => log.error('the leases could not be given up', { error }))
    const letGo = Promise.allSettled([...attempts.values()].map(({ over }) => over))
    const timer = new AbortController()
    await Promise.race([letGo, systemClock.sleep(LET_GO_MS, timer.signal)])
    timer.abort()
    const hanging = [...attempts.values()].map(({ job }) => job)
    for (const outcome of await Promise.allSettled(hanging.map((job) => giveBack(deps, job))))
      if (outcome.status === 'rejected') log.error('an attempt could not be given back', { error: outcome.reason })
  }

  return {
    get size() {
      return attempts.size
    },
    get hasSuspect() {
      return [...attempts.values()].some(({ job }) => job.crashes >= SUSPECT_CRASHES)
    },
    busy(lane) {
      let busy = 0
      for (const { job, hasLetGo } of attempts.values()) if (job.lane === lane && !hasLetGo) busy++
      return busy
    },
    start,
    stop,
    keepLeases,
    takeOverUnheardOf,
    giveAllBack,
  }
}

function idsOf(attempts: Map<string, Attempt>): string[] {
  return [...attempts.values()].map(({ job }) => job.id)
}

function keyOf(job: string, attempt: number): string {
  return `${job}#${attempt}`
}

import { and, eq, gt, min } from 'drizzle-orm'
import { DomainError, errorFacts } from '../errors.ts'
import type { Hub } from '../events/hub.ts'
import type { Log } from '../log.ts'
import { backoff, MAX_ATTEMPTS } from './backoff.ts'
import { claim, LEASE_MS, type Owner, renewLeases, takeOverLost } from './claim.ts'
import { openContext } from './context.ts'
import { draftOf } from './drafts.ts'
import { Cancel, type Done, type Handler, Hold, LeaseLost, Snooze } from './handler.ts'
import type { JobsDeps } from './jobs.ts'
import { type Settlement, settle } from './settle.ts'
import { type Job, jobs } from './tables.ts'

/** Longest sleep of an idle worker: a claim that nobody announced is found after it. */
const IDLE_MS = 5_000
const RENEW_MS = LEASE_MS / 3
/** How long a stopping worker waits for handlers to let go. */
const STOP_MS = 4_000
/** Between two tries to write how an attempt ended, while the disk refuses. */
const SETTLE_AGAIN_MS = 2_000

export interface WorkerDeps extends JobsDeps, Owner {
  hub: Hub
  log: Log
  random: () => number
  /** Most jobs at once, by lane. */
  lanes: Readonly<Record<string, number>>
}

export interface Worker extends AsyncDisposable {
  /** How many jobs run in this process. */
  readonly running: number
}

interface Attempt {
  job: Job
  abort: AbortController
  over: Promise<void>
}

/** Events after which there may be something to claim. */
const NEWS = new Set(['job.queued', 'job.retrying', 'job.resumed'])
/** Events that end an attempt from outside. */
const STOPS = new Set(['job.cancelled', 'job.paused'])

/** Claims and runs jobs until disposed; then gives back what still runs, uncounted. */
export async function startWorker(deps: WorkerDeps): Promise<Worker> {
  const { hub, log } = deps
  const attempts = new Map<string, Attempt>()
  let wake = setTimeout(() => {}, 0)
  let pumping: Promise<void> | undefined
  let again = false
  let stopping = false

  await takeOverLost(deps, deps)
  const renewing = setInterval(
    () => void keep().catch((error) => log.error('leases could not be renewed', { error })),
    RENEW_MS,
  )
  const untap = hub.tap((line) => {
    if (NEWS.has(line.type)) pump()
    else if (STOPS.has(line.type)) attempts.get(keyOf(line.job!, line.body.attempt as number))?.abort.abort(line.type)
  })
  pump()

  function pump(): void {
    again = true
    pumping ??= claimAll()
      .catch(lookAgainLater)
      .finally(() => {
        pumping = undefined
        if (again && !stopping) pump()
      })
  }

  function lookAgainLater(error: unknown): void {
    log.error('the queue could not be read', { error })
    again = false
    wake = setTimeout(pump, IDLE_MS)
  }

  async function claimAll(): Promise<void> {
    while (again && !stopping) {
      again = false
      for (const [lane, most] of Object.entries(deps.lanes)) await fillLane(lane, most)
    }
    if (!stopping) await sleepUntilDue()
  }

  async function fillLane(lane: string, most: number): Promise<void> {
    const busy = [...attempts.values()].filter(({ job }) => job.lane === lane).length
    if (busy >= most) return
    for (const job of await claim(deps, deps, lane, most - busy)) start(job)
  }

  async function sleepUntilDue(): Promise<void> {
    const now = deps.now()
    const [due] = await deps.db.read
      .select({ at: min(jobs.runAt) })
      .from(jobs)
      .where(and(eq(jobs.state, 'queued'), gt(jobs.runAt, now)))
    clearTimeout(wake)
    wake = setTimeout(pump, Math.min(IDLE_MS, Math.max(1, (due?.at ?? Number.POSITIVE_INFINITY) - now)))
  }

  function start(job: Job): void {
    const abort = new AbortController()
    const key = keyOf(job.id, job.attempt)
    const over = runAttempt(deps, job, abort.signal)
      .catch((error) => log.error('an attempt could not be settled', { job: job.id, error }))
      .finally(() => {
        attempts.delete(key)
        pump()
      })
    attempts.set(key, { job, abort, over })
  }

  async function keep(): Promise<void> {
    const ids = [...attempts.values()].map(({ job }) => job.id)
    if (ids.length > 0) await renewLeases(deps, deps, ids)
    for (const job of await takeOverLost(deps, deps))
      attempts.get(keyOf(job.id, job.attempt))?.abort.abort('lease_lost')
  }

  return {
    get running() {
      return attempts.size
    },
    async [Symbol.asyncDispose]() {
      stopping = true
      untap()
      clearInterval(renewing)
      clearTimeout(wake)
      await pumping
      clearTimeout(wake)
      for (const { abort } of attempts.values()) abort.abort('shutdown')
      await Promise.race([Promise.allSettled([...attempts.values()].map(({ over }) => over)), Bun.sleep(STOP_MS)])
    },
  }
}

/** Runs one attempt to its end and settles it: once, or not at all when it has lost its lease. */
async function runAttempt(deps: WorkerDeps, job: Job, signal: AbortSignal): Promise<void> {
  const handler = deps.handlers.get(job.kind)!
  deps.live.begin(job, await draftOf(deps.db.read, job.id))
  try {
    const done = await (handler as Handler<unknown>).run(await openContext(deps, job, signal))
    if (signal.aborted && signal.reason !== 'shutdown') return
    await succeed(deps, job, done)
  } catch (error) {
    if (error instanceof LeaseLost) return
    if (signal.aborted && signal.reason !== 'shutdown') return
    await settleIfOwned(deps, job, signal.aborted ? givenBack(deps) : verdict(deps, job, error))
  } finally {
    deps.live.end(job)
  }
}

function succeed(deps: WorkerDeps, job: Job, { result, effects }: Done): Promise<Job> {
  return deps.db.write(async (tx) => {
    const settled = await settle(deps, tx, job, {
      move: 'succeed',
      event: 'job.succeeded',
      outcome: 'succeeded',
      data: { result },
      set: { result, error: null },
    })
    await effects?.(tx)
    return settled
  })
}

/** Settles an attempt that did not succeed; while the disk is full or failing it keeps trying, as long as it owns the job. */
async function settleIfOwned(deps: WorkerDeps, job: Job, settlement: Settlement): Promise<void> {
  for (;;) {
    try {
      await deps.db.write((tx) => settle(deps, tx, job, settlement))
      return
    } catch (error) {
      if (error instanceof LeaseLost) return
      if (!isForAPerson(error)) throw error
      deps.log.error('an attempt waits to be settled', { job: job.id, error })
      await Bun.sleep(SETTLE_AGAIN_MS)
    }
  }
}

/** The server stops: the attempt is not the job's fault and is tried again at the next start. */
function givenBack({ now }: WorkerDeps): Settlement {
  return {
    move: 'release',
    event: 'job.queued',
    outcome: 'lost',
    data: { reason: 'server_stopped' },
    set: { runAt: now() },
  }
}

/** What an error that ended an attempt means for its job. */
function verdict({ now, random, log }: WorkerDeps, job: Job, thrown: unknown): Settlement {
  if (thrown instanceof Cancel) return { move: 'cancel', event: 'job.cancelled', outcome: 'cancelled' }
  if (thrown instanceof Snooze)
    return {
      move: 'snooze',
      event: 'job.queued',
      outcome: 'snoozed',
      data: { delayMs: thrown.delayMs },
      set: { runAt: now() + thrown.delayMs },
    }
  if (thrown instanceof Hold || isForAPerson(thrown)) return held(thrown instanceof Hold ? thrown.reason : thrown)
  if (!(thrown instanceof DomainError))
    log.error('a job failed in a way nobody foresaw', { job: job.id, kind: job.kind, error: thrown })
  const error = errorFacts(thrown)
  const failures = job.failures + 1
  const mends = thrown instanceof DomainError ? thrown.retryable : true // a bug may be a race: try again before giving up
  if (!mends || failures >= MAX_ATTEMPTS)
    return { move: 'fail', event: 'job.failed', outcome: 'failed', error, data: { error }, set: { error, failures } }
  const delayMs = backoff(failures, random(), thrown instanceof DomainError ? thrown.retryAfterMs : undefined)
  return {
    move: 'retry',
    event: 'job.retrying',
    outcome: 'retried',
    error,
    data: { delayMs, error },
    set: { error, failures, runAt: now() + delayMs },
  }
}

function held(reason: unknown): Settlement {
  const error = errorFacts(reason)
  return { move: 'hold', event: 'job.held', outcome: 'held', error, data: { error }, set: { error } }
}

/** Waiting does not mend a full disk or a damaged file: somebody has to. */
function isForAPerson(thrown: unknown): boolean {
  return thrown instanceof DomainError && thrown.severity === 'critical'
}

function keyOf(job: string, attempt: number): string {
  return `${job}#${attempt}`
}

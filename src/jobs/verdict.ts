import { isAway } from '../db/remote.ts'
import { DomainError, errorFacts } from '../errors.ts'
import type { Log } from '../log.ts'
import { stackOf } from './attempt-row.ts'
import { backoff, MAX_ATTEMPTS } from './backoff.ts'
import { Cancel, Hold, Snooze } from './handler.ts'
import type { Settlement } from './settle.ts'
import type { Job } from './tables.ts'

export interface VerdictDeps {
  now: () => number
  /** A number in [0, 1), for jitter. */
  random: () => number
  log: Log
}

/** How soon a job whose attempt found the database away is tried again: it is back when that can be written. */
const AWAY_MS = 1_000

/** What an error that ended an attempt means for its job. */
export function verdict(deps: VerdictDeps, job: Job, thrown: unknown): Settlement {
  if (thrown instanceof Cancel) return { move: 'cancel', event: 'job.cancelled', outcome: 'cancelled' }
  if (thrown instanceof Snooze) return snoozed(deps, thrown)
  if (thrown instanceof Hold) return held(thrown.reason)
  if (isForAPerson(thrown)) return held(thrown)
  if (isAway(thrown)) return snoozed(deps, new Snooze(AWAY_MS, thrown as DomainError))
  if (!(thrown instanceof DomainError))
    deps.log.error('a job failed in a way nobody foresaw', { job: job.id, kind: job.kind, error: thrown })
  return failedOrTriedAgain(deps, job, thrown)
}

/** The server stops: the attempt is not the job's fault and is tried again at the next start. */
export function givenBack({ now }: { now: () => number }): Settlement {
  return {
    move: 'release',
    event: 'job.queued',
    outcome: 'lost',
    data: { reason: 'server_stopped' },
    set: { runAt: now() },
  }
}

/** Waiting does not mend a full disk or a damaged file: somebody has to. */
export function isForAPerson(thrown: unknown): boolean {
  return thrown instanceof DomainError && thrown.severity === 'critical'
}

function failedOrTriedAgain({ now, random }: VerdictDeps, job: Job, thrown: unknown): Settlement {
  const error = errorFacts(thrown)
  const stack = stackOf(thrown)
  const failures = job.failures + 1
  const mends = thrown instanceof DomainError ? thrown.retryable : true // a bug may be a race: try again before giving up
  if (!mends || failures >= MAX_ATTEMPTS)
    return {
      move: 'fail',
      event: 'job.failed',
      outcome: 'failed',
      error,
      stack,
      data: { error },
      set: { error, failures },
    }
  const delayMs = backoff(failures, random(), thrown instanceof DomainError ? thrown.retryAfterMs : undefined)
  return {
    move: 'backOff',
    event: 'job.retrying',
    outcome: 'retried',
    error,
    stack,
    data: { delayMs, error },
    set: { error, failures, runAt: now() + delayMs },
  }
}

function snoozed({ now }: VerdictDeps, { delayMs, reason }: Snooze): Settlement {
  const runAt = now() + delayMs
  const snooze = { move: 'snooze', event: 'job.queued', outcome: 'snoozed' } as const
  if (!reason) return { ...snooze, data: { delayMs }, set: { runAt } }
  const error = errorFacts(reason)
  return { ...snooze, error, data: { delayMs, reason: error.code, until: runAt, error }, set: { runAt, error } }
}

function held(reason: unknown): Settlement {
  const error = errorFacts(reason)
  return {
    move: 'hold',
    event: 'job.held',
    outcome: 'held',
    error,
    stack: stackOf(reason),
    data: { error },
    set: { error },
  }
}

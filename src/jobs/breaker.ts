import { and, eq, inArray, sql } from 'drizzle-orm'
import type { Database } from '../db/open.ts'
import { DomainError } from '../errors.ts'
import type { EventLog } from '../events/append.ts'
import type { Log } from '../log.ts'
import { Snooze } from './handler.ts'
import { refOf } from './settle.ts'
import { jobs } from './tables.ts'

/** Failures in a row after which nobody asks for a while. */
const MOST_FAILURES = 5
/** First pause, doubled each time that the try after it fails as well. */
const FIRST_MS = 30_000
const LONGEST_MS = 600_000
/** How long others wait for the one that tries; they are woken when it gets through. */
const TRY_MS = 30_000
/** Jobs woken in one commit. */
const WOKEN_AT_ONCE = 40

/** Something of the outside world that many jobs need, and that may be away for a while. */
export interface Outside {
  key: string
  /** What a person calls it. */
  label: string
  /** Its failure may be the fault of what was asked: then it counts as the job's own, too. */
  suspectsJob?: boolean
}

/** One use of it. Whoever has entered says how it went, and that it is over. */
export interface Passage {
  /** It answers. */
  succeeded(): void
  /** It failed as waiting mends. Returns what the attempt shall end with: a Snooze when nobody may ask for a while now. */
  failed(error: DomainError): Error
  /** Over, however it went. Safe to call after the others. */
  left(): void
}

export interface Breakers {
  /** @throws Snooze, with the reason, while there is no use in asking. */
  enter(outside: Outside): Passage
  /** True while there is no use in asking. */
  isOpen(key: string): boolean
  /** What stands behind the key is another now: it is asked anew, and the jobs that wait for it go on. */
  forget(key: string): void
}

interface State {
  failures: number
  pauseMs: number
  since: number
  until: number
  trying: boolean
  lastError?: DomainError
}

export interface BreakersDeps {
  db: Database
  events: EventLog
  now: () => number
  log: Log
}

/**
 * Keeps jobs from wearing themselves out on what is away: after 5 failures in a row it lets nobody through for 30 s, then one;
 * if that fails too, twice as long, at most 10 min. Its memory is the process's: after a restart asking is worth a try.
 */
export function openBreakers(deps: BreakersDeps): Breakers {
  const { now, log } = deps
  const states = new Map<string, State>()

  function enter(outside: Outside): Passage {
    const state = states.get(outside.key) ?? { failures: 0, pauseMs: 0, since: 0, until: 0, trying: false }
    states.set(outside.key, state)
    if (holdsBack(state, now())) throw pause(outside, state, now())
    state.trying = state.failures >= MOST_FAILURES
    return passage(outside, state, state.trying)
  }

  function passage(outside: Outside, state: State, isTry: boolean): Passage {
    return {
      succeeded() {
        if (states.get(outside.key) !== state || state.failures === 0) return
        states.delete(outside.key)
        if (state.failures < MOST_FAILURES) return
        log.info('what was away is back', { key: outside.key })
        wakeAll(outside.key)
      },
      failed(error) {
        state.failures++
        state.lastError = error
        if (state.failures === MOST_FAILURES || isTry) open(state, now(), error.retryAfterMs)
        if (state.failures < MOST_FAILURES || outside.suspectsJob) return error
        return pause(outside, state, now())
      },
      left() {
        if (isTry) state.trying = false
      },
    }
  }

  function isOpen(key: string): boolean {
    const state = states.get(key)
    return state !== undefined && holdsBack(state, now())
  }

  function forget(key: string): void {
    if (states.delete(key)) wakeAll(key)
  }

  function wakeAll(key: string): void {
    wake(deps, key).catch((error) => log.error('waiting jobs could not be woken', { error }))
  }

  return { enter, isOpen, forget }
}

function holdsBack(state: State, now: number): boolean {
  return state.failures >= MOST_FAILURES && (state.trying || isShut(state, now))
}

function open(state: State, now: number, retryAfterMs = 0): void {
  state.pauseMs = Math.min(LONGEST_MS, state.pauseMs === 0 ? FIRST_MS : state.pauseMs * 2)
  state.since = now
  state.until = now + Math.max(state.pauseMs, retryAfterMs)
  state.trying = false
}

/** A pause that begins in the future is over: the clock was set back since. */
function isShut({ since, until }: State, now: number): boolean {
  return since <= now && now < until
}

function pause({ key, label }: Outside, state: State, now: number): Snooze {
  const { failures, lastError } = state
  const at = isShut(state, now) ? state.until : now + TRY_MS
  const context = { key, until: at, failures, last: lastError?.code, said: lastError?.message }
  const sentence = `${label} is not reachable: it has failed ${failures} times in a row. Hearth tries again by itself.`
  return new Snooze(
    at - now,
    new DomainError('circuit_open', sentence, { retryable: true, severity: 'warning', context }),
  )
}

/** Lets the jobs that wait for it be claimed now, and says so, some of them a turn. */
async function wake({ db, events, now }: BreakersDeps, key: string): Promise<void> {
  const waiting = and(
    eq(jobs.state, 'queued'),
    sql`${jobs.error} ->> 'code' = 'circuit_open'`,
    sql`${jobs.error} -> 'context' ->> 'key' = ${key}`,
  )
  const wakeSome = () =>
    db.write(async (tx) => {
      const some = tx.select({ id: jobs.id }).from(jobs).where(waiting).limit(WOKEN_AT_ONCE)
      const woken = await tx.update(jobs).set({ runAt: now(), error: null }).where(inArray(jobs.id, some)).returning()
      for (const job of woken)
        await events.append(tx, {
          type: 'job.queued',
          scope: job.scope,
          job: refOf(job),
          data: { reason: 'circuit_closed' },
        })
      return woken.length
    })
  while ((await wakeSome()) === WOKEN_AT_ONCE);
}

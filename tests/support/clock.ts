import { type Clock, systemClock } from '../../src/clock.ts'

/** A clock that stands still until a test moves it; sleepers wake when their time has passed. Random is 0.5. */
export interface StoppedClock extends Clock {
  pass(ms: number): void
  /** Somebody sets it, forwards or back: no time passes. */
  set(ms: number): void
  /** Time passes for the world, and not for the process: it is stopped. */
  passAsleep(ms: number): void
  random: () => number
}

interface Sleeper {
  until: number
  wake: () => void
}

export function stoppedClock(start = Date.UTC(2026, 0, 1)): StoppedClock {
  let at = start
  let passed = 0
  let asleep = 0
  let sleepers: Sleeper[] = []
  const clock: StoppedClock = {
    now: () => at,
    awake: () => passed - asleep,
    random: () => 0.5,
    newId: systemClock.newId,
    sleep(ms, signal) {
      if (signal?.aborted || ms <= 0) return Promise.resolve()
      return new Promise((wake) => {
        sleepers.push({ until: passed + ms, wake })
        signal?.addEventListener('abort', () => wake(), { once: true })
      })
    },
    pass(ms) {
      at += ms
      passed += ms
      const due = sleepers.filter(({ until }) => until <= passed)
      sleepers = sleepers.filter(({ until }) => until > passed)
      for (const { wake } of due.sort((a, b) => a.until - b.until)) wake()
    },
    set(ms) {
      at += ms
    },
    passAsleep(ms) {
      asleep += ms
      clock.pass(ms)
    },
  }
  return clock
}

import { type Clock, systemClock } from '../../src/clock.ts'

/** A clock that stands still until a test moves it; sleepers wake when their time has passed. Random is 0.5. */
export interface StoppedClock extends Clock {
  pass(ms: number): void
  random: () => number
}

interface Sleeper {
  until: number
  wake: () => void
}

export function stoppedClock(start = Date.UTC(2026, 0, 1)): StoppedClock {
  let at = start
  let sleepers: Sleeper[] = []
  return {
    now: () => at,
    random: () => 0.5,
    newId: systemClock.newId,
    sleep(ms, signal) {
      if (signal?.aborted || ms <= 0) return Promise.resolve()
      return new Promise((wake) => {
        sleepers.push({ until: at + ms, wake })
        signal?.addEventListener('abort', () => wake(), { once: true })
      })
    },
    pass(ms) {
      at += ms
      const due = sleepers.filter(({ until }) => until <= at)
      sleepers = sleepers.filter(({ until }) => until > at)
      for (const { wake } of due.sort((a, b) => a.until - b.until)) wake()
    },
  }
}

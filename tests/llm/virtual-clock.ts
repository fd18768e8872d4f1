import type { Clock } from '../../src/clock.ts'

interface Sleeper {
  at: number
  wake(): void
}

/** A clock whose time passes as soon as there is nothing else to do: hours take milliseconds, in the right order. */
export function virtualClock(): Pick<Clock, 'now' | 'awake' | 'sleep'> {
  let now = 1_000_000
  const sleepers = new Set<Sleeper>()

  const passTime = () => {
    const next = [...sleepers].sort((a, b) => a.at - b.at)[0]
    if (!next) return
    now = Math.max(now, next.at)
    next.wake()
  }

  return {
    now: () => now,
    awake: () => now,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = {
          at: now + ms,
          wake() {
            sleepers.delete(sleeper)
            signal?.removeEventListener('abort', sleeper.wake)
            resolve()
          },
        }
        if (signal?.aborted) return resolve()
        signal?.addEventListener('abort', sleeper.wake)
        sleepers.add(sleeper)
        setImmediate(passTime)
      }),
  }
}

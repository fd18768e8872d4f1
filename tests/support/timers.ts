/** Knows every timer that has been set since, and is still to come. */
export interface Timers extends Disposable {
  readonly pending: number
}

const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis

/** Counts this process's timers until disposed; those that were set before are not known. */
export function countTimers(): Timers {
  const pending = new Set<unknown>()
  const cleared = (timer: Parameters<typeof clearTimeout>[0]) => {
    pending.delete(timer)
    clearTimeout(timer)
  }
  globalThis.setTimeout = ((run: (...given: unknown[]) => void, ms?: number, ...given: unknown[]) => {
    const ran = (...more: unknown[]) => {
      pending.delete(timer)
      run(...more)
    }
    const timer = setTimeout(ran, ms, ...given)
    pending.add(timer)
    return timer
  }) as typeof setTimeout
  globalThis.setInterval = ((run: () => void, ms?: number, ...given: unknown[]) => {
    const timer = setInterval(run, ms, ...given)
    pending.add(timer)
    return timer
  }) as typeof setInterval
  globalThis.clearTimeout = cleared as typeof clearTimeout
  globalThis.clearInterval = cleared as typeof clearInterval
  return {
    get pending() {
      return pending.size
    },
    [Symbol.dispose]: () => void Object.assign(globalThis, { setTimeout, clearTimeout, setInterval, clearInterval }),
  }
}

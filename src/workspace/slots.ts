import type { DomainError } from '../errors.ts'

/** A few places that are used at once; who comes later waits, in order. */
export interface Slots {
  /** @throws the error of the slots when too many wait already; the signal's reason when who waits goes away */
  take(signal: AbortSignal): Promise<Disposable>
}

export function openSlots({ most, waiting, busy }: { most: number; waiting: number; busy: () => DomainError }): Slots {
  const queue: (() => void)[] = []
  let used = 0

  function slot(): Disposable {
    let held = true
    return {
      [Symbol.dispose]() {
        if (!held) return
        held = false
        const next = queue.shift()
        if (next)
          next() // the place is handed on: nobody can slip in between
        else used--
      },
    }
  }

  return {
    async take(signal) {
      signal.throwIfAborted()
      if (used < most) {
        used++
        return slot()
      }
      if (queue.length >= waiting) throw busy()
      await turn(queue, signal)
      return slot()
    },
  }
}

function turn(queue: (() => void)[], signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const called = () => {
      signal.removeEventListener('abort', left)
      resolve()
    }
    const left = () => {
      queue.splice(queue.indexOf(called), 1)
      reject(signal.reason)
    }
    queue.push(called)
    signal.addEventListener('abort', left, { once: true })
  })
}

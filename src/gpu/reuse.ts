import type { Clock } from '../clock.ts'
import type { Connection } from './connection.ts'

const IDLE_MS = 60_000

/** A worker, and how often it has been used. */
export interface Worker {
  connection: Connection
  jobs: number
}

/** Workers that have done their job and wait for the next of the same kind on the same device. */
export interface Reuse extends AsyncDisposable {
  /** Jobs that a worker may do after its first. */
  limit: number
  /** The one that waits for such work, if any. Whatever else waits on the device is ended: another profile needs it. */
  take(key: string, device: string): Promise<Worker | null>
  /** Lets it wait, for a minute at most. */
  keep(worker: Worker, key: string, device: string): void
  /** Ends those on a device, or all: somebody else takes it. Resolves when they are gone. */
  endIdle(device?: string): Promise<void>
  /** Those that wait now: the memory that they hold is Hearth's own. */
  idle(): { device: string; pid: number }[]
}

interface Idle {
  worker: Worker
  key: string
  device: string
  /** Stops the waiting for its time to run out. */
  wake: AbortController
}

export function openReuse({ clock, limit }: { clock: Clock; limit: number }): Reuse {
  const waiting = new Set<Idle>()
  const end = async (one: Idle) => {
    if (!waiting.delete(one)) return
    one.wake.abort()
    await one.worker.connection.end()
  }
  const endAll = async (ones: Idle[]) => void (await Promise.all(ones.map(end)))
  const on = (device?: string) => [...waiting].filter((one) => device === undefined || one.device === device)
  return {
    limit,
    async take(key, device) {
      const found = on(device).find((one) => one.key === key)
      if (found) {
        waiting.delete(found)
        found.wake.abort()
      }
      await endAll(on(device))
      return found?.worker ?? null
    },
    keep(worker, key, device) {
      const one = { worker, key, device, wake: new AbortController() }
      waiting.add(one)
      const gone = worker.connection.exited.then(() => end(one))
      void Promise.race([gone, clock.sleep(IDLE_MS, one.wake.signal)]).then(() => end(one))
    },
    endIdle: (device) => endAll(on(device)),
    idle: () => [...waiting].map(({ device, worker }) => ({ device, pid: Number(worker.connection.handle.pid) })),
    [Symbol.asyncDispose]: () => endAll(on()),
  }
}

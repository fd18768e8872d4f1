/** Time, waiting and ids: the one source of each, so that a test can stop them. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects: look at the signal). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** A new unique id: a UUID v7 as 22 base64url characters, safe in URLs, file names and HTML ids. */
  newId(): string
  /** A number in [0, 1), for jitter. */
  random(): number
}

export const systemClock: Clock = {
  now: Date.now,
  sleep,
  newId: () => Bun.randomUUIDv7('base64url'),
  random: Math.random,
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    signal?.addEventListener('abort', wake)
  })
}

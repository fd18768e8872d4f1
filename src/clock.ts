/** Time, waiting and ids: the one source of each, so that a test can stop them. */
export interface Clock {
  /** Milliseconds since the epoch: what happened when. Somebody may set it, so no duration is the difference of two. */
  now(): number
  /**
   * Milliseconds that this process has been awake, for durations. It never jumps, and stands still while the process is
   * stopped or too busy to hear anybody: nobody else is to blame for that silence.
   */
  awake(): number
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects: look at the signal). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** A new unique id: a UUID v7 as 22 base64url characters, safe in URLs, file names and HTML ids. */
  newId(): string
  /** A number in [0, 1), for jitter. */
  random(): number
}

export const systemClock: Clock = {
  now: Date.now,
  awake: awakeTime(),
  sleep,
  newId: () => Bun.randomUUIDv7('base64url'),
  random: Math.random,
}

/** How often it is noted that the process is awake; a gap of more than the most is none of its waking time. */
const NOTE_MS = 250
const MOST_MS = 1_000

/** It begins to count with the first question. */
function awakeTime(): () => number {
  let counted = 0
  let notedAt: number | undefined
  const note = () => {
    const at = performance.now()
    counted += Math.min(MOST_MS, at - (notedAt ?? at))
    notedAt = at
    return counted
  }
  return () => {
    if (notedAt === undefined) setInterval(note, NOTE_MS).unref()
    return note()
  }
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

import { systemClock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import { askFor, type Door } from './reach.ts'

/** Between two tries to reach a server that is away. */
const AGAIN_MS = 1_000
/** A stream says something each second: one that is silent for so long is dead, as after a sleep of this machine. */
const SILENCE_MS = 10_000

export interface Watching {
  /** Where the server is now: after a restart it may be elsewhere, and takes another secret. */
  find(): Door
  /** Hears each line. */
  tell(line: string): void
  /** Called once each time that the server is away. */
  lost(): void
  signal: AbortSignal
  /** When a connection that says nothing is given up, ms. */
  silenceMs?: number
}

/**
 * Reads a project's events until its work is over, coming back after each cut, and after each restart of the server,
 * with the last `seq`. @throws DomainError what the server says against it for good
 */
export function watchProject(watching: Watching, id: string): Promise<void> {
  return watchAll(watching, `/api/projects/${id}/events`, () => false)
}

/** Reads a job's events in the same way, until it has ended or waits for a person. */
export function watchJob(watching: Watching, id: string): Promise<void> {
  return watchAll(watching, `/api/jobs/${id}/events`, (type) => JOB_OVER.has(type))
}

const JOB_OVER = new Set(['job.succeeded', 'job.failed', 'job.cancelled', 'job.held'])

async function watchAll(watching: Watching, path: string, isLast: (type: string) => boolean): Promise<void> {
  const { tell, lost, signal } = watching
  let away = false
  for (let after = 0; !signal.aborted; ) {
    for await (const line of linesOf(watching, `${path}?after=${after}`)) {
      const { seq, type, reason } = JSON.parse(line)
      away = false
      after = seq ?? after
      tell(line)
      if ((type === 'end' && reason !== 'shutdown') || isLast(type)) return
    }
    if (!away && !signal.aborted) lost()
    away = true
    await systemClock.sleep(AGAIN_MS, signal)
  }
}

/** The lines of one connection; ends early when that is cut, falls silent or can't be made. */
async function* linesOf({ find, signal, silenceMs = SILENCE_MS }: Watching, path: string): AsyncGenerator<string> {
  using silence = silenceFor(silenceMs)
  try {
    const { body } = await askFor(find(), path, { signal: AbortSignal.any([signal, silence.signal]) })
    const text = body!.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>)
    let rest = ''
    for await (const chunk of text) {
      silence.heard()
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()!
      yield* lines.filter(Boolean)
    }
  } catch (error) {
    if (error instanceof DomainError && !error.retryable) throw error
  }
}

/** Its signal aborts when nothing has been heard for so long. */
function silenceFor(ms: number) {
  const gone = new AbortController()
  const timer = setTimeout(() => gone.abort(new Error('the server has fallen silent')), ms)
  return {
    signal: gone.signal,
    heard: () => void timer.refresh(),
    [Symbol.dispose]: () => clearTimeout(timer),
  }
}

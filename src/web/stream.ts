import type { Encode } from '../events/encode.ts'
import type { Sink } from '../events/follow.ts'
import type { Scope } from '../events/line.ts'
import type { Log } from '../log.ts'

/** A reader this many bytes behind for this long is dropped, as is one who is further behind than any line is long; it comes back with `after`. */
const FAR_BEHIND = 1_000_000
const FAR_BEHIND_MS = 5_000
const MOST_BEHIND = 64_000_000
/** Bytes in flight beyond which replay waits for the reader. */
const HIGH_WATER = 64_000

const HEADERS = {
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
}

export interface StreamOptions {
  type: 'application/x-ndjson' | 'text/event-stream'
  scope: Scope
  encode: Encode
  /** Writes to the sink until the stream is over or the signal aborts; its failure cuts the stream. */
  run: (sink: Sink, signal: AbortSignal) => Promise<void>
  watch: Watch
  log: Log
}

/** Says when the stream must end since its reader may no longer read: `lasting.watch` for a request. */
export type Watch = (cut: () => void) => () => void

/**
 * A response that stays open: headers at once, lines as they come. A reader that goes away aborts `run`; one that does
 * not keep up is cut off, so that it reconnects instead of filling memory.
 */
export function openStream({ type, scope, encode, run, watch, log }: StreamOptions): Response {
  return streamOf(type, watch, log, (write, room, close, signal) =>
    run({ send: (lines) => write(encode(lines, scope)), room, close }, signal),
  )
}

type Run = (
  write: (bytes: Uint8Array) => void,
  room: () => Promise<void>,
  close: () => void,
  signal: AbortSignal,
) => Promise<void>

/** The same for bytes of any kind. */
export function streamOf(type: StreamOptions['type'], watch: Watch, log: Log, run: Run): Response {
  const gone = new AbortController()
  let roomy: (() => void) | undefined
  const isTooSlow = patience()
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const cut = (reason: unknown) => {
          if (gone.signal.aborted) return
          gone.abort(reason)
          controller.error() // a reason would be printed by the runtime, stack and all
        }
        const fail = (error: unknown) => {
          if (error !== gone.signal.reason) log.error('a stream has failed; its reader may come back', { error })
          cut(error)
        }
        const write = (bytes: Uint8Array) => {
          if (gone.signal.aborted) return
          controller.enqueue(bytes)
          if (isTooSlow(-(controller.desiredSize ?? 0))) cut(new Error('the reader is too slow'))
        }
        const close = () => {
          if (gone.signal.aborted) return
          gone.abort()
          controller.close()
        }
        gone.signal.addEventListener('abort', watch(close), { once: true })
        const room = () =>
          (controller.desiredSize ?? 0) > 0 || gone.signal.aborted
            ? Promise.resolve()
            : new Promise<void>((resolve) => {
                roomy = resolve
                gone.signal.addEventListener('abort', () => resolve(), { once: true })
              })
        run(write, room, close, gone.signal).then(close, fail)
      },
      pull() {
        roomy?.()
        roomy = undefined
      },
      cancel(reason) {
        gone.abort(reason)
      },
    },
    { highWaterMark: HIGH_WATER, size: (chunk) => chunk?.byteLength ?? 0 },
  )
  return new Response(body, { headers: { ...HEADERS, 'content-type': type } })
}

/** Judges how far behind a reader is: one long line is no fault of its reader, but staying behind is. */
function patience(): (behind: number) => boolean {
  let since: number | undefined
  return (behind) => {
    if (behind < FAR_BEHIND) since = undefined
    else since ??= performance.now()
    return behind > MOST_BEHIND || (since !== undefined && performance.now() - since > FAR_BEHIND_MS)
  }
}

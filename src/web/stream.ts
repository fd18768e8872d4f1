import type { Encode } from '../events/encode.ts'
import type { Sink } from '../events/follow.ts'
import type { Lines, Scope } from '../events/line.ts'
import type { Log } from '../log.ts'
import { FIXED_HEADERS, withAllHeaders } from './headers.ts'
import type { Watch } from './lasting.ts'

/** A reader this many bytes behind for this long is dropped, as is one who is further behind than any line is long; it comes back with `after`. */
const FAR_BEHIND = 1_000_000
const FAR_BEHIND_MS = 5_000
const MOST_BEHIND = 64_000_000
/** Chunks in flight beyond which replay waits for the reader. Chunks, since a queue that is measured in bytes takes 4 KB more of each stream. */
const HIGH_WATER = 64
/** How often replay looks whether there is room again. */
const ROOM_MS = 2

const HEADERS = {
  ...FIXED_HEADERS,
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cache-control': 'no-store, no-transform',
  'x-accel-buffering': 'no',
}

export type StreamType = 'application/x-ndjson' | 'text/event-stream'

/** What goes on for a reader, to be stopped when it has gone. */
export interface Work {
  stop(): void
}

/**
 * An open response: headers at once, chunks as they come. A reader that does not keep up is cut off, so that it reconnects
 * instead of filling memory. A class, and the stream's source itself, as 10,000 may be open at once: each closure counts.
 */
export class Outlet {
  isOpen = true
  private controller: ReadableStreamDefaultController<Uint8Array> | undefined
  private work: Work | undefined
  private backlog: Backlog | undefined

  constructor(
    private readonly watch: Watch,
    private readonly log: Log,
  ) {}

  start(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.controller = controller
    this.watch.add(this)
  }

  /** The reader has gone. */
  cancel(): void {
    this.end()
  }

  /** Stops this work when the stream is over. */
  stopWhenOver(work: Work): void {
    if (this.isOpen) this.work = work
    else work.stop()
  }

  write(bytes: Uint8Array): void {
    if (!this.isOpen) return
    this.controller!.enqueue(bytes)
    const room = this.controller!.desiredSize ?? 0
    if (room >= 0) {
      this.backlog = undefined
      return
    }
    this.backlog ??= new Backlog()
    if (this.backlog.isTooMuch(HIGH_WATER - room, bytes.byteLength)) this.cut()
  }

  async room(): Promise<void> {
    while (this.isOpen && (this.controller!.desiredSize ?? 0) <= 0) await Bun.sleep(ROOM_MS)
  }

  close(): void {
    if (this.end()) this.controller!.close()
  }

  fail(error: unknown): void {
    if (this.isOpen) this.log.error('a stream has failed; its reader may come back', { error })
    this.cut()
  }

  /** A turn later, so that the headers and what was said go out first; without a reason, which the runtime would print, stack and all. */
  private cut(): void {
    if (this.end()) setImmediate(() => this.controller!.error())
  }

  /** False when it was over before. */
  private end(): boolean {
    if (!this.isOpen) return false
    this.isOpen = false
    this.watch.delete(this)
    this.work?.stop()
    return true
  }
}

/** An outlet for lines. */
class LineOutlet extends Outlet implements Sink {
  constructor(
    watch: Watch,
    log: Log,
    private readonly scope: Scope,
    private readonly encode: Encode,
  ) {
    super(watch, log)
  }

  send(lines: Lines): void {
    this.write(this.encode(lines, this.scope))
  }
}

/** Judges how far behind a reader is: one long line is no fault of its reader, but staying behind is. */
class Backlog {
  /** Of the chunks that wait, the last first to go. */
  private sizes: number[] = []
  private bytes = 0
  private since: number | undefined

  /** @param chunks how many wait, the last of them of `size` bytes */
  isTooMuch(chunks: number, size: number): boolean {
    this.sizes.push(size)
    this.bytes += size
    while (this.sizes.length > chunks) this.bytes -= this.sizes.shift()!
    if (this.bytes < FAR_BEHIND) this.since = undefined
    else this.since ??= performance.now()
    return this.bytes > MOST_BEHIND || (this.since !== undefined && performance.now() - this.since > FAR_BEHIND_MS)
  }
}

export interface StreamOptions {
  type: StreamType
  scope: Scope
  encode: Encode
  /** Says when the stream must end since its reader may no longer read. */
  watch: Watch
  log: Log
  /** Begins to write to the sink. */
  begin: (sink: Sink) => Work
}

/** A response with the lines of a scope. */
export function openStream({ type, scope, encode, watch, log, begin }: StreamOptions): Response {
  return respond(type, new LineOutlet(watch, log, scope, encode), begin)
}

/** The same for bytes of any kind. */
export function streamOf(type: StreamType, watch: Watch, log: Log, begin: (outlet: Outlet) => Work): Response {
  return respond(type, new Outlet(watch, log), begin)
}

function respond<O extends Outlet>(type: StreamType, outlet: O, begin: (outlet: O) => Work): Response {
  const body = new ReadableStream<Uint8Array>(outlet, { highWaterMark: HIGH_WATER })
  outlet.stopWhenOver(begin(outlet))
  return withAllHeaders(new Response(body, { headers: { ...HEADERS, 'content-type': type } }))
}

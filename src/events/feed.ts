import type { Subscriber } from './audience.ts'
import type { Hub } from './hub.ts'
import { type Line, type Lines, liveLine, type Scope } from './line.ts'

/** Most lines held for a reader while the log is read to it; beyond, they are read again or dropped. */
const HELD = 1_000

const TERMINAL = new Set(['job.succeeded', 'job.failed', 'job.cancelled'])

/** Where the lines go: an open response, or a test. */
export interface Sink {
  send(lines: Lines): void
  /** Resolves when there is room for more; for replay only, live lines are never waited with. */
  room(): Promise<void>
  /** Everything was said. */
  close(): void
  /** Something went wrong: there is no last line. */
  fail(error: unknown): void
}

export interface FeedOptions {
  scope: Scope
  /** The `seq` of the last durable line that the reader has; 0 for all. */
  after: number
  /** `while-active`: ends when nothing runs any more. `stay`: never by itself. `present`: ends once caught up. */
  until: 'while-active' | 'stay' | 'present'
}

interface FeedDeps {
  hub: Hub
  now: () => number
}

/**
 * One reader's way from the past to the present: each durable line once and in order, then one last line. It hears its
 * scope at once, and holds back what happens until `goLive`; heartbeats alone are never held. A class, as thousands of
 * readers wait at once and the closures of a record took more memory than all else of a stream.
 */
export class Feed implements Subscriber {
  readonly scope: Scope
  private readonly until: FeedOptions['until']
  /** The `seq` of the last durable line that was sent. */
  last: number
  isOver = false
  private lastType = ''
  private held: ReturnType<typeof holdBack> | undefined = holdBack()

  constructor(
    private readonly deps: FeedDeps,
    options: FeedOptions,
    private readonly sink: Sink,
  ) {
    this.scope = options.scope
    this.until = options.until
    this.last = options.after
    deps.hub.subscribe(this)
  }

  deliver(lines: Lines): void {
    this.send(this.held ? this.held.hold(lines) : lines)
  }

  over(reason: 'idle' | 'shutdown'): void {
    if (reason === 'shutdown' || (this.until === 'while-active' && !this.held)) this.end(reason)
  }

  /** Sends lines at once, without those of the log that the reader has. */
  send(lines: Lines): void {
    if (this.isOver) return
    const fresh = this.withoutKnown(lines)
    if (fresh.length === 0) return
    this.lastType = fresh.at(-1)!.type
    try {
      this.sink.send(fresh)
    } catch (error) {
      this.fail(error)
    }
  }

  /** The same array when all of it is new, so that it is encoded once for all readers. */
  private withoutKnown(lines: Lines): Lines {
    if (!hasDurable(lines)) return lines
    const fresh = lines.filter(({ seq }) => {
      if (seq !== null && seq <= this.last) return false
      this.last = seq ?? this.last
      return true
    })
    return fresh.length === lines.length ? lines : fresh
  }

  /** Sends a line that stands for all up to its `seq`, also when the reader was further: what it held counts no more. */
  reset(line: Line): void {
    this.last = -1
    this.send([line])
  }

  /** True when durable lines were let go that the log still has: they must be read again. */
  mustReadAgain(): boolean {
    return this.held?.mustReadAgain() ?? false
  }

  /** The log has been read to its end: sends what was held meanwhile, and from now on each line as it happens. */
  goLive(): void {
    const { lines, dropped } = this.held!.release()
    this.held = undefined
    for (const line of lines) this.send([line]) // bytes of a line are shared with other readers, those of a pile would be its own
    if (dropped === 0) return
    const { hub, now } = this.deps
    this.send([liveLine('lagged', now(), null, null, { dropped })])
    this.send(hub.states(this.scope))
  }

  /** Sends the last line, if the stream does not say already why it ends, and stops. */
  end(reason: string): void {
    const saidAlready = 'job' in this.scope && TERMINAL.has(this.lastType) && reason !== 'shutdown'
    if (!saidAlready) this.send([liveLine('end', this.deps.now(), null, null, { reason, after: this.last })])
    this.stop()
  }

  /** Stops without a last line: the reader has gone. */
  stop(): void {
    if (this.leave()) this.sink.close()
  }

  fail(error: unknown): void {
    if (this.leave()) this.sink.fail(error)
  }

  /** False when it had left before. */
  private leave(): boolean {
    if (this.isOver) return false
    this.isOver = true
    this.deps.hub.unsubscribe(this)
    return true
  }
}

/** Keeps a bounded number of lines. Once some live line is let go all of them are: what follows it would make no sense. */
function holdBack() {
  let held: Line[] = []
  let dropped = 0
  let behind = false

  function letLiveLinesGo(): Line[] {
    const durable = held.filter(({ seq }) => seq !== null)
    dropped += held.length - durable.length
    return durable
  }

  function holds(line: Line): boolean {
    if (line.type === 'heartbeat') return false
    if (held.length < HELD) held.push(line)
    else if (line.seq === null) dropped++
    else behind = true
    return true
  }

  return {
    /** Holds what must wait; returns what need not. */
    hold: (lines: Lines): Lines => lines.filter((line) => !holds(line)),
    mustReadAgain(): boolean {
      if (!behind) return false
      letLiveLinesGo()
      held = []
      behind = false
      return true
    },
    release: (): { lines: Line[]; dropped: number } => {
      const lines = dropped > 0 ? letLiveLinesGo() : held
      return { lines, dropped }
    },
  }
}

/** A plain loop: it runs for each reader of each line. */
function hasDurable(lines: Lines): boolean {
  for (let i = 0; i < lines.length; i++) if (lines[i]!.seq !== null) return true
  return false
}

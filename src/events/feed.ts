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
  close(): void
}

export interface FeedOptions {
  scope: Scope
  /** The `seq` of the last durable line that the reader has; 0 for all. */
  after: number
  /** `while-active`: ends when nothing runs any more. `stay`: never by itself. `present`: ends once caught up. */
  until: 'while-active' | 'stay' | 'present'
}

/** One reader's way from the past to the present: each durable line once and in order, then one last line. */
export interface Feed {
  /** The `seq` of the last durable line that was sent. */
  readonly last: number
  readonly over: boolean
  /** Resolves when the stream is over; rejects when the sink failed. */
  readonly finished: Promise<void>
  /** Sends lines at once, without those of the log that the reader has. */
  send(lines: Lines): void
  /** Sends a line that stands for all up to its `seq`, also when the reader was further: what it held counts no more. */
  reset(line: Line): void
  /** True when durable lines were let go that the log still has: they must be read again. */
  mustReadAgain(): boolean
  /** The log has been read to its end: sends what was held meanwhile, and from now on each line as it happens. */
  goLive(): void
  /** Sends the last line, if the stream does not say already why it ends, and stops. */
  end(reason: string): void
  /** Stops without a last line: the reader has gone. */
  stop(): void
}

/** Subscribes a reader at once and holds back what happens until `goLive`; heartbeats alone are never held. */
export function openFeed({ hub, now }: { hub: Hub; now: () => number }, options: FeedOptions, sink: Sink): Feed {
  const { scope, after, until } = options
  const finished = Promise.withResolvers<void>()
  finished.promise.catch(() => {}) // a failure in the middle of the replay is not unhandled: `follow` comes to it
  const live = holdBack()
  const had = hadSoFar(after)
  let lastType = ''
  let over = false

  const leave = hub.subscribe({
    scope,
    deliver: (lines) => send(live.hold(lines)),
    over(reason) {
      if (reason === 'shutdown' || (until === 'while-active' && !live.holding)) end(reason)
    },
  })

  function send(lines: Lines): void {
    if (over) return
    const fresh = had.add(lines)
    if (fresh.length === 0) return
    lastType = fresh.at(-1)!.type
    try {
      sink.send(fresh)
    } catch (error) {
      finished.reject(error)
      stop()
    }
  }

  function reset(line: Line): void {
    had.forget()
    send([line])
  }

  function goLive(): void {
    const { lines, dropped } = live.release()
    send(lines)
    if (dropped === 0) return
    send([liveLine('lagged', now(), null, null, { dropped })])
    send(hub.states(scope))
  }

  function end(reason: string): void {
    const saidAlready = 'job' in scope && TERMINAL.has(lastType) && reason !== 'shutdown'
    if (!saidAlready) send([liveLine('end', now(), null, null, { reason, after: had.last })])
    stop()
  }

  function stop(): void {
    if (over) return
    over = true
    leave()
    finished.resolve()
    sink.close()
  }

  return {
    get last() {
      return had.last
    },
    get over() {
      return over
    },
    finished: finished.promise,
    send,
    reset,
    mustReadAgain: live.mustReadAgain,
    goLive,
    end,
    stop,
  }
}

/** Which durable lines a reader has: all up to the last one. */
function hadSoFar(after: number) {
  let last = after
  const isNew = ({ seq }: Line): boolean => {
    if (seq !== null && seq <= last) return false
    last = seq ?? last
    return true
  }
  return {
    get last() {
      return last
    },
    /** Those of the lines that it has not had; the same array when that is all of them. */
    add(lines: Lines): Lines {
      const fresh = lines.filter(isNew)
      return fresh.length === lines.length ? lines : fresh
    },
    forget(): void {
      last = -1
    },
  }
}

/** Keeps a bounded number of lines. Once some live line is let go all of them are: what follows it would make no sense. */
function holdBack() {
  let held: Line[] | null = []
  let dropped = 0
  let behind = false

  function letLiveLinesGo(): Line[] {
    const durable = held!.filter(({ seq }) => seq !== null)
    dropped += held!.length - durable.length
    return durable
  }

  function holds(line: Line): boolean {
    if (line.type === 'heartbeat') return false
    if (held!.length < HELD) held!.push(line)
    else if (line.seq === null) dropped++
    else behind = true
    return true
  }

  return {
    get holding() {
      return held !== null
    },
    /** Holds what must wait; returns what need not. */
    hold: (lines: Lines): Lines => (held === null ? lines : lines.filter((line) => !holds(line))),
    mustReadAgain(): boolean {
      if (!behind) return false
      letLiveLinesGo()
      held = []
      behind = false
      return true
    },
    release(): { lines: Line[]; dropped: number } {
      const lines = dropped > 0 ? letLiveLinesGo() : held!
      held = null
      return { lines, dropped }
    },
  }
}

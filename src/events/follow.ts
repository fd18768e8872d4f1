import { and, asc, eq, gt } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import type { Hub } from './hub.ts'
import { type Line, lineOf, liveLine, type Scope } from './line.ts'
import { events } from './tables.ts'

/** Rows read in one turn of the event loop. */
const PAGE = 500
/** Most lines kept for a reader while the log is read to it; beyond, they are read again or dropped. */
const BUFFER = 1_000

const TERMINAL = new Set(['job.succeeded', 'job.failed', 'job.cancelled'])

/** Where the lines go: an open response, or a test. */
export interface Sink {
  send(line: Line): void
  /** Resolves when there is room for more; for replay only, live lines are never waited with. */
  room(): Promise<void>
  close(): void
}

export interface FollowOptions {
  scope: Scope
  /** The `seq` of the last durable line that the reader has; 0 for all. */
  after: number
  /** `while-active`: ends when nothing runs any more. `stay`: never by itself. `present`: ends once caught up. */
  until: 'while-active' | 'stay' | 'present'
  signal: AbortSignal
}

export interface FollowDeps {
  read: Reader
  hub: Hub
  now: () => number
}

/**
 * Sends the present state of running jobs, then the log from `after`, then what happens, each durable line once and in
 * order. The last line says why it ends: a job's terminal event, or `end`. Resolves when the stream is over.
 */
export async function follow(
  { read, hub, now }: FollowDeps,
  { scope, after, until, signal }: FollowOptions,
  sink: Sink,
): Promise<void> {
  let last = after
  let lastType = ''
  let waiting: Line[] | null = []
  let dropped = 0
  let behind = false
  let over = false
  let finish!: () => void
  const finished = new Promise<void>((resolve) => {
    finish = resolve
  })

  const send = (line: Line) => {
    if (over) return
    if (line.seq !== null) {
      if (line.seq <= last) return
      last = line.seq
      lastType = line.type
    }
    sink.send(line)
  }
  const hold = (line: Line) => {
    if (waiting!.length < BUFFER) return void waiting!.push(line)
    if (line.seq === null) dropped++
    else behind = true
  }
  const end = (reason: string) => {
    if (over) return
    const toldBy = 'job' in scope && TERMINAL.has(lastType)
    if (!toldBy || reason === 'shutdown') sink.send(liveLine('end', now(), null, null, { reason, after: last }))
    stop()
  }
  const stop = () => {
    over = true
    leave()
    sink.close()
    finish()
  }
  const leave = hub.subscribe({
    scope,
    deliver: (line) => (waiting ? hold(line) : send(line)),
    over: (reason) => {
      if (reason === 'shutdown' || (until === 'while-active' && !waiting)) end(reason)
    },
  })
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) return stop()

  for (const state of hub.source.states(scope)) send(state)
  send(hub.heartbeat(scope))
  await replay()
  if (signal.aborted) return
  if (until === 'present') end('present')
  else if (until === 'while-active' && !(await hub.source.active(scope))) end('idle')
  return finished

  async function replay(): Promise<void> {
    do {
      if (behind) waiting = []
      behind = false
      await sendLog()
    } while (behind && !signal.aborted)
    if (dropped > 0) sink.send(liveLine('lagged', now(), null, null, { dropped }))
    if (dropped > 0) for (const state of hub.source.states(scope)) send(state)
    for (const line of waiting ?? []) send(line)
    waiting = null
  }

  async function sendLog(): Promise<void> {
    for (;;) {
      const page = await eventsAfter(read, scope, last)
      for (const line of page) {
        await sink.room()
        if (signal.aborted) return
        send(line)
      }
      if (page.length < PAGE) return
    }
  }
}

/** The next page of durable lines of a scope after `seq`, in order. */
export async function eventsAfter(read: Reader, scope: Scope, seq: number, limit = PAGE): Promise<Line[]> {
  const mine = 'job' in scope ? eq(events.job, scope.job) : eq(events.scope, scope.project)
  const rows = await read
    .select()
    .from(events)
    .where(and(mine, gt(events.seq, seq)))
    .orderBy(asc(events.seq))
    .limit(limit)
  return rows.map(lineOf)
}

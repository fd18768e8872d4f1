import { and, asc, eq, gt } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { endOf, horizonOf } from './compactions.ts'
import { type Feed, type FeedOptions, openFeed, type Sink } from './feed.ts'
import type { Hub } from './hub.ts'
import { isFromReplacedLog } from './leap.ts'
import { type Line, lineOf, liveLine, type Scope } from './line.ts'
import { events } from './tables.ts'

export type { Sink } from './feed.ts'

/** Rows read in one turn of the event loop. */
const PAGE = 500

export interface FollowOptions extends FeedOptions {
  signal: AbortSignal
}

export interface FollowDeps {
  read: Reader
  hub: Hub
  now: () => number
}

/**
 * Sends the present state of running jobs, then the log from `after`, then what happens, each durable line once and in
 * order; a reader to whom that can't be promised, since what it lacks was compacted or what it has was never restored,
 * first gets one `reset` line with the present state. The last line says why it ends: a job's terminal event, or `end`. Resolves when the stream is over; a log that
 * can't be read or a sink that fails ends it without a last line, and rejects.
 */
export async function follow(deps: FollowDeps, options: FollowOptions, sink: Sink): Promise<void> {
  const { hub } = deps
  const { scope, until, signal } = options
  const feed = openFeed(deps, options, sink)
  signal.addEventListener('abort', feed.stop, { once: true })
  try {
    if (signal.aborted) return
    feed.send([...hub.states(scope), hub.heartbeat(scope)])
    await catchUp(deps, scope, feed, sink)
    if (until === 'present') feed.end('present')
    if (until === 'while-active' && !feed.over && (await hub.idle(scope))) feed.end('idle')
    await feed.finished
  } finally {
    signal.removeEventListener('abort', feed.stop)
    feed.stop()
  }
}

async function catchUp(deps: FollowDeps, scope: Scope, feed: Feed, sink: Sink): Promise<void> {
  if (feed.last > 0 && (await isUnknown(deps.read, feed.last)))
    feed.reset(await resetLine(deps, scope, feed.last, await endOf(deps.read, scope)))
  do {
    await sendLog(deps, scope, feed, sink)
  } while (feed.mustReadAgain() && !feed.over)
  feed.goLive()
}

/** True when this log has never come to `after`: a backup was put back since. */
async function isUnknown(read: Reader, after: number): Promise<boolean> {
  return after > (await endOf(read)) || (await isFromReplacedLog(read, after))
}

async function sendLog(deps: FollowDeps, scope: Scope, feed: Feed, sink: Sink): Promise<void> {
  while (!feed.over) {
    const page = await eventsAfter(deps.read, scope, feed.last)
    const horizon = await horizonOf(deps.read, scope) // asked after the page: whatever it lacks lies before the horizon
    if (feed.last < horizon) {
      feed.reset(await resetLine(deps, scope, feed.last, horizon))
      continue
    }
    for (const line of page) {
      await sink.room()
      if (feed.over) return
      feed.send([line])
    }
    if (page.length < PAGE) return
    await turn()
  }
}

/** Stands for all lines up to `seq`. What happened since may be in its state already; it is told all the same. */
async function resetLine({ hub, now }: FollowDeps, scope: Scope, after: number, seq: number): Promise<Line> {
  const state = (await hub.source.present?.(scope)) ?? {}
  const line = liveLine('reset', now(), null, null, { state })
  return { ...line, seq, prevInScope: after, prevInJob: after }
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

/** Lets others run: neither the driver nor a roomy sink ever leaves the present turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

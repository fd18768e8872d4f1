import { and, asc, eq, gt } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { endOf, horizonOf } from './compactions.ts'
import { Feed, type FeedOptions, type Sink } from './feed.ts'
import type { Hub } from './hub.ts'
import { isFromReplacedLog } from './leap.ts'
import { type Line, lineOf, liveLine, type Scope } from './line.ts'
import { events } from './tables.ts'

export type { Sink } from './feed.ts'

/** Rows read in one turn of the event loop, and held while a reader takes them: there may be a thousand slow ones. */
const PAGE = 100
/** Readers who begin to read the log in one turn of the event loop. */
const READ_IN_A_TURN = 10

export interface FollowDeps {
  read: Reader
  hub: Hub
  now: () => number
}

/**
 * Sends the present state of running jobs, then the log from `after`, then what happens, each durable line once and in
 * order; a reader to whom that can't be promised, since what it lacks was compacted or what it has was never restored,
 * first gets one `reset` line with the present state. The last line says why it ends: a job's terminal event, or `end`; a
 * log that can't be read or a sink that fails ends it without one. Returns at once: `stop` is for a reader that has gone.
 */
export function follow(deps: FollowDeps, options: FeedOptions, sink: Sink): Feed {
  const { hub } = deps
  const feed = new Feed(deps, options, sink)
  feed.send([...hub.states(options.scope), hub.heartbeat(options.scope)])
  catchUp(deps, options, feed, sink).catch((error) => feed.fail(error))
  return feed
}

/** Nothing of it is left once the reader hears what happens. */
async function catchUp(deps: FollowDeps, { scope, until }: FeedOptions, feed: Feed, sink: Sink): Promise<void> {
  await ownTurn()
  await readLog(deps, scope, feed, sink)
  if (feed.isOver) return
  feed.goLive()
  if (until === 'present') feed.end('present')
  if (until === 'while-active' && !feed.isOver && (await deps.hub.idle(scope))) feed.end('idle')
}

async function readLog(deps: FollowDeps, scope: Scope, feed: Feed, sink: Sink): Promise<void> {
  if (feed.last > 0 && (await isUnknown(deps.read, feed.last)))
    feed.reset(await resetLine(deps, scope, feed.last, await endOf(deps.read, scope)))
  do {
    await sendLog(deps, scope, feed, sink)
  } while (feed.mustReadAgain() && !feed.isOver)
}

/** True when this log has never come to `after`: a backup was put back since. */
async function isUnknown(read: Reader, after: number): Promise<boolean> {
  return after > (await endOf(read)) || (await isFromReplacedLog(read, after))
}

async function sendLog(deps: FollowDeps, scope: Scope, feed: Feed, sink: Sink): Promise<void> {
  while (!feed.isOver) {
    const page = await eventsAfter(deps.read, scope, feed.last)
    const horizon = await horizonOf(deps.read, scope) // asked after the page: whatever it lacks lies before the horizon
    if (feed.last < horizon) {
      feed.reset(await resetLine(deps, scope, feed.last, horizon))
      continue
    }
    for (const line of page) {
      await sink.room()
      if (feed.isOver) return
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

let taken = 0 // of the present turn of the event loop

/** Waits for a turn in which few read the log: a thousand who come at once would hold up all who are there. */
async function ownTurn(): Promise<void> {
  while (taken >= READ_IN_A_TURN) await turn()
  if (taken++ > 0) return
  setImmediate(() => {
    taken = 0
  })
}

/** Lets others run: neither the driver nor a roomy sink ever leaves the present turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

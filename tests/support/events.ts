import type { Database } from '../../src/db/open.ts'
import { type NewEvent, openEventLog } from '../../src/events/append.ts'
import { MERGING, type Merging } from '../../src/events/audience.ts'
import type { FeedOptions } from '../../src/events/feed.ts'
import { eventsAfter, follow, type Sink } from '../../src/events/follow.ts'
import { type Hub, openHub } from '../../src/events/hub.ts'
import type { Line, Scope } from '../../src/events/line.ts'
import { type StoppedClock, stoppedClock } from './clock.ts'
import { testDatabase } from './database.ts'

/** The log and the hub on a real database. `running` stands in for the jobs room: the scope is active while it is true. */
export interface TestLog extends AsyncDisposable {
  db: Database
  hub: Hub
  clock: StoppedClock
  published: Line[]
  running: boolean
  append(event: NewEvent, rolledBack?: boolean): Promise<number>
  stored(scope: Scope): Promise<Line[]>
  read(options?: Partial<FeedOptions>, sink?: Partial<Sink>): Reading
}

/** One reader of the log, and what it was sent. */
export interface Reading {
  lines: Line[]
  types(): string[]
  seqs(): number[]
  leave(): void
  closed: number
  over: Promise<void>
}

export async function eventLog({ merging = MERGING }: { merging?: Merging } = {}): Promise<TestLog> {
  const db = await testDatabase()
  const clock = stoppedClock()
  const hub = openHub({ now: clock.now, merging })
  const events = openEventLog({ hub, now: clock.now })
  const published: Line[] = []
  hub.tap((line) => void (line.seq !== null && published.push(line)))
  const log: TestLog = {
    db,
    hub,
    clock,
    published,
    running: true,
    append: (event, rolledBack = false) =>
      db.write(async (tx) => {
        const seq = await events.append(tx, event)
        if (rolledBack) throw new Error('rolled back')
        return seq
      }),
    stored: (scope) => eventsAfter(db.read, scope, 0, 100_000),
    read: (options, sink) => reading(log, db, options, sink),
    async [Symbol.asyncDispose]() {
      hub[Symbol.dispose]()
      await db[Symbol.asyncDispose]()
    },
  }
  hub.source = { states: () => [], beats: () => [], active: async () => log.running }
  return log
}

function reading(log: TestLog, db: Database, options: Partial<FeedOptions> = {}, sink: Partial<Sink> = {}): Reading {
  const over = Promise.withResolvers<void>()
  over.promise.catch(() => {}) // for tests that do not wait for it
  const lines: Line[] = []
  const state: Reading = {
    lines,
    types: () => lines.map(({ type }) => type),
    seqs: () => lines.flatMap(({ seq }) => (seq === null ? [] : [seq])),
    leave: () => feed.stop(),
    closed: 0,
    over: over.promise,
  }
  const feed = follow(
    { read: db.read, hub: log.hub, now: log.clock.now },
    { scope: { project: 'p' }, after: 0, until: 'stay', ...options },
    {
      send: (more) => void lines.push(...more),
      room: () => Promise.resolve(),
      close() {
        state.closed++
        over.resolve()
      },
      fail(error) {
        state.closed++
        over.reject(error)
      },
      ...sink,
    },
  )
  return state
}

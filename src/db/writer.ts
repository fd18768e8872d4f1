import type { Client } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import type { Log } from '../log.ts'
import { breaksConnection, explainStorage, isBusy } from './faults.ts'

/** Most functions that share one COMMIT. */
const GROUP_LIMIT = 200
/** Longest run of statements, in ms, before the event loop gets a turn: the driver blocks the thread. */
const TURN_MS = 6
/** How often a unit is tried again after SQLITE_BUSY before its caller hears of it. */
const BUSY_TRIES = 5

type WriterDb = ReturnType<typeof drizzle>
/** A write transaction: a savepoint of one group commit. Made by `db.write` alone. */
export type Tx = Parameters<Parameters<WriterDb['transaction']>[0]>[0]

interface Unit {
  work: (tx: Tx) => Promise<unknown>
  done: (value: unknown) => void
  failed: (error: unknown) => void
}

export interface Writer {
  write<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Resolves when nothing is waiting to be written. */
  idle(): Promise<void>
  readonly stats: { commits: number; units: number; busy: number }
}

export interface WriterDeps {
  client: Client
  /** Sets and checks the pragmas of a fresh connection. */
  prepare: (client: Client) => Promise<void>
  log: Log
}

const hooks = new WeakMap<Tx, (() => void)[]>()

/** Runs `run` once `tx` is on disk; never if it is rolled back. For telling others, not for more work. */
export function afterCommit(tx: Tx, run: () => void): void {
  hooks.get(tx)!.push(run)
}

/**
 * The one way to write: functions that wait at the same moment share one BEGIN IMMEDIATE … COMMIT, each in its own
 * savepoint, and are acknowledged after it. A function may run twice (after SQLITE_BUSY), so it does nothing but SQL.
 */
export function openWriter({ client, prepare, log }: WriterDeps): Writer {
  const db = drizzle(client)
  const queue: Unit[] = []
  const stats = { commits: 0, units: 0, busy: 0 }
  let draining: Promise<void> | undefined

  async function drain(): Promise<void> {
    await turn()
    while (queue.length > 0) {
      await commitGroup(queue.splice(0, GROUP_LIMIT))
      await turn()
    }
    draining = undefined
  }

  async function commitGroup(group: Unit[], attempt = 1): Promise<void> {
    let acknowledge: (() => void)[] = []
    try {
      acknowledge = await db.transaction((tx) => runGroup(tx, group))
      stats.commits++
      stats.units += group.length
    } catch (error) {
      await renew(error)
      if (isBusy(error) && attempt < BUSY_TRIES) return commitGroup(group, attempt + 1)
      for (const unit of group) unit.failed(explainStorage(error))
      return
    }
    for (const tell of acknowledge) tell()
  }

  async function renew(error: unknown): Promise<void> {
    if (isBusy(error)) stats.busy++
    log.error('the database refused a commit; the connection is renewed', { error, busy: stats.busy })
    try {
      await client.reconnect()
      await prepare(client)
    } catch (cause) {
      log.error('the database connection could not be renewed', { error: cause })
    }
  }

  return {
    stats,
    idle: () => draining ?? Promise.resolve(),
    write: <T>(work: (tx: Tx) => Promise<T>) =>
      new Promise<T>((done, failed) => {
        queue.push({ work, done: done as (value: unknown) => void, failed })
        draining ??= drain()
      }),
  }
}

async function runGroup(outer: Tx, group: Unit[]): Promise<(() => void)[]> {
  const acknowledge: (() => void)[] = []
  let turnEnds = performance.now() + TURN_MS
  for (const unit of group) {
    acknowledge.push(await runUnit(outer, unit))
    if (performance.now() < turnEnds) continue
    await turn()
    turnEnds = performance.now() + TURN_MS
  }
  return acknowledge
}

/** Runs one unit in its savepoint and says how to tell its caller, once the group is on disk. */
async function runUnit(outer: Tx, unit: Unit): Promise<() => void> {
  const after: (() => void)[] = []
  try {
    const value = await outer.transaction((tx) => {
      hooks.set(tx, after)
      return unit.work(tx)
    })
    return () => {
      for (const run of after) run()
      unit.done(value)
    }
  } catch (error) {
    if (breaksConnection(error)) throw error // the whole group is in doubt
    return () => unit.failed(error)
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

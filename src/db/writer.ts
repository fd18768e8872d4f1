import type { Client } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { Conflict } from '../errors.ts'
import type { Log } from '../log.ts'
import { breaksConnection, explainStorage, isBusy } from './faults.ts'
import { isUnreachable } from './remote.ts'

/** Most functions that share one COMMIT. */
const GROUP_LIMIT = 200
/** Longest run of statements, in ms, before the event loop gets a turn: the driver blocks the thread. */
const TURN_MS = 6
/** How often a unit is tried before its caller hears of SQLITE_BUSY, or that the server of the database is away. */
const BUSY_TRIES = 6
/** First wait between two tries, doubled with each: together 1.5 s, in which the event loop goes on. */
const BUSY_WAIT_MS = 50

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
  /** Refuses further writes, and resolves when those that wait are written. */
  close(): Promise<void>
  readonly stats: { commits: number; units: number; busy: number }
}

export interface WriterDeps {
  client: Client
  /** Sets and checks the pragmas of a fresh connection. */
  prepare: (client: Client) => Promise<void>
  log: Log
  /** Where they differ from the usual. */
  busyTries?: number
  commit?: Commit
}

/**
 * Runs `work` in one transaction, and resolves with its result once that is committed. `late` hears of a result that was
 * committed though the caller was told otherwise.
 */
export type Commit = <T>(work: (tx: Tx) => Promise<T>, late: (result: T) => void) => Promise<T>

const hooks = new WeakMap<Tx, (() => void)[]>()

/** Runs `run` once `tx` is on disk; never if it is rolled back. For telling others, not for more work: what it throws is logged. */
export function afterCommit(tx: Tx, run: () => void): void {
  hooks.get(tx)!.push(run)
}

/**
 * The one way to write: functions that wait at the same moment share one BEGIN IMMEDIATE … COMMIT, each in its own
 * savepoint, and are acknowledged after it. A function may run twice (after SQLITE_BUSY, or when
 * a libSQL server went away before it was committed), so it does nothing but SQL.
 */
export function openWriter({ client, prepare, log, busyTries = BUSY_TRIES, ...own }: WriterDeps): Writer {
  const db = drizzle(client)
  const commit: Commit = own.commit ?? ((work) => db.transaction(work))
  const queue: Unit[] = []
  const stats = { commits: 0, units: 0, busy: 0 }
  let draining: Promise<void> | undefined
  let closed = false

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
    const running = keepingFailure((tx: Tx) => runGroup(tx, group, runHook))
    try {
      acknowledge = await commit(running.work, (late) => late.forEach((tell) => void tell()))
      stats.commits++
      stats.units += group.length
    } catch (thrown) {
      const error = running.failure(thrown)
      await renew(error)
      if (attempt < (isBusy(error) ? busyTries : isUnreachable(error) ? BUSY_TRIES : 0)) {
        await Bun.sleep(BUSY_WAIT_MS * 2 ** (attempt - 1))
        return commitGroup(group, attempt + 1)
      }
      for (const unit of group) unit.failed(explainStorage(error))
      return
    }
    for (const tell of acknowledge) tell()
  }

  function runHook(run: () => void): void {
    try {
      run()
    } catch (error) {
      log.error('what follows a commit went wrong; the commit stands', { error })
    }
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
    close() {
      closed = true
      return draining ?? Promise.resolve()
    },
    write: <T>(work: (tx: Tx) => Promise<T>) =>
      new Promise<T>((done, failed) => {
        if (closed)
          return failed(new Conflict('server_stopping', 'Hearth is stopping. Start it again, then repeat this.'))
        queue.push({ work, done: done as (value: unknown) => void, failed })
        draining ??= drain()
      }),
  }
}

type RunHook = (run: () => void) => void

async function runGroup(outer: Tx, group: Unit[], runHook: RunHook): Promise<(() => void)[]> {
  const acknowledge: (() => void)[] = []
  let turnEnds = performance.now() + TURN_MS
  for (const unit of group) {
    acknowledge.push(await runUnit(outer, unit, runHook))
    if (performance.now() < turnEnds) continue
    await turn()
    turnEnds = performance.now() + TURN_MS
  }
  return acknowledge
}

/** Runs one unit in its savepoint and says how to tell its caller, once the group is on disk. */
async function runUnit(outer: Tx, unit: Unit, runHook: RunHook): Promise<() => void> {
  const after: (() => void)[] = []
  const running = keepingFailure((tx: Tx) => {
    hooks.set(tx, after)
    return unit.work(tx)
  })
  try {
    const value = await outer.transaction(running.work)
    return () => {
      after.forEach(runHook)
      unit.done(value)
    }
  } catch (thrown) {
    const error = running.failure(thrown)
    // Another error than the unit's own says that its savepoint is gone: SQLite has rolled back the whole group.
    if (error !== thrown || breaksConnection(error)) throw error
    return () => unit.failed(error)
  }
}

/** Keeps what `work` throws: the rollback that follows may fail in its turn, and drizzle then throws that instead. */
function keepingFailure<T>(work: (tx: Tx) => Promise<T>) {
  let kept: { error: unknown } | undefined
  return {
    work: async (tx: Tx): Promise<T> => {
      try {
        return await work(tx)
      } catch (error) {
        kept = { error }
        throw error
      }
    },
    failure: (thrown: unknown): unknown => (kept ? kept.error : thrown),
  }
}

/** Lets everybody else have a turn: a unit of thousands of rows takes one after some hundreds, since the driver blocks the thread. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

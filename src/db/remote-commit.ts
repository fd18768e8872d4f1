import type { Client } from '@libsql/client'
import { sql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/libsql'
import { isBusy } from './faults.ts'
import { commitUnclear, isAway, isUnreachable, unreachable } from './remote.ts'
import type { Commit, Tx } from './writer.ts'

/** How often it is asked what became of a commit before its caller hears that it is unclear: 0.8 s of waits, 25 s for a lock. */
const AWAY_TRIES = 5
const BUSY_TRIES = 10
const WAIT_MS = 50

/** A commit whose answer was lost: what it left behind if it was carried out, and what is to be told then. */
interface Unclear {
  mark: string
  tell: () => void
}

/**
 * Commits on a libSQL server so that a lost answer is no riddle: each transaction leaves a mark of its own in a table of one
 * row, and a later one, which gets the lock only when the first has ended, finds it there or not. Kept means committed;
 * not kept means that it may run again. While neither can be known the caller hears `commit_unclear`, nothing else is
 * committed, and if it turns out to be kept, `late` is told what would have been told then.
 */
export async function openRemoteCommit(client: Client): Promise<Commit> {
  await client.execute(`CREATE TABLE IF NOT EXISTS last_commit (
    id INTEGER PRIMARY KEY CHECK (id = 1), mark TEXT NOT NULL) STRICT`)
  const db = drizzle(client)
  let unclear: Unclear | undefined

  async function clear(): Promise<boolean> {
    const { mark, tell } = unclear!
    const isKept = (await lastMark(client)) === mark
    unclear = undefined
    if (isKept) tell()
    return isKept
  }

  return async (work, late) => {
    if (unclear) await clear()
    const mark = Bun.randomUUIDv7()
    let committing: { result: Awaited<ReturnType<typeof work>> } | undefined
    try {
      return await db.transaction(async (tx) => {
        const result = await work(tx)
        await leave(tx, mark)
        committing = { result }
        return result
      })
    } catch (error) {
      if (!committing || !isAway(error)) throw error
      const { result } = committing
      unclear = { mark, tell: () => late(result) }
      const isKept = await patiently(clear).catch((cause) => {
        throw commitUnclear(cause)
      })
      if (isKept) return result
      throw unreachable(error)
    }
  }
}

function leave(tx: Tx, mark: string) {
  return tx.run(sql`INSERT INTO last_commit VALUES (1, ${mark}) ON CONFLICT (id) DO UPDATE SET mark = excluded.mark`)
}

/** The mark of the last transaction: with the lock taken, so that none is still on its way. */
async function lastMark(client: Client): Promise<unknown> {
  const tx = await client.transaction('write')
  try {
    return (await tx.execute('SELECT mark FROM last_commit')).rows[0]?.mark
  } finally {
    tx.close()
  }
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work()
    } catch (error) {
      const tries = isBusy(error) ? BUSY_TRIES : isUnreachable(error) ? AWAY_TRIES : 0
      if (attempt >= tries) throw error
      await Bun.sleep(WAIT_MS * 2 ** (attempt - 1))
    }
}

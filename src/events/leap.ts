import { type SQL, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'

/** A hole in the `seq`s as wide as no compaction leaves one: there a backup was put back. */
const LEAP = 1_000_000_000

/**
 * Has a log that is put back go on beyond every `seq` that the one before it may have given out: the time in ms is ahead of
 * any log that grows by less than 1,000 events a second for years. Only for a database that no server owns.
 */
export async function leap(tx: Tx, now: number): Promise<void> {
  const next = sql`max(${Math.floor(now)}, coalesce((SELECT max(seq) FROM events), 0) + ${LEAP})`
  await tx.run(sql`DELETE FROM sqlite_sequence WHERE name = 'events'`)
  await tx.run(sql`INSERT INTO sqlite_sequence (name, seq) SELECT 'events', ${next}`)
}

/** True when a reader who has read up to `after` has it from a log that a backup has since replaced. */
export async function isFromReplacedLog(read: Reader, after: number): Promise<boolean> {
  const before = await seqOf(read, sql`SELECT max(seq) AS seq FROM events WHERE seq <= ${after}`)
  const next = await seqOf(read, sql`SELECT min(seq) AS seq FROM events WHERE seq > ${after}`)
  return before !== after && next !== null && next - (before ?? 0) >= LEAP
}

async function seqOf(read: Reader, query: SQL): Promise<number | null> {
  const [row] = await read.all<{ seq: number | null }>(query)
  return row?.seq ?? null
}

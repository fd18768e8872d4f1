import { eq, max, sql } from 'drizzle-orm'
import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import type { Scope } from './line.ts'
import { events } from './tables.ts'

/** How far streams have been thinned out; see the migration. */
export const compactions = sqliteTable('compactions', {
  stream: text('stream').primaryKey(),
  horizon: integer('horizon').notNull().default(0),
  upTo: integer('up_to'),
})

/** The `seq` of the last event that is gone from a stream; 0 when it is whole. */
export async function horizonOf(read: Reader, scope: Scope): Promise<number> {
  const [row] = await read
    .select({ horizon: compactions.horizon })
    .from(compactions)
    .where(eq(compactions.stream, streamOf(scope)))
  return row?.horizon ?? 0
}

export interface Removable {
  seq: number
  /** The job and the project in whose streams it is. */
  job: string
  project: string
}

/**
 * Removes events, and says so to readers in the same commit. The last event of a stream must stay, as what follows it
 * points back to it; so must all that are not said again by a later one.
 */
export async function removeEvents(tx: Tx, gone: Removable[]): Promise<void> {
  const horizons = new Map<string, number>()
  for (const { seq, job, project } of gone)
    for (const stream of [streamOf({ job }), streamOf({ project })])
      horizons.set(stream, Math.max(seq, horizons.get(stream) ?? 0))
  const seqs = JSON.stringify(gone.map(({ seq }) => seq))
  await tx.run(sql`delete from events where seq in (select value from json_each(${seqs}))`)
  const rows = JSON.stringify([...horizons].map(([stream, horizon]) => ({ stream, horizon })))
  await tx.run(sql`
    insert into compactions (stream, horizon)
    select value ->> 'stream', value ->> 'horizon' from json_each(${rows}) where true
    on conflict (stream) do update set horizon = max(horizon, excluded.horizon)`)
}

/** The `seq` of the last event of all, or of one stream; 0 when there is none. */
export async function endOf(read: Reader, scope?: Scope): Promise<number> {
  const mine = scope && ('job' in scope ? eq(events.job, scope.job) : eq(events.scope, scope.project))
  const [row] = await read
    .select({ seq: max(events.seq) })
    .from(events)
    .where(mine)
  return row?.seq ?? 0
}

/** The name of a stream in `compactions`. */
export function streamOf(scope: Scope): string {
  return 'job' in scope ? `job:${scope.job}` : `project:${scope.project}`
}

import { sql } from 'drizzle-orm'
import { afterCommit, type Tx } from '../db/writer.ts'
import { type Redact, redactor } from '../redact.ts'
import type { Hub } from './hub.ts'
import { type JobRef, lineOf } from './line.ts'
import { type EventRow, events } from './tables.ts'

export interface NewEvent {
  type: string
  /** The project it belongs to. */
  scope?: string | null
  job?: JobRef
  /** Who did it: `person:<id>`, `job:<id>` or `system`. */
  by?: string
  data?: Record<string, unknown>
}

export interface EventLog {
  /** Appends in the transaction of the change itself; readers hear of it after the commit. Returns its `seq`. */
  append(tx: Tx, event: NewEvent): Promise<number>
}

/** What events say is kept without secrets. */
export function openEventLog({
  hub,
  now,
  redact = redactor(),
}: {
  hub: Hub
  now: () => number
  redact?: Redact
}): EventLog {
  return {
    async append(tx, event) {
      const row = await insert(tx, { ...event, data: redact(event.data) }, now())
      afterCommit(tx, () => hub.publish(lineOf(row)))
      return row.seq
    },
  }
}

async function insert(
  tx: Tx,
  { type, scope = null, job, by = 'system', data = {} }: NewEvent,
  at: number,
): Promise<EventRow> {
  const [row] = await tx
    .insert(events)
    .values({
      at,
      type,
      scope,
      job: job?.id ?? null,
      kind: job?.kind ?? null,
      attempt: job?.attempt ?? null,
      elapsedMs: job ? Math.max(0, at - (job.startedAt ?? at)) : null,
      by,
      data,
      prevInScope: scope === null ? null : sql`(select max(seq) from events where scope = ${scope})`,
      prevInJob: job ? sql`(select max(seq) from events where job_id = ${job.id})` : null,
    })
    .returning()
  return row!
}

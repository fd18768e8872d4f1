import { sql } from 'drizzle-orm'
import { afterCommit, type Tx } from '../db/writer.ts'
import { type Redact, redactor } from '../redact.ts'
import type { Hub } from './hub.ts'
import { type JobRef, lineOf } from './line.ts'
import type { EventRow } from './tables.ts'

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
  /** The same for many, in order, at the price of one. */
  appendAll(tx: Tx, events: NewEvent[]): Promise<number[]>
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
  async function appendAll(tx: Tx, events: NewEvent[]): Promise<number[]> {
    if (events.length === 0) return []
    const rows = chain(await endsOf(tx, events), events, now(), redact)
    await insert(tx, rows)
    afterCommit(tx, () => {
      for (const row of rows) hub.publish(lineOf(row))
    })
    return rows.map(({ seq }) => seq)
  }
  return {
    appendAll,
    append: async (tx, event) => (await appendAll(tx, [event]))[0]!,
  }
}

/** Where the log ends: as a whole, and in the stream of each project and each job that is asked for; none is 0. */
interface Ends {
  log: number
  scopes: Record<string, number | null>
  jobs: Record<string, number | null>
}

async function endsOf(tx: Tx, events: NewEvent[]): Promise<Ends> {
  const scopes = [...new Set(events.flatMap(({ scope }) => (scope ? [scope] : [])))]
  const jobs = [...new Set(events.flatMap(({ job }) => (job ? [job.id] : [])))]
  const row = await tx.get<{ ends: string }>(sql`
    SELECT json_object(
      'log', (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'events'),
      'scopes', (SELECT json_group_object(value, (SELECT max(seq) FROM events WHERE scope = value)) FROM json_each(${JSON.stringify(scopes)})),
      'jobs', (SELECT json_group_object(value, (SELECT max(seq) FROM events WHERE job_id = value)) FROM json_each(${JSON.stringify(jobs)}))
    ) AS ends`)
  return JSON.parse(row.ends)
}

/** Gives each event its place in the log and in its streams. What it says is as it will be read again. */
function chain(ends: Ends, events: NewEvent[], at: number, redact: Redact): EventRow[] {
  return events.map(({ type, scope = null, job, by = 'system', data = {} }, i) => {
    const seq = ends.log + 1 + i
    const row = {
      seq,
      at,
      type,
      scope,
      job: job?.id ?? null,
      kind: job?.kind ?? null,
      attempt: job?.attempt ?? null,
      elapsedMs: job ? Math.max(0, at - (job.startedAt ?? at)) : null,
      by,
      data: JSON.parse(JSON.stringify(redact(data))),
      prevInScope: scope === null ? null : (ends.scopes[scope] ?? null),
      prevInJob: job ? (ends.jobs[job.id] ?? null) : null,
    }
    if (scope !== null) ends.scopes[scope] = seq
    if (job) ends.jobs[job.id] = seq
    return row
  })
}

function insert(tx: Tx, rows: EventRow[]) {
  return tx.run(sql`
    INSERT INTO events (seq, at, type, scope, job_id, kind, attempt, elapsed_ms, author, data, prev_scope, prev_job)
    SELECT value ->> 'seq', value ->> 'at', value ->> 'type', value ->> 'scope', value ->> 'job', value ->> 'kind', value ->> 'attempt',
           value ->> 'elapsedMs', value ->> 'by', value -> 'data', value ->> 'prevInScope', value ->> 'prevInJob'
    FROM json_each(${JSON.stringify(rows)})`)
}

import { eq, sql } from 'drizzle-orm'
import type { Tx } from '../db/writer.ts'
import type { JobsDeps } from './jobs.ts'
import { refOf } from './settle.ts'
import { type Job, jobs } from './tables.ts'
import { lineUp } from './turns.ts'

export interface NewJob {
  kind: string
  input: unknown
  /** The project it belongs to. */
  scope?: string
  by?: string
  /** The person that it is done for, as `by` names them: nobody's jobs keep another's waiting. */
  owner?: string
  priority?: number
  /** What it loads: it may go before others of its own line where that is loaded already. */
  affinity?: string | undefined
  /** A second enqueue with the same key returns the first job. */
  key?: string
  /** What `job.queued` says of the work, for those who only read the log. */
  about?: Record<string, unknown>
}

/** Puts work into the queue, in the transaction that needs it. */
export async function enqueue(deps: JobsDeps, tx: Tx, wanted: NewJob): Promise<Job> {
  const [job] = await enqueueAll(deps, tx, [wanted])
  return job!
}

/** Puts many jobs into the queue, in their order. */
export async function enqueueAll(deps: JobsDeps, tx: Tx, wanted: NewJob[]): Promise<Job[]> {
  const rows = wanted.map((each) => newRow(deps, each))
  const isNew = await insert(tx, rows)
  await lineUp(tx, rows.filter(isNew))
  const news = rows.map((job, i) => {
    const { about, by } = wanted[i]!
    return { type: 'job.queued', scope: job.scope, job: refOf(job), by, data: about }
  })
  await deps.events.appendAll(
    tx,
    news.filter((_, i) => isNew(rows[i]!)),
  )
  return Promise.all(rows.map((job) => (isNew(job) ? job : jobByKey(tx, job.idempotencyKey!))))
}

function newRow(
  { handlers, newId, now }: JobsDeps,
  { kind, input, scope, by = 'system', owner = by, priority = 0, key, affinity }: NewJob,
): Job {
  const lane = handlers.get(kind)?.lane
  if (!lane) throw new Error(`no handler for jobs of kind “${kind}”`)
  const at = now()
  return {
    id: newId(),
    kind,
    lane,
    scope: scope ?? null,
    idempotencyKey: key ?? null,
    input: JSON.parse(JSON.stringify(input ?? {})), // as it will be read again
    state: 'queued',
    priority,
    attempt: 0,
    failures: 0,
    crashes: 0,
    crashMark: -1,
    runAt: at,
    bootId: null,
    leaseUntil: null,
    result: null,
    error: null,
    by,
    owner,
    createdAt: at,
    startedAt: null,
    attemptStartedAt: null,
    endedAt: null,
    freshAfter: 0,
    affinity: affinity ?? null,
    passedOver: 0,
  }
}

/** Inserts what no job with the same key is there for. Returns which of them are new. */
async function insert(tx: Tx, rows: Job[]): Promise<(job: Job) => boolean> {
  const statement = sql`
    INSERT INTO jobs (id, kind, lane, scope, idempotency_key, input, state, priority, run_at, author, owner, created_at, affinity)
    SELECT value ->> 'id', value ->> 'kind', value ->> 'lane', value ->> 'scope', value ->> 'idempotencyKey', value -> 'input', 'queued',
           value ->> 'priority', value ->> 'runAt', value ->> 'by', value ->> 'owner', value ->> 'createdAt', value ->> 'affinity'
    FROM json_each(${JSON.stringify(rows)}) WHERE true
    ON CONFLICT (idempotency_key) DO NOTHING`
  if (rows.every(({ idempotencyKey }) => idempotencyKey === null)) {
    await tx.run(statement)
    return () => true
  }
  const inserted = await tx.all<{ id: string }>(sql`${statement} RETURNING id`)
  const ids = new Set(inserted.map(({ id }) => id))
  return ({ id }) => ids.has(id)
}

async function jobByKey(tx: Tx, key: string): Promise<Job> {
  const [job] = await tx.select().from(jobs).where(eq(jobs.idempotencyKey, key))
  return job!
}

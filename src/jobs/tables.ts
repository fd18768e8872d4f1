import { getTableColumns, type SQL, sql } from 'drizzle-orm'
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { ErrorFacts } from '../errors.ts'
import type { JobState } from './state.ts'

export const jobs = sqliteTable('jobs', {
  id: text('id').primaryKey(),
  kind: text('kind').notNull(),
  lane: text('lane').notNull(),
  scope: text('scope'),
  idempotencyKey: text('idempotency_key'),
  input: text('input', { mode: 'json' }).$type<unknown>().notNull(),
  state: text('state').$type<JobState>().notNull(),
  priority: integer('priority').notNull().default(0),
  attempt: integer('attempt').notNull().default(0),
  failures: integer('failures').notNull().default(0),
  crashes: integer('crashes').notNull().default(0),
  crashMark: integer('crash_mark').notNull().default(-1),
  runAt: integer('run_at').notNull(),
  bootId: text('boot_id'),
  leaseUntil: integer('lease_until'),
  result: text('result', { mode: 'json' }).$type<unknown>(),
  error: text('error', { mode: 'json' }).$type<ErrorFacts>(),
  by: text('author').notNull(),
  owner: text('owner').notNull().default('system'),
  createdAt: integer('created_at').notNull(),
  startedAt: integer('started_at'),
  attemptStartedAt: integer('attempt_started_at'),
  endedAt: integer('ended_at'),
  freshAfter: integer('fresh_after').notNull().default(0),
  affinity: text('affinity'),
  passedOver: integer('passed_over').notNull().default(0),
})

export type Job = typeof jobs.$inferSelect

export type Outcome = 'succeeded' | 'failed' | 'retried' | 'snoozed' | 'cancelled' | 'paused' | 'held' | 'lost'

export const attempts = sqliteTable(
  'attempts',
  {
    job: text('job_id').notNull(),
    attempt: integer('attempt').notNull(),
    bootId: text('boot_id').notNull(),
    startedAt: integer('started_at').notNull(),
    endedAt: integer('ended_at'),
    outcome: text('outcome').$type<Outcome>(),
    phase: text('phase'),
    bytes: integer('bytes'),
    error: text('error', { mode: 'json' }).$type<ErrorFacts>(),
    stack: text('stack'),
    tail: text('tail'),
    provider: text('provider'),
    model: text('model'),
    engine: text('engine'),
    device: text('device'),
    inputHash: text('input_hash'),
    queuedAt: integer('queued_at'),
    firstByteAt: integer('first_byte_at'),
  },
  (t) => [primaryKey({ columns: [t.job, t.attempt] })],
)

export const checkpoints = sqliteTable(
  'checkpoints',
  {
    job: text('job_id').notNull(),
    name: text('name').notNull(),
    attempt: integer('attempt').notNull(),
    value: text('value', { mode: 'json' }).$type<unknown>().notNull(),
    at: integer('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.job, t.name] })],
)

export const drafts = sqliteTable('drafts', {
  job: text('job_id').primaryKey(),
  attempt: integer('attempt').notNull(),
  phase: text('phase').notNull(),
  bytes: integer('bytes').notNull(),
  step: integer('step').notNull(),
  steps: integer('steps').notNull(),
  text: text('text').notNull(),
  data: text('data', { mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  at: integer('at').notNull(),
})

/** A value for a `json` column that may be null: drizzle itself would make NULL of a JSON null. */
export function asJson(value: unknown): SQL {
  return sql`${JSON.stringify(value ?? null)}`
}

const JOB_COLUMNS = Object.entries(getTableColumns(jobs))

/** Columns of `jobs` as one JSON text: the driver takes its time for each cell of a row. */
export const jobAsJson = sql.raw(`json_array(${JOB_COLUMNS.map(([, { name }]) => name).join(', ')})`)

/** The job that `jobAsJson` says. */
export function jobOfJson(text: string): Job {
  const values: unknown[] = JSON.parse(text)
  const fields = JOB_COLUMNS.map(([field, { dataType }], i) => {
    const value = values[i]
    return [field, dataType === 'json' && typeof value === 'string' ? JSON.parse(value) : value]
  })
  return Object.fromEntries(fields)
}

import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const events = sqliteTable('events', {
  seq: integer('seq').primaryKey({ autoIncrement: true }),
  at: integer('at').notNull(),
  type: text('type').notNull(),
  scope: text('scope'),
  job: text('job_id'),
  kind: text('kind'),
  attempt: integer('attempt'),
  elapsedMs: integer('elapsed_ms'),
  by: text('author').notNull(),
  data: text('data', { mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  prevInScope: integer('prev_scope'),
  prevInJob: integer('prev_job'),
})

export type EventRow = typeof events.$inferSelect

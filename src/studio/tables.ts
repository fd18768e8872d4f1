import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const artifacts = sqliteTable('artifacts', {
  id: text('id').primaryKey(),
  project: text('project_id').notNull(),
  task: text('task_id'),
  job: text('job_id').notNull(),
  path: text('path').notNull(),
  hash: text('hash').notNull(),
  bytes: integer('bytes').notNull(),
  width: integer('width').notNull(),
  height: integer('height').notNull(),
  seed: integer('seed').notNull(),
  engine: text('engine').notNull(),
  device: text('device').notNull(),
  params: text('params', { mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  createdAt: integer('created_at').notNull(),
})

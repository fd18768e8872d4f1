import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const changes = sqliteTable('changes', {
  seq: integer('seq').primaryKey({ autoIncrement: true }),
  id: text('id').notNull(),
  scope: text('scope').notNull(),
  entity: text('entity').notNull(),
  entityId: text('entity_id').notNull(),
  by: text('author').notNull(),
  job: text('job_id'),
  baseVersion: integer('base_version').notNull(),
  version: integer('version').notNull(),
  before: text('before', { mode: 'json' }).$type<unknown>(),
  after: text('after', { mode: 'json' }).$type<unknown>(),
  undoes: text('undoes'),
  undoneBy: text('undone_by'),
  at: integer('at').notNull(),
})

/** A reversible edit of one entity: `before` and `after` are its whole states, null where it isn't there. */
export type Change = typeof changes.$inferSelect

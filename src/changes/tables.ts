import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const changes = sqliteTable('changes', {
  seq: integer('seq').primaryKey({ autoIncrement: true }),
  id: text('id').notNull(),
  scope: text('scope').notNull(),
  by: text('author').notNull(),
  reason: text('reason').notNull(),
  job: text('job_id'),
  batch: text('batch'),
  undoneBy: text('undone_by'),
  /** How many of its operations were removed for good. */
  purged: integer('purged').notNull().default(0),
  at: integer('at').notNull(),
})

/** Who changed something, why and when. */
export type ChangeRow = typeof changes.$inferSelect

export type OperationKind = 'create' | 'update' | 'move' | 'delete' | 'restore'

export const operations = sqliteTable('operations', {
  seq: integer('seq').primaryKey(),
  change: text('change_id').notNull(),
  scope: text('scope').notNull(),
  entity: text('entity').notNull(),
  entityId: text('entity_id').notNull(),
  kind: text('kind').$type<OperationKind>().notNull(),
  seen: integer('seen'),
  baseVersion: integer('base_version').notNull(),
  version: integer('version').notNull(),
  before: text('before', { mode: 'json' }).$type<unknown>(),
  after: text('after', { mode: 'json' }).$type<unknown>(),
})

/**
 * What a change did to one thing: `before` and `after` are its whole states, null where it isn't there. `seen` is the
 * version that the author had seen where it was not the last one: what the two had changed was merged.
 */
export type Operation = typeof operations.$inferSelect

export const reversals = sqliteTable(
  'reversals',
  { change: text('change_id').notNull(), undoes: text('undoes').notNull() },
  (t) => [primaryKey({ columns: [t.change, t.undoes] })],
)

/** A reversible edit of project state, whole: all its operations were made, or none. */
export interface Change extends ChangeRow {
  /** All of them; in a list of changes the first ones. */
  operations: Operation[]
  /** How many they are. */
  count: number
  /** The changes that it took back. */
  undoes: string[]
}

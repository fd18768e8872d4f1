import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const files = sqliteTable(
  'files',
  {
    project: text('project_id').notNull(),
    path: text('path').notNull(),
    pathKey: text('path_key').notNull(),
    version: integer('version').notNull(),
    hash: text('hash').notNull(),
    bytes: integer('bytes').notNull(),
    language: text('language').notNull(),
    deleted: integer('deleted', { mode: 'boolean' }).notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.project, t.path] })],
)

export const fileVersions = sqliteTable(
  'file_versions',
  {
    project: text('project_id').notNull(),
    path: text('path').notNull(),
    version: integer('version').notNull(),
    hash: text('hash').notNull(),
    bytes: integer('bytes').notNull(),
    change: text('change_id').notNull(),
    at: integer('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.project, t.path, t.version] })],
)

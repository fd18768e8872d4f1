import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'

export const modelFiles = sqliteTable('model_files', {
  path: text('path').primaryKey(),
  stamp: text('stamp').notNull(),
  bytes: integer('bytes').notNull(),
  sha256: text('sha256').notNull(),
  at: integer('at').notNull(),
})

export const modelLicences = sqliteTable(
  'model_licences',
  {
    author: text('author').notNull(),
    model: text('model').notNull(),
    licence: text('licence').notNull(),
    wordsSha256: text('words_sha256').notNull(),
    at: integer('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.author, t.model, t.wordsSha256] })],
)

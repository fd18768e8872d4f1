import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'

/** What becomes of firings that nobody was there for: one run for all of them, or none. */
export type Missed = 'once' | 'skip'

export const schedules = sqliteTable('schedules', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  cron: text('cron').notNull(),
  timezone: text('timezone').notNull(),
  kind: text('kind').notNull(),
  input: text('input', { mode: 'json' }).$type<unknown>().notNull(),
  missed: text('missed').$type<Missed>().notNull(),
  builtIn: integer('built_in', { mode: 'boolean' }).notNull().default(false),
  pausedAt: integer('paused_at'),
  lastTarget: integer('last_target').notNull(),
  lastJob: text('last_job'),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
})

export type Schedule = typeof schedules.$inferSelect

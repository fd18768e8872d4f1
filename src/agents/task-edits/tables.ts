import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { TaskEdit } from '../../projects/task-edits.ts'
import type { EditRow } from './diff.ts'

/** What a model made of a wish. */
export interface Proposal {
  edits: TaskEdit[]
  /** The versions of the tasks that it was made for, by id. */
  seen: Record<string, number>
  /** What it would change, as it is shown. */
  rows: EditRow[]
  /** The changes that applying it made, in their order. */
  changes?: string[]
}

export const taskEdits = sqliteTable('task_edits', {
  id: text('id').primaryKey(),
  project: text('project_id').notNull(),
  request: text('request').notNull(),
  by: text('author').notNull(),
  job: text('job_id'),
  state: text('state').$type<'asked' | 'proposed' | 'applied' | 'discarded'>().notNull(),
  proposal: text('edits', { mode: 'json' }).$type<Proposal>(),
  note: text('note').notNull().default(''),
  at: integer('at').notNull(),
  decidedAt: integer('decided_at'),
})

/** A wish for other tasks, in a person's words, and what became of it. */
export type TaskWishRow = typeof taskEdits.$inferSelect

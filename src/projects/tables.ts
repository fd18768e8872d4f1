import { getTableColumns } from 'drizzle-orm'
import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Contract } from './contract.ts'
import type { ProjectStatus, TaskKind } from './state.ts'

export const projects = sqliteTable('projects', {
  id: text('id').primaryKey(),
  title: text('title').notNull(),
  brief: text('brief').notNull(),
  summary: text('summary').notNull().default(''),
  model: text('model').notNull(),
  tier: text('tier').notNull(),
  seed: integer('seed').notNull(),
  autorun: integer('autorun', { mode: 'boolean' }).notNull(),
  status: text('status').$type<ProjectStatus>().notNull().default('working'),
  priority: integer('priority').notNull().default(0),
  tags: text('tags', { mode: 'json' }).$type<string[]>().notNull(),
  createdBy: text('created_by').notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
  endedAt: integer('ended_at'),
  version: integer('version').notNull().default(1),
  /** Since when it is in the trash. */
  deletedAt: integer('deleted_at'),
})

export type Project = typeof projects.$inferSelect

export const tasks = sqliteTable('tasks', {
  id: text('id').primaryKey(),
  project: text('project_id').notNull(),
  parent: text('parent_id'),
  key: text('key').notNull(),
  position: integer('position').notNull(),
  kind: text('kind').$type<TaskKind>().notNull(),
  title: text('title').notNull(),
  path: text('path'),
  prompt: text('prompt'),
  width: integer('width'),
  height: integer('height'),
  dependsOn: text('depends_on', { mode: 'json' }).$type<string[]>().notNull(),
  contract: text('contract', { mode: 'json' }).$type<Contract>(),
  mends: integer('mends', { mode: 'boolean' }).notNull().default(false),
  status: text('status').$type<'todo' | 'done'>().notNull().default('todo'),
  job: text('job_id'),
  version: integer('version').notNull(),
  createdAt: integer('created_at').notNull(),
  doneAt: integer('done_at'),
  /** The last moment, in UTC, of the day by which it is to be done. */
  dueAt: integer('due_at'),
  /** Since when it is removed; its row stays, so that it comes back with its job and pictures. */
  deletedAt: integer('deleted_at'),
})

/** An edit that waits: as `changes` takes it, with the version that it was made against. */
export interface ProposedEdit {
  do: 'put' | 'delete'
  entity: string
  id: string
  baseVersion: number
  state?: unknown
}

export const proposals = sqliteTable('proposals', {
  id: text('id').primaryKey(),
  project: text('project_id').notNull(),
  task: text('task_id').notNull(),
  job: text('job_id').notNull(),
  by: text('author').notNull(),
  reason: text('reason').notNull(),
  edits: text('edits', { mode: 'json' }).$type<ProposedEdit[]>().notNull(),
  state: text('state').$type<'proposed' | 'accepted' | 'declined'>().notNull().default('proposed'),
  change: text('change_id'),
  note: text('note').notNull().default(''),
  decidedBy: text('decided_by'),
  at: integer('at').notNull(),
  decidedAt: integer('decided_at'),
})

/** What an agent made for a task, while a person has not said yes, and what became of it. */
export type Proposal = typeof proposals.$inferSelect

export const projectSettings = sqliteTable(
  'project_settings',
  {
    project: text('project_id').notNull(),
    name: text('name').notNull(),
    value: text('value', { mode: 'json' }).$type<unknown>().notNull(),
    version: integer('version').notNull(),
  },
  (t) => [primaryKey({ columns: [t.project, t.name] })],
)

const { deletedAt: _, ...columns } = getTableColumns(tasks)
/** All that is told of a task that is there. */
export const TASK_COLUMNS = columns

export type Task = Omit<typeof tasks.$inferSelect, 'deletedAt'>

import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { ChangedLine } from '../../files/diff/changed-lines.ts'
import type { Usage } from '../../llm/provider.ts'

export const conversations = sqliteTable('conversations', {
  id: text('id').primaryKey(),
  project: text('project_id').notNull(),
  summary: text('summary').notNull().default(''),
  summarisedTo: integer('summarised_to').notNull().default(0),
  createdAt: integer('created_at').notNull(),
})

export type Conversation = typeof conversations.$inferSelect

export const messages = sqliteTable('messages', {
  seq: integer('seq').primaryKey({ autoIncrement: true }),
  id: text('id').notNull(),
  conversation: text('conversation_id').notNull(),
  role: text('role').$type<'person' | 'model'>().notNull(),
  /** The person's message that a round of the model answers. */
  answers: text('answers'),
  round: integer('round'),
  state: text('state').$type<'waiting' | 'taken' | 'whole' | 'partial'>().notNull(),
  text: text('text').notNull(),
  by: text('author').notNull(),
  /** What a person put beside it. */
  attachments: text('attachments', { mode: 'json' }).$type<Attachment[]>(),
  /** The job that answers a person's message, once it is its turn; or that wrote the round. */
  job: text('job_id'),
  provider: text('provider'),
  model: text('model'),
  usage: text('usage', { mode: 'json' }).$type<Usage>(),
  at: integer('at').notNull(),
})

/** What was said: by a person, or in one round of the model. */
export type MessageRow = typeof messages.$inferSelect

/** A version of a file of the project. */
export interface Attachment {
  path: string
  version: number
}

export const toolCalls = sqliteTable('tool_calls', {
  id: text('id').primaryKey(),
  message: text('message_id').notNull(),
  position: integer('position').notNull(),
  call: text('call').notNull(),
  signature: text('signature'),
  name: text('name').notNull(),
  /** The arguments as the model wrote them: JSON, if all is well. */
  input: text('input').notNull(),
  state: text('state').$type<'waiting' | 'asking' | 'approved' | 'refused' | 'done' | 'failed'>().notNull(),
  question: text('question', { mode: 'json' }).$type<Question>(),
  decidedBy: text('decided_by'),
  result: text('result'),
  at: integer('at').notNull(),
  endedAt: integer('ended_at'),
})

export type ToolCallRow = typeof toolCalls.$inferSelect

/** What a person is asked before a tool destroys something. */
export interface Question {
  /** What would be done, as a sentence that begins with a verb: `Delete old.html (4.2 KB).` */
  says: string
  /** The lines that would go and come, where it is about text; a part of them when they are many. */
  diff?: ChangedLine[]
  /** What else a person should know: dangerous calls in it, what it breaks. */
  notes?: string[]
  /** What it was asked about: another one when the thing has changed since. */
  base: string
}

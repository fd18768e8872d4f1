import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { FinishReason, Purpose } from './provider.ts'

/** How a call ended: its finish reason, or why it has none. */
export type Ended = FinishReason | 'closed' | 'failed' | 'stopped' | 'lost'

export const modelCalls = sqliteTable('model_calls', {
  id: text('id').primaryKey(),
  scope: text('scope'),
  person: text('person'),
  job: text('job_id'),
  attempt: integer('attempt'),
  purpose: text('purpose').$type<Purpose>().notNull(),
  provider: text('provider').notNull(),
  model: text('model').notNull(),
  openedAt: integer('opened_at').notNull(),
  answeredAt: integer('answered_at'),
  closedAt: integer('closed_at'),
  ended: text('ended').$type<Ended>(),
  error: text('error'),
  fromCache: integer('from_cache', { mode: 'boolean' }).notNull().default(false),
  estimated: integer('estimated', { mode: 'boolean' }).notNull(),
  priced: integer('priced', { mode: 'boolean' }).notNull(),
  inputTokens: integer('input_tokens').notNull(),
  outputTokens: integer('output_tokens').notNull(),
  cachedTokens: integer('cached_tokens').notNull().default(0),
  cacheWriteTokens: integer('cache_write_tokens').notNull().default(0),
  costMicros: integer('cost_micros').notNull(),
  request: text('request'),
})

export type ModelCall = typeof modelCalls.$inferSelect

export type BudgetKind = 'house' | 'person' | 'project'

export const budgets = sqliteTable(
  'budgets',
  {
    kind: text('kind').$type<BudgetKind>().notNull(),
    id: text('id').notNull(),
    limitMicros: integer('limit_micros'),
    limitTokens: integer('limit_tokens'),
    setBy: text('set_by').notNull(),
    setAt: integer('set_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.kind, t.id] })],
)

export const answers = sqliteTable('answers', {
  request: text('request').primaryKey(),
  text: text('text').notNull(),
  bytes: integer('bytes').notNull(),
  madeAt: integer('made_at').notNull(),
  usedAt: integer('used_at').notNull(),
})

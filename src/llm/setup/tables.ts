import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { FactsOverride } from '../model-table.ts'
import type { Purpose } from '../provider.ts'
import type { Kind, Scheme } from './vendors.ts'

const bySomebody = () => ({ setBy: text('set_by').notNull(), setAt: integer('set_at').notNull() })

export const modelKeys = sqliteTable('model_keys', {
  provider: text('provider').primaryKey(),
  sealed: text('sealed').notNull(),
  ...bySomebody(),
})

export const modelServers = sqliteTable('model_servers', {
  provider: text('provider').primaryKey(),
  kind: text('kind').$type<Kind>().notNull(),
  baseUrl: text('base_url').notNull(),
  scheme: text('scheme').$type<Scheme>(),
  ...bySomebody(),
})

export const modelChains = sqliteTable('model_chains', {
  purpose: text('purpose').$type<Purpose>().primaryKey(),
  models: text('models', { mode: 'json' }).$type<string[]>().notNull(),
  ...bySomebody(),
})

export const modelOverrides = sqliteTable('model_overrides', {
  model: text('model').primaryKey(),
  facts: text('facts', { mode: 'json' }).$type<FactsOverride>().notNull(),
  ...bySomebody(),
})

export type KeyRow = typeof modelKeys.$inferSelect

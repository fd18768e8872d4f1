import { integer, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { Lowering } from '../gpu/plan.ts'
import type { TierName } from '../gpu/spec.ts'
import type { Recipe } from './recipe.ts'

export const artifacts = sqliteTable('artifacts', {
  id: text('id').primaryKey(),
  project: text('project_id').notNull(),
  task: text('task_id'),
  job: text('job_id').notNull(),
  /** Its place in the batch, from 1. */
  n: integer('n').notNull().default(1),
  attempt: integer('attempt').notNull().default(1),
  function: text('function').notNull().default('image'),
  path: text('path').notNull(),
  mediaType: text('media_type').notNull().default('image/png'),
  hash: text('hash').notNull(),
  bytes: integer('bytes').notNull(),
  width: integer('width').notNull(),
  height: integer('height').notNull(),
  frames: integer('frames'),
  fps: real('fps'),
  /** The picture that stands for a clip. */
  poster: text('poster_hash'),
  seed: integer('seed').notNull(),
  engine: text('engine').notNull(),
  engineVersion: text('engine_version').notNull().default(''),
  model: text('model'),
  modelHash: text('model_hash'),
  tier: text('tier').$type<TierName>(),
  device: text('device').notNull(),
  prompt: text('prompt').notNull().default(''),
  negative: text('negative').notNull().default(''),
  /** What the engine says that it did. */
  params: text('params', { mode: 'json' }).$type<Record<string, unknown>>().notNull(),
  /** All that its bytes depend on; null for what was made before that was kept. */
  recipe: text('recipe', { mode: 'json' }).$type<Recipe>(),
  lowered: text('lowered', { mode: 'json' }).$type<Lowering[]>().notNull().default([]),
  /** One sentence: why it was made in this way. */
  reason: text('reason').notNull().default(''),
  resumedFrom: integer('resumed_from').notNull().default(0),
  resumedOn: text('resumed_on'),
  renderMs: integer('render_ms'),
  /** What it was made from. */
  parent: text('parent_id'),
  createdAt: integer('created_at').notNull(),
})

export type Artifact = typeof artifacts.$inferSelect

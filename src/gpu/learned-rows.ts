import { integer, primaryKey, real, sqliteTable, text } from 'drizzle-orm/sqlite-core'

const key = {
  engine: text('engine').notNull(),
  model: text('model').notNull(),
  deviceName: text('device_name').notNull(),
  size: text('size_class').notNull(),
  memory: text('memory').notNull(),
}

export const learnedMemory = sqliteTable(
  'learned_memory',
  {
    ...key,
    peakBytes: integer('peak_bytes'),
    moreThanBytes: integer('more_than_bytes'),
    runs: integer('runs').notNull().default(0),
    at: integer('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.engine, t.model, t.deviceName, t.size, t.memory] })],
)

export const learnedTimes = sqliteTable(
  'learned_times',
  {
    ...key,
    start: text('start').$type<'cold' | 'warm'>().notNull(),
    stage: text('stage').$type<Stage>().notNull(),
    ms: real('ms').notNull(),
    runs: integer('runs').notNull(),
    at: integer('at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.engine, t.model, t.deviceName, t.size, t.memory, t.start, t.stage] })],
)

export const STAGES = ['load', 'encode', 'step', 'decode', 'save'] as const
export type Stage = (typeof STAGES)[number]
export type MemoryRow = typeof learnedMemory.$inferSelect
export type TimeRow = typeof learnedTimes.$inferSelect

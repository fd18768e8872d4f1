import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core'
import type { RenderPlan, RenderRequest } from './plan.ts'
import type { Phase } from './protocol.ts'
import type { TierWish } from './tiers.ts'

/** What a plan was made for: as long as it is the same, the next attempt goes on from the last. */
export interface Asked {
  request: RenderRequest
  tier: TierWish
}

export const renderAttempts = sqliteTable(
  'render_attempts',
  {
    job: text('job_id').notNull(),
    attempt: integer('attempt').notNull(),
    asked: text('asked', { mode: 'json' }).$type<Asked>().notNull(),
    plan: text('plan', { mode: 'json' }).$type<RenderPlan>().notNull(),
    rung: integer('rung').notNull(),
    device: text('device_id').notNull(),
    deviceName: text('device_name').notNull(),
    freeBytes: integer('free_bytes').notNull(),
    totalBytes: integer('total_bytes').notNull(),
    queuedMs: integer('queued_ms').notNull(),
    waitedMs: integer('waited_ms').notNull(),
    at: integer('at').notNull(),
    endedAt: integer('ended_at'),
    outcome: text('outcome'),
    nextRung: integer('next_rung'),
    outOf: text('out_of').$type<'device' | 'host'>(),
    phase: text('phase'),
    wantedBytes: integer('wanted_bytes'),
    peakBytes: integer('peak_bytes'),
    times: text('times', { mode: 'json' }).$type<Partial<Record<Phase, number>>>().notNull(),
    resumedFrom: integer('resumed_from'),
    resumedOn: text('resumed_on'),
  },
  (t) => [primaryKey({ columns: [t.job, t.attempt] })],
)

export type RenderAttempt = typeof renderAttempts.$inferSelect

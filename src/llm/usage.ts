import { and, desc, eq, gte, lt, type SQL, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { type ModelCall, modelCalls } from './tables.ts'

/** What calls to models took together. Money in millionths of a US dollar; open calls count with what is reserved for them. */
export interface CallSums {
  calls: number
  inputTokens: number
  outputTokens: number
  /** Of the input, what a vendor's cache gave, and what it took. */
  cachedTokens: number
  cacheWriteTokens: number
  costMicros: number
  /** Calls that were answered from what Hearth had kept. */
  keptAnswers: number
  /** Calls whose counts are not, or not all, the provider's own. */
  estimated: number
  /** Calls to models without a price: they cost nothing here, whatever they may cost elsewhere. */
  unpriced: number
}

/** Which calls are meant; times in ms since the epoch, `to` excluded. */
export interface UsageOf {
  scope?: string | undefined
  person?: string | undefined
  job?: string | undefined
  from?: number | undefined
  to?: number | undefined
}

export interface UsageRow extends CallSums {
  /** A project, person, job or `provider/model`; null for calls on nobody's account. */
  key: string | null
}

/** What usage can be told apart by, besides days. */
const KEYS = {
  project: sql<string | null>`scope`,
  person: sql<string | null>`person`,
  job: sql<string | null>`job_id`,
  model: sql<string | null>`provider || '/' || model`,
} as const

export type UsageKey = keyof typeof KEYS

const SUMS = {
  calls: sql<number>`count(*)`,
  inputTokens: sum('input_tokens'),
  outputTokens: sum('output_tokens'),
  cachedTokens: sum('cached_tokens'),
  cacheWriteTokens: sum('cache_write_tokens'),
  costMicros: sum('cost_micros'),
  keptAnswers: sum('from_cache'),
  estimated: sum('estimated'),
  unpriced: sql<number>`count(*) filter (where priced = 0 and from_cache = 0)`,
}

export async function usageOf(read: Reader, of: UsageOf): Promise<CallSums> {
  const [row] = await read.select(SUMS).from(modelCalls).where(matching(of))
  return row!
}

/** What each of these jobs took, and of which models; jobs without a call are left out. */
export function usageOfJobs(read: Reader, jobs: string[]): Promise<(CallSums & { job: string; models: string })[]> {
  return read
    .select({
      job: sql<string>`job_id`,
      models: sql<string>`group_concat(distinct provider || '/' || model)`,
      ...SUMS,
    })
    .from(modelCalls)
    .where(sql`job_id in (select value from json_each(${JSON.stringify(jobs)}))`)
    .groupBy(sql`job_id`)
}

/** The dearest first, then those with the most tokens. */
export function usageBy(read: Reader, key: UsageKey, of: UsageOf, limit: number): Promise<UsageRow[]> {
  return read
    .select({ key: KEYS[key], ...SUMS })
    .from(modelCalls)
    .where(matching(of))
    .groupBy(KEYS[key])
    .orderBy(desc(SUMS.costMicros), desc(sql`${SUMS.inputTokens} + ${SUMS.outputTokens}`))
    .limit(limit)
}

/** By days of this machine's time zone (`2026-11-21`), the newest first; days without a call are left out. */
export async function usageByDay(read: Reader, of: UsageOf & { from: number; to: number }): Promise<UsageRow[]> {
  const days = JSON.stringify(daysOf(of.from, of.to))
  return read
    .select({ key: sql<string>`value ->> 'day'`, ...SUMS })
    .from(
      sql`json_each(${days}) join ${modelCalls} on opened_at >= value ->> 'since' and opened_at < value ->> 'until'`,
    )
    .where(matching(of))
    .groupBy(sql`value ->> 'day'`)
    .orderBy(desc(sql`value ->> 'day'`))
}

/** The latest calls, the newest first. */
export function latestCalls(read: Reader, of: UsageOf, limit: number): Promise<ModelCall[]> {
  return read
    .select()
    .from(modelCalls)
    .where(matching(of))
    .orderBy(desc(modelCalls.openedAt), desc(sql`rowid`))
    .limit(limit)
}

function matching({ scope, person, job, from, to }: UsageOf): SQL | undefined {
  return and(
    scope === undefined ? undefined : eq(modelCalls.scope, scope),
    person === undefined ? undefined : eq(modelCalls.person, person),
    job === undefined ? undefined : eq(modelCalls.job, job),
    from === undefined ? undefined : gte(modelCalls.openedAt, from),
    to === undefined ? undefined : lt(modelCalls.openedAt, to),
  )
}

function daysOf(from: number, to: number): { day: string; since: number; until: number }[] {
  const days = []
  const at = new Date(from)
  at.setHours(0, 0, 0, 0)
  while (at.getTime() < to) {
    const since = at.getTime()
    const day = [at.getFullYear(), two(at.getMonth() + 1), two(at.getDate())].join('-')
    at.setDate(at.getDate() + 1)
    days.push({ day, since, until: at.getTime() })
  }
  return days
}

function two(count: number): string {
  return String(count).padStart(2, '0')
}

function sum(column: string): SQL<number> {
  return sql<number>`coalesce(sum(${sql.raw(column)}), 0)`
}

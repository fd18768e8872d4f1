import { and, eq, lte, sql } from 'drizzle-orm'
import type { Database } from '../db/open.ts'
import { afterCommit, type Tx } from '../db/writer.ts'
import { learnedMemory, learnedTimes, type MemoryRow, STAGES, type Stage, type TimeRow } from './learned-rows.ts'
import type { Learned, LearnedKey, StageTimes } from './plan.ts'

/** Of a peak that was seen to be too high, the part that each lower one takes back. */
const DECAY = 0.25
/** The weight of the newest time in the average. */
const NEWEST = 0.3
/** A peak that was not enough may have been another's fault: it is believed for so long, ms. */
const BOUND_MS = 7 * 86_400_000
/** After its last render, a model's files are probably still in the host's memory, ms. */
const WARM_MS = 10 * 60_000
/** Above so many rows of a kind, those that were used last are kept. */
const [MOST_ROWS, KEPT_ROWS] = [5_000, 4_000]

/** What one render teaches: how it went, or that its memory was not enough. */
export type Lesson = { key: LearnedKey } & (
  | { ran: true; start: 'cold' | 'warm'; peakBytes: number | null; times: StageTimes }
  | { ran: false; moreThanBytes: number }
)

export interface LearnedStore extends Learned {
  /** Keeps what a render has taught, in the transaction that settles it. Only one that succeeded, or that ran out of memory, teaches. */
  learn(tx: Tx, lesson: Lesson): Promise<void>
  /** Whether this model was in use on this machine a moment ago. */
  isWarm(model: string | null): boolean
  /** All that is known, the newest first. */
  rows(): { memory: MemoryRow[]; times: TimeRow[] }
  /** Forgets all, or what is known of one model or device. */
  forget(tx: Tx, about?: { model?: string | undefined; deviceName?: string | undefined }): Promise<void>
}

export interface LearnedDeps {
  db: Pick<Database, 'read'>
  now: () => number
}

/** What earlier renders took. All of it is held in memory: a plan is made without waiting. */
export async function openLearned({ db, now }: LearnedDeps): Promise<LearnedStore> {
  const memory = new Map((await db.read.select().from(learnedMemory)).map((row) => [idOf(row), row]))
  const times = new Map((await db.read.select().from(learnedTimes)).map((row) => [timeId(row), row]))
  const used = new Map<string, number>()
  return {
    memory(key) {
      const row = memory.get(idOf(rowKey(key)))
      if (!row) return null
      const believed = now() - row.at <= BOUND_MS ? row.moreThanBytes : null
      return { peakBytes: row.peakBytes, moreThanBytes: believed }
    },
    times: (key, start) => timesOf(times, key, start),
    isWarm: (model) => now() - (used.get(model ?? '') ?? Number.NEGATIVE_INFINITY) <= WARM_MS,
    rows: () => ({ memory: newestFirst(memory), times: newestFirst(times) }),
    async learn(tx, lesson) {
      const learnt = await keep(tx, lesson, now())
      await bound(tx, learnedMemory, memory)
      await bound(tx, learnedTimes, times)
      afterCommit(tx, () => {
        if (learnt.memory) memory.set(idOf(learnt.memory), learnt.memory)
        for (const row of learnt.times) times.set(timeId(row), row)
        if (lesson.ran) used.set(lesson.key.model ?? '', now())
      })
    },
    async forget(tx, { model, deviceName } = {}) {
      for (const table of [learnedMemory, learnedTimes])
        await tx
          .delete(table)
          .where(
            and(
              model === undefined ? undefined : eq(table.model, model),
              deviceName === undefined ? undefined : eq(table.deviceName, deviceName),
            ),
          )
      const isMeant = (row: { model: string; deviceName: string }) =>
        (model ?? row.model) === row.model && (deviceName ?? row.deviceName) === row.deviceName
      afterCommit(tx, () => {
        for (const [id, row] of memory) if (isMeant(row)) memory.delete(id)
        for (const [id, row] of times) if (isMeant(row)) times.delete(id)
      })
    },
  }
}

async function keep(tx: Tx, lesson: Lesson, at: number): Promise<{ memory: MemoryRow | null; times: TimeRow[] }> {
  const key = rowKey(lesson.key)
  if (!lesson.ran) return { memory: await keepMemory(tx, key, { moreThanBytes: lesson.moreThanBytes, at }), times: [] }
  const { peakBytes, start, times } = lesson
  const seen = STAGES.flatMap((stage) => {
    const ms = times[FIELD[stage]]
    return ms === null ? [] : [{ ...key, start, stage, ms, runs: 1, at }]
  })
  return {
    memory: peakBytes ? await keepMemory(tx, key, { peakBytes, at }) : null,
    times: seen.length > 0 ? await keepTimes(tx, seen) : [],
  }
}

/** The highest peak of late: one that is lower takes back a part of it. A run that was enough contradicts what said that it is not. */
async function keepMemory(
  tx: Tx,
  key: ReturnType<typeof rowKey>,
  seen: { peakBytes: number; at: number } | { moreThanBytes: number; at: number },
): Promise<MemoryRow> {
  const [had] = await tx.select().from(learnedMemory).where(sameKey(learnedMemory, key))
  const row: MemoryRow =
    'peakBytes' in seen
      ? {
          ...key,
          peakBytes: decayed(had?.peakBytes, seen.peakBytes),
          moreThanBytes: null,
          runs: (had?.runs ?? 0) + 1,
          at: seen.at,
        }
      : {
          ...key,
          peakBytes: had?.peakBytes && had.peakBytes > seen.moreThanBytes ? had.peakBytes : null,
          moreThanBytes: Math.max(had?.moreThanBytes ?? 0, seen.moreThanBytes),
          runs: had?.runs ?? 0,
          at: seen.at,
        }
  const { engine: _e, model: _m, deviceName: _d, size: _s, memory: _p, ...set } = row
  await tx
    .insert(learnedMemory)
    .values(row)
    .onConflictDoUpdate({ target: keyColumns(learnedMemory), set })
  return row
}

function decayed(had: number | null | undefined, seen: number): number {
  return had == null || seen >= had ? seen : Math.ceil(had - (had - seen) * DECAY)
}

/** Of one render: all rows have the same key and start. */
async function keepTimes(tx: Tx, seen: TimeRow[]): Promise<TimeRow[]> {
  const before = await tx
    .select()
    .from(learnedTimes)
    .where(and(sameKey(learnedTimes, seen[0]!), eq(learnedTimes.start, seen[0]!.start)))
  const rows = seen.map((row) => {
    const had = before.find(({ stage }) => stage === row.stage)
    return had ? { ...row, ms: had.ms + (row.ms - had.ms) * NEWEST, runs: had.runs + 1 } : row
  })
  await tx
    .insert(learnedTimes)
    .values(rows)
    .onConflictDoUpdate({
      target: [...keyColumns(learnedTimes), learnedTimes.start, learnedTimes.stage],
      set: { ms: sql`excluded.ms`, runs: sql`excluded.runs`, at: sql`excluded.at` },
    })
  return rows
}

/** Drops what was not used for longest, once there is too much. */
async function bound<T extends { at: number }>(
  tx: Tx,
  table: typeof learnedMemory | typeof learnedTimes,
  known: Map<string, T>,
): Promise<void> {
  if (known.size <= MOST_ROWS) return
  const oldest = newestFirst(known)[KEPT_ROWS]!.at
  await tx.delete(table).where(lte(table.at, oldest))
  afterCommit(tx, () => {
    for (const [id, { at }] of known) if (at <= oldest) known.delete(id)
  })
}

const FIELD = { load: 'loadMs', encode: 'encodeMs', step: 'stepMs', decode: 'decodeMs', save: 'saveMs' } as const
/** Stages whose time grows with the picture. */
const GROWS: readonly Stage[] = ['step', 'decode', 'save']

/** Of this very size; what is not known of it from the nearest other one, in proportion. */
function timesOf(known: Map<string, TimeRow>, key: LearnedKey, start: 'cold' | 'warm'): StageTimes | null {
  const wanted = rowKey(key)
  const found = STAGES.map((stage) => {
    const own = known.get(timeId({ ...wanted, start, stage }))
    return [stage, own ? own.ms : fromOtherSize(known, { ...wanted, start, stage })] as const
  })
  if (found.every(([, ms]) => ms === null)) return null
  return Object.fromEntries(found.map(([stage, ms]) => [FIELD[stage], ms])) as unknown as StageTimes
}

function fromOtherSize(known: Map<string, TimeRow>, wanted: Omit<TimeRow, 'ms' | 'runs' | 'at'>): number | null {
  const units = unitsOf(wanted.size)
  const others = [...known.values()].filter((row) => timeId({ ...row, size: wanted.size }) === timeId(wanted))
  const distance = (row: TimeRow) => Math.abs(Math.log(unitsOf(row.size) / units))
  const near = others.toSorted((a, b) => distance(a) - distance(b))[0]
  if (!near) return null
  return GROWS.includes(wanted.stage) ? (near.ms * units) / unitsOf(near.size) : near.ms
}

/** `s16f33` -> 528. */
function unitsOf(size: string): number {
  const [, pixels, frames] = /^s(\d+)f(\d+)$/.exec(size) ?? []
  return Math.max(1, Number(pixels ?? 1) * Number(frames ?? 1))
}

function rowKey({ engine, model, deviceName, size, memory }: LearnedKey) {
  return { engine, model: model ?? '', deviceName, size, memory }
}

function idOf({ engine, model, deviceName, size, memory }: ReturnType<typeof rowKey>): string {
  return JSON.stringify([engine, model, deviceName, size, memory])
}

function timeId(row: ReturnType<typeof rowKey> & { start: string; stage: string }): string {
  return JSON.stringify([idOf(row), row.start, row.stage])
}

function sameKey(table: typeof learnedMemory | typeof learnedTimes, key: ReturnType<typeof rowKey>) {
  return and(
    eq(table.engine, key.engine),
    eq(table.model, key.model),
    eq(table.deviceName, key.deviceName),
    eq(table.size, key.size),
    eq(table.memory, key.memory),
  )
}

function keyColumns<T extends typeof learnedMemory | typeof learnedTimes>(table: T) {
  return [table.engine, table.model, table.deviceName, table.size, table.memory]
}

function newestFirst<T extends { at: number }>(rows: Map<string, T>): T[] {
  return [...rows.values()].toSorted((a, b) => b.at - a.at)
}

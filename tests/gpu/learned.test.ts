import { expect, test } from 'bun:test'
import { type LearnedStore, type Lesson, openLearned } from '../../src/gpu/learned.ts'
import type { LearnedKey } from '../../src/gpu/plan.ts'
import { testDatabase } from '../support/database.ts'

const GIB = 1024 ** 3
const DAY = 86_400_000
const KEY: LearnedKey = {
  engine: 'torch',
  model: 'sdxl/base',
  deviceName: 'Card',
  size: 's16f1',
  memory: 'float16-none-none',
}
const TIMES = { loadMs: 4_000, encodeMs: 100, stepMs: 200, decodeMs: 500, saveMs: 50 }

async function school() {
  const db = await testDatabase()
  const clock = { now: 1_000_000 }
  const open = () => openLearned({ db, now: () => clock.now })
  const learned = await open()
  const teach = (lesson: Partial<Extract<Lesson, { ran: true }>>, to: LearnedStore = learned) =>
    db.write((tx) => to.learn(tx, { key: KEY, ran: true, start: 'cold', peakBytes: null, times: TIMES, ...lesson }))
  const lacks = (gib: number) => db.write((tx) => learned.learn(tx, { key: KEY, ran: false, moreThanBytes: gib * GIB }))
  return { db, clock, open, learned, teach, lacks, [Symbol.asyncDispose]: () => db[Symbol.asyncDispose]() }
}

test('the peak is the most of late: a lower one takes a quarter of the difference back', async () => {
  await using at = await school()
  expect(at.learned.memory(KEY)).toBeNull()
  const peaks: (number | null)[] = []
  for (const gib of [8, 10, 6, 6]) {
    await at.teach({ peakBytes: gib * GIB })
    peaks.push(at.learned.memory(KEY)!.peakBytes! / GIB)
  }
  expect(peaks).toEqual([8, 10, 9, 8.25])
})

test('memory that was not enough is a bound from below, until a run shows otherwise or a week has passed', async () => {
  await using at = await school()
  await at.teach({ peakBytes: 6 * GIB })
  await at.lacks(9)
  expect(at.learned.memory(KEY)).toEqual({ peakBytes: null, moreThanBytes: 9 * GIB })
  await at.lacks(7)
  expect(at.learned.memory(KEY)!.moreThanBytes).toBe(9 * GIB)
  at.clock.now += 7 * DAY + 1
  expect(at.learned.memory(KEY)!.moreThanBytes).toBeNull()
  await at.lacks(9)
  await at.teach({ peakBytes: 8 * GIB })
  expect(at.learned.memory(KEY)).toEqual({ peakBytes: 8 * GIB, moreThanBytes: null })
})

test('times are averages that lean to the newest, cold and warm apart', async () => {
  await using at = await school()
  await at.teach({})
  await at.teach({ times: { ...TIMES, loadMs: 8_000 } })
  await at.teach({ start: 'warm', times: { ...TIMES, loadMs: 500, decodeMs: null } })
  expect(at.learned.times(KEY, 'cold')!.loadMs).toBeCloseTo(5_200)
  expect(at.learned.times(KEY, 'warm')).toEqual({ ...TIMES, loadMs: 500, decodeMs: null })
  expect(at.learned.rows().times.find(({ stage, start }) => stage === 'load' && start === 'cold')!.runs).toBe(2)
})

test('what is not known of a size is worked out from the nearest one', async () => {
  await using at = await school()
  await at.teach({})
  await at.teach({ key: { ...KEY, size: 's64f1' }, times: { ...TIMES, stepMs: 9_999 } })
  expect(at.learned.times({ ...KEY, size: 's4f1' }, 'cold')).toEqual({
    loadMs: 4_000,
    encodeMs: 100,
    stepMs: 50,
    decodeMs: 125,
    saveMs: 12.5,
  })
  expect(at.learned.times({ ...KEY, model: 'other/one' }, 'cold')).toBeNull()
})

test('a model is warm for ten minutes after its last run, as far as this server has seen', async () => {
  await using at = await school()
  expect(at.learned.isWarm('sdxl/base')).toBe(false)
  await at.teach({})
  expect(at.learned.isWarm('sdxl/base')).toBe(true)
  at.clock.now += 10 * 60_000 + 1
  expect(at.learned.isWarm('sdxl/base')).toBe(false)
})

test('it is there after a restart, and gone when somebody has it forgotten', async () => {
  await using at = await school()
  await at.teach({ peakBytes: 8 * GIB })
  await at.teach({ key: { ...KEY, model: 'sd15/base' }, peakBytes: 3 * GIB })
  const again = await at.open()
  expect(again.memory(KEY)!.peakBytes).toBe(8 * GIB)
  expect(again.times(KEY, 'cold')).toEqual(TIMES)
  await at.db.write((tx) => again.forget(tx, { model: 'sdxl/base' }))
  expect([again.memory(KEY), again.times(KEY, 'cold')]).toEqual([null, null])
  expect((await at.open()).rows().memory.map(({ model }) => model)).toEqual(['sd15/base'])
  await at.db.write((tx) => again.forget(tx))
  expect((await at.open()).rows()).toEqual({ memory: [], times: [] })
})

test('what is rolled back teaches nothing', async () => {
  await using at = await school()
  const undone = at.db.write(async (tx) => {
    await at.learned.learn(tx, { key: KEY, ran: true, start: 'cold', peakBytes: GIB, times: TIMES })
    throw new Error('no')
  })
  await expect(undone).rejects.toThrow('no')
  expect(at.learned.memory(KEY)).toBeNull()
})

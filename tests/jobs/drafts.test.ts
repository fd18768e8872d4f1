import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { draftOf } from '../../src/jobs/drafts.ts'
import { EMPTY_DRAFT } from '../../src/jobs/handler.ts'
import { cancelJob } from '../../src/jobs/jobs.ts'
import type { Job } from '../../src/jobs/tables.ts'
import { type Engine, keepDrafts, testEngine, until } from '../support/jobs.ts'

const FLUSH_MS = 100

async function runningJobs(app: Engine, count: number): Promise<Job[]> {
  app.handle('write', async () => undefined)
  const jobs: Job[] = []
  for (let i = 0; i < count; i++) {
    await app.enqueue('write', { scope: 'p' })
    const job = await app.claimed()
    app.live.begin(job, { ...EMPTY_DRAFT, data: {} })
    jobs.push(job)
  }
  return jobs
}

test('the drafts of all running jobs are kept by at most one write an interval', async () => {
  await using app = await testEngine()
  const jobs = await runningJobs(app, 30)
  const before = app.db.stats.units
  const started = performance.now()
  {
    await using _keeping = keepDrafts(app, FLUSH_MS)
    while (performance.now() - started < 3.5 * FLUSH_MS) {
      for (const job of jobs) app.live.delta(job, 'some text ')
      await Bun.sleep(5)
    }
  }
  const intervals = Math.floor((performance.now() - started) / FLUSH_MS)
  const writes = app.db.stats.units - before
  expect(writes).toBeGreaterThanOrEqual(2)
  expect(writes).toBeLessThanOrEqual(intervals + 1) // the last is the one at the end
  for (const { id } of jobs) expect((await draftOf(app.db.read, id)).text).toBe(app.live.view(id)!.draft.text)
})

test('where nothing changed nothing is written', async () => {
  await using app = await testEngine()
  const [job] = await runningJobs(app, 1)
  app.live.delta(job!, 'once')
  await using _keeping = keepDrafts(app, 5)
  await until(() => !app.live.dirty)
  const { units } = app.db.stats
  await Bun.sleep(40)
  expect(app.db.stats.units).toBe(units)
})

test('a change of state keeps the draft at once', async () => {
  await using app = await testEngine()
  const [job] = await runningJobs(app, 1)
  app.live.phase(job!, 'writing')
  app.live.delta(job!, 'grüße')
  app.live.remember(job!, { anchor: 3 })
  expect(await draftOf(app.db.read, job!.id)).toEqual(EMPTY_DRAFT)
  await cancelJob(app.deps, job!.id, 'person:ada')
  expect(await draftOf(app.db.read, job!.id)).toEqual({
    phase: 'writing',
    bytes: 7,
    step: 0,
    steps: 0,
    text: 'grüße',
    data: { anchor: 3 },
  })
})

test('a draft whose write failed is still ahead, and kept by the next', async () => {
  await using app = await testEngine()
  const [job] = await runningJobs(app, 1)
  app.live.delta(job!, 'text')
  const failed = app.db.write(async (tx) => {
    await app.live.saveDrafts(tx)
    throw new Error('the disk, say')
  })
  await expect(failed).rejects.toThrow()
  expect(app.live.dirty).toBe(true)
  await app.db.write((tx) => app.live.saveDrafts(tx))
  expect(app.live.dirty).toBe(false)
  expect((await draftOf(app.db.read, job!.id)).text).toBe('text')
})

test('text that comes while drafts are being written is not taken for kept', async () => {
  await using app = await testEngine()
  const [job] = await runningJobs(app, 1)
  app.live.delta(job!, 'one')
  await app.db.write(async (tx) => {
    await app.live.saveDrafts(tx)
    app.live.delta(job!, ' two')
  })
  expect(app.live.dirty).toBe(true)
})

test('a late draft of an attempt that was taken over changes nothing', async () => {
  await using app = await testEngine()
  const [job] = await runningJobs(app, 1)
  app.live.delta(job!, 'from the dead')
  await app.db.write((tx) => tx.run('UPDATE jobs SET attempt = attempt + 1'))
  await app.db.write((tx) => app.live.saveDrafts(tx))
  expect((await draftOf(app.db.read, job!.id)).text).toBe('')
})

test('progress is told at least each 500 bytes, whatever the pieces, and every delta is told', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1_400 }), { minLength: 1, maxLength: 8 }),
      async (pieces) => {
        await using app = await testEngine()
        const [job] = await runningJobs(app, 1)
        for (const piece of pieces) app.live.delta(job!, piece)
        const total = Buffer.byteLength(pieces.join(''))
        const told = app.told.filter(({ type }) => type === 'progress').map(({ body }) => body.bytes as number)
        expect(told).toEqual(Array.from({ length: Math.floor(total / 500) }, (_, i) => (i + 1) * 500))
        expect(app.told.filter(({ type }) => type === 'delta').map(({ body }) => body.text)).toEqual(pieces)
      },
    ),
    { numRuns: 15 },
  ))

test('text that is replaced is told as a state, and progress counts from it', async () => {
  await using app = await testEngine()
  const [job] = await runningJobs(app, 1)
  app.live.delta(job!, 'x'.repeat(1_200))
  app.live.replaceText(job!, 'y'.repeat(100))
  app.live.delta(job!, 'y'.repeat(500))
  const live = app.told.filter(({ seq, type }) => seq === null && type !== 'delta')
  expect(live.map(({ type, body }) => [type, body.bytes])).toEqual([
    ['progress', 500],
    ['progress', 1_000],
    ['state', 100],
    ['progress', 600],
  ])
})

test('who connects is told of each running job, and a heartbeat tells how each does', async () => {
  await using app = await testEngine()
  const [one, two] = await runningJobs(app, 2)
  app.live.delta(one!, 'text')
  app.live.progress(two!, { step: 3, steps: 9, etaMs: 500 })
  app.clock.pass(700)
  expect(app.live.states({ project: 'p' }).map(({ body }) => body)).toMatchObject([
    { job: one!.id, elapsed: 0.7, bytes: 4, text: 'text' },
    { job: two!.id, elapsed: 0.7, step: 3, steps: 9 },
  ])
  expect(app.live.states({ job: two!.id })).toHaveLength(1)
  expect(app.live.states({ project: 'q' })).toEqual([])
  expect(app.hub.heartbeat({ project: 'p' }).body.jobs).toMatchObject([
    { job: one!.id, elapsed: 0.7, bytes: 4, idleMs: 700 },
    { job: two!.id, elapsed: 0.7, idleMs: 700 },
  ])
})

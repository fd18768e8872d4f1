import { expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { DomainError } from '../../src/errors.ts'
import { eventsAfter } from '../../src/events/follow.ts'
import { compactEvents, trimAttempts } from '../../src/jobs/compact.ts'
import { cancelJob } from '../../src/jobs/jobs.ts'
import { testEngine } from '../support/jobs.ts'

const DAY = 24 * 3_600_000

test('of jobs that ended long ago the end stays, and what was made; the steps on the way go', async () => {
  await using engine = await testEngine()
  engine.handle('write', async (ctx) => {
    for (const phase of ['asking', 'writing']) await ctx.phase(phase)
    return {
      result: 'ok',
      effects: async (tx) => void (await engine.deps.events.append(tx, { type: 'file.written', scope: 'p' })),
    }
  })
  const worker = await engine.work()
  const old = await engine.enqueue('write', { scope: 'p' })
  await engine.heard(old.id, 'job.succeeded')
  await worker[Symbol.asyncDispose]()
  engine.clock.pass(DAY)
  const waiting = await engine.enqueue('write', { scope: 'p' })
  const late = await engine.enqueue('write', { scope: 'p' })
  await cancelJob(engine.deps, late.id, 'person:a')
  const elsewhere = await engine.enqueue('write', { scope: 'q' })
  const ended = { project: 'p', before: engine.clock.now() }
  expect(await compactEvents(engine, ended, 0)).toMatchObject({ removed: 4 })
  expect(await compactEvents(engine, ended, 0)).toBeNull()
  expect(await engine.types(old.id)).toEqual(['job.succeeded'])
  expect((await eventsAfter(engine.db.read, { project: 'p' }, 0)).map(({ type }) => type)).toEqual([
    'file.written',
    'job.succeeded',
    'job.queued',
    'job.queued',
    'job.cancelled',
  ])
  expect(await engine.types(waiting.id)).toEqual(['job.queued'])
  expect(await engine.types(elsewhere.id)).toEqual(['job.queued'])
})

test('no more than 1,000 rows go in one turn', async () => {
  await using engine = await testEngine()
  engine.handle('write', async () => undefined)
  const job = await engine.enqueue('write', { scope: 'p' })
  const ref = { id: job.id, kind: 'write', attempt: 1, startedAt: 0 }
  const phases = Array.from({ length: 2_400 }, () =>
    engine.db.write((tx) => engine.deps.events.append(tx, { type: 'job.phase', scope: 'p', job: ref })),
  )
  await Promise.all(phases)
  await cancelJob(engine.deps, job.id, 'person:a')
  engine.clock.pass(1)
  const removed: number[] = []
  const ended = { project: 'p', before: engine.clock.now() }
  for (let page = await compactEvents(engine, ended, 0); page; page = await compactEvents(engine, ended, page.from))
    removed.push(page.removed)
  expect(removed).toEqual([1_000, 1_000, 401])
  expect(await engine.types(job.id)).toEqual(['job.cancelled'])
}, 60_000)

test('attempts of ended jobs keep how they went, and lose what is long', async () => {
  await using engine = await testEngine()
  const long = 'x'.repeat(5_000)
  engine.handle('write', async () => {
    throw new DomainError('file_invalid', `The file is no good: ${long}`, { context: { long } })
  })
  await using _worker = await engine.work()
  const job = await engine.enqueue('write', { scope: 'p' })
  await engine.heard(job.id, 'job.failed')
  await engine.db.write((tx) => tx.run(sql`update attempts set stack = 'at x', tail = 'text'`))
  engine.clock.pass(1)
  const ended = { project: 'p', before: engine.clock.now() }
  expect(await trimAttempts(engine, { project: 'p', before: 0 })).toBe(0)
  expect(await trimAttempts(engine, ended)).toBe(1)
  expect(await trimAttempts(engine, ended)).toBe(0)
  const [attempt] = await engine.attempts(job.id)
  expect(attempt).toMatchObject({ outcome: 'failed', stack: null, tail: null })
  expect(attempt!.error).toMatchObject({ code: 'file_invalid', retryable: false, context: {} })
  expect(attempt!.error!.message).toHaveLength(300)
})

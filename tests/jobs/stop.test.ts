import { expect, test } from 'bun:test'
import { Conflict } from '../../src/errors.ts'
import { testEngine, until } from '../support/jobs.ts'

/** Runs until its signal aborts, then does what `then` says. */
const waiting =
  (then: () => Promise<never> | Promise<{ result: unknown }>) =>
  async ({ signal }: { signal: AbortSignal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return then()
  }

test('a worker that stops gives back what runs, as no failure of the job', async () => {
  await using app = await testEngine()
  app.handle(
    'write',
    waiting(() => Promise.reject(new Error('aborted'))),
  )
  const { id } = await app.enqueue('write')
  const worker = await app.work()
  await until(() => worker.running === 1)
  await worker[Symbol.asyncDispose]()
  expect(await app.job(id)).toMatchObject({ state: 'queued', failures: 0, crashes: 0 })
  expect((await app.lines(id)).at(-1)?.body.reason).toBe('server_stopped')
  expect(await app.attempts(id)).toMatchObject([{ outcome: 'lost' }])
})

test('what is done in time counts, also while the worker stops', async () => {
  await using app = await testEngine()
  app.handle(
    'write',
    waiting(async () => ({ result: 'in time' })),
  )
  const { id } = await app.enqueue('write')
  const worker = await app.work()
  await until(() => worker.running === 1)
  await worker[Symbol.asyncDispose]()
  expect(await app.job(id)).toMatchObject({ state: 'succeeded', result: 'in time' })
})

test('a handler that does not let go is left behind within 5 s, its job given back, its result refused', async () => {
  await using app = await testEngine()
  const late = Promise.withResolvers<{ result: string }>()
  app.handle('write', () => late.promise)
  const { id } = await app.enqueue('write')
  const worker = await app.work()
  await until(() => worker.running === 1)
  const before = performance.now()
  await worker[Symbol.asyncDispose]()
  expect(performance.now() - before).toBeLessThan(5_000)
  expect(await app.job(id)).toMatchObject({ state: 'queued', crashes: 0 })
  late.resolve({ result: 'too late' })
  await until(() => worker.running === 0)
  expect(await app.job(id)).toMatchObject({ state: 'queued', result: null })
}, 60_000)

test('a stopped worker claims nothing more', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const worker = await app.work()
  await worker[Symbol.asyncDispose]()
  const { id } = await app.enqueue('write')
  app.pass(60_000)
  await app.db.write(async () => {}) // whatever it might have asked for would be done by now
  expect((await app.job(id)).state).toBe('queued')
})

test('jobs enqueued while others run and end are all done, each once', async () => {
  await using app = await testEngine()
  const runs = new Map<string, number>()
  app.handle('write', async ({ job }) => {
    runs.set(job.id, (runs.get(job.id) ?? 0) + 1)
    if (job.attempt === 1 && runs.size % 5 === 0)
      throw new Conflict('again', 'Again.', { retryable: true, retryAfterMs: 0 })
    return { result: null }
  })
  await app.work({ write: 4 })
  const jobs = await Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      for (let turn = 0; turn < i % 9; turn++) await new Promise((go) => setImmediate(go))
      return app.enqueue('write')
    }),
  )
  await Promise.all(jobs.map(({ id }) => app.heard(id, 'job.succeeded')))
  for (const { id } of jobs) expect(runs.get(id)).toBe((await app.job(id)).attempt)
}, 60_000)

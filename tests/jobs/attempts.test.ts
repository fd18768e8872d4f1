import { expect, test } from 'bun:test'
import { DomainError } from '../../src/errors.ts'
import { LEASE_MS, takeOverLost } from '../../src/jobs/claim.ts'
import { pauseJob, resumeJob } from '../../src/jobs/jobs.ts'
import { CONFIGURED, testEngine, until } from '../support/jobs.ts'

const KEY = 'sk-live-0123456789abcdef'

test('an attempt that failed keeps all that is needed to understand it', async () => {
  await using app = await testEngine()
  const { clock } = app
  app.handle('write', async (ctx) => {
    await ctx.using({ provider: 'anthropic', model: 'claude-x' })
    clock.pass(40)
    await ctx.phase('writing')
    ctx.delta('first\n')
    clock.pass(60)
    ctx.delta('é'.repeat(2_000))
    throw new DomainError('model_bad_request', 'The model refused.', {
      context: { status: 400 },
      cause: new Error('inner'),
    })
  })
  const { id, createdAt } = await app.enqueue('write', { input: { task: 't' } })
  clock.pass(500)
  await app.work()
  await app.heard(id, 'job.failed')

  const [attempt] = await app.attempts(id)
  expect(attempt).toMatchObject({
    attempt: 1,
    outcome: 'failed',
    phase: 'writing',
    bytes: 4_006,
    provider: 'anthropic',
    model: 'claude-x',
    engine: null,
    device: null,
    error: { code: 'model_bad_request', message: 'The model refused.', context: { status: 400 } },
    queuedAt: createdAt,
    startedAt: createdAt + 500,
    firstByteAt: createdAt + 540,
    endedAt: createdAt + 600,
    tail: 'é'.repeat(1_024),
    inputHash: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
  expect(attempt!.stack).toMatch(/The model refused[\s\S]+attempts\.test\.ts[\s\S]+caused by: Error: inner/)
})

test('an attempt that succeeded keeps who made it, and no text: that is in the file', async () => {
  await using app = await testEngine()
  app.handle('render', async (ctx) => {
    await ctx.using({ engine: 'sketch', device: 'cpu' })
    ctx.delta('text')
    return { result: 'ok' }
  })
  const { id } = await app.enqueue('render')
  await app.work()
  await app.heard(id, 'job.succeeded')
  expect(await app.attempts(id)).toMatchObject([
    { engine: 'sketch', device: 'cpu', tail: null, stack: null, error: null },
  ])
})

test('two attempts have the same input hash exactly when they were asked the same and went on from the same draft', async () => {
  await using app = await testEngine()
  app.handle('write', async ({ delta, job }) => {
    if (job.attempt === 2) delta('more')
    throw new DomainError('model_unavailable', 'Wait.', { retryable: true, retryAfterMs: 0 })
  })
  const { id } = await app.enqueue('write', { input: { task: 't' } })
  await app.work()
  await app.heard(id, 'job.failed')
  const hashes = (await app.attempts(id)).map(({ inputHash }) => inputHash)
  expect(hashes).toHaveLength(5)
  expect(hashes[3]).toBe(hashes[4]!)
  expect(hashes[2]).not.toBe(hashes[1]!)
})

test('no secret is stored, wherever an error carries it', async () => {
  await using app = await testEngine()
  app.handle('write', async (ctx) => {
    ctx.delta(`key ${KEY} and ${CONFIGURED}`)
    throw new DomainError('model_auth', `The key ${KEY} was refused at https://x.example/v1?key=abc123.`, {
      context: {
        request: { headers: { authorization: 'Bearer tiny' }, url: 'https://x.example/?token=abc123' },
        said: CONFIGURED,
      },
      cause: new Error(`authorization: Bearer ${KEY}`),
    })
  })
  const { id } = await app.enqueue('write', { scope: 'p' })
  await app.work()
  await app.heard(id, 'job.failed')
  const stored = JSON.stringify([await app.job(id), await app.attempts(id), await app.lines(id)])
  expect(stored).not.toMatch(/sk-live|abc123|tiny|correct horse/)
  expect((await app.job(id)).error).toMatchObject({
    message: 'The key [secret] was refused at https://x.example/v1?key=[secret].',
    context: { request: { headers: { authorization: '[secret]' } }, said: '[secret]' },
  })
})

test('no secret is stored that a job hands over as its result, or says in an event of its own', async () => {
  await using app = await testEngine()
  app.handle('write', async ({ job }) => ({
    result: { url: 'https://x.example/?key=abc123' },
    effects: async (tx) =>
      void (await app.deps.events.append(tx, { type: 'file.written', scope: job.scope, data: { note: CONFIGURED } })),
  }))
  const { id } = await app.enqueue('write', { scope: 'p' })
  await app.work()
  await app.heard(id, 'job.succeeded')
  expect(JSON.stringify([await app.job(id), app.told])).not.toMatch(/abc123|correct horse/)
})

test('a secret at the edge of what is kept is not cut into one that nobody knows', async () => {
  await using app = await testEngine()
  app.handle('write', async (ctx) => {
    ctx.delta(`${CONFIGURED}${'.'.repeat(2_048 - 10)}`)
    throw new DomainError('model_auth', 'No.')
  })
  const { id } = await app.enqueue('write')
  await app.work()
  await app.heard(id, 'job.failed')
  expect((await app.attempts(id))[0]!.tail).not.toContain('staple')
})

test('an attempt under which the server died keeps what had been kept of it', async () => {
  await using app = await testEngine()
  app.handle('write', async () => ({ result: null }))
  const { id } = await app.enqueue('write')
  const job = await app.claimed()
  app.live.begin(job, { phase: 'writing', bytes: 0, step: 0, steps: 0, text: '', data: {} })
  app.live.delta(job, 'half a file')
  await app.db.write((tx) => app.live.saveDrafts(tx))
  app.live.end(job)
  app.clock.pass(LEASE_MS + 1)
  await takeOverLost(app.deps, app.deps)
  expect(await app.attempts(id)).toMatchObject([{ outcome: 'lost', phase: 'writing', bytes: 11, tail: 'half a file' }])
})

test('an attempt was queued when it became due, also after a pause', async () => {
  await using app = await testEngine()
  const started = Promise.withResolvers<void>()
  app.handle('write', async ({ job, signal }) => {
    if (job.attempt > 1) return { result: null }
    started.resolve()
    await until(() => signal.aborted)
    return { result: null }
  })
  const { id } = await app.enqueue('write')
  await app.work()
  await started.promise
  await pauseJob(app.deps, id, 'system')
  app.clock.pass(5_000)
  const { runAt } = await resumeJob(app.deps, id, 'system')
  await app.heard(id, 'job.succeeded')
  expect(await app.attempts(id)).toMatchObject([{ outcome: 'paused' }, { queuedAt: runAt, startedAt: runAt }])
})

import { expect, test } from 'bun:test'
import { DomainError } from '../../src/errors.ts'
import { LEASE_MS, takeOverLost } from '../../src/jobs/claim.ts'
import { Cancel, Hold, LeaseLost, Snooze } from '../../src/jobs/handler.ts'
import { cancelJob, pauseJob, resumeJob, retryJob } from '../../src/jobs/jobs.ts'
import { type Engine, testEngine, until } from '../support/jobs.ts'

const busy = (retryAfterMs?: number) =>
  new DomainError('model_unavailable', 'The model is busy. Wait.', { retryable: true, retryAfterMs })

/** A handler that signals when it runs, and ends when told to or when its signal aborts. */
function gate() {
  const started = Promise.withResolvers<AbortSignal>()
  const go = Promise.withResolvers<void>()
  return { started, go }
}

test('a job runs once from queued to succeeded, and says each step', async () => {
  await using app = await testEngine()
  app.handle('write', async ({ input }) => ({ result: { got: input } }))
  const job = await app.enqueue('write', { input: { path: 'index.html' } })
  await app.work()
  await app.heard(job.id, 'job.succeeded')

  expect(await app.types(job.id)).toEqual(['job.queued', 'job.started', 'job.succeeded'])
  expect(await app.job(job.id)).toMatchObject({
    state: 'succeeded',
    attempt: 1,
    result: { got: { path: 'index.html' } },
    bootId: null,
    leaseUntil: null,
  })
  expect(await app.attempts(job.id)).toMatchObject([{ attempt: 1, outcome: 'succeeded' }])
})

test.each([[undefined], [null], [0], [''], [false]])('a job may have no result to speak of (%p)', async (result) => {
  await using app = await testEngine()
  app.handle('write', async () => ({ result }))
  const job = await app.enqueue('write')
  await app.work()
  await app.heard(job.id, 'job.succeeded', 'job.retrying')
  expect(await app.job(job.id)).toMatchObject({ state: 'succeeded', result: result ?? null })
})

test('effects and success are one transaction: effects that throw leave neither', async () => {
  await using app = await testEngine()
  app.handle('write', async () => ({
    result: 'made',
    effects: async (tx) => {
      await app.deps.events.append(tx, { type: 'file.written', scope: 'p' })
      throw busy()
    },
  }))
  const job = await app.enqueue('write', { scope: 'p' })
  await app.work()
  await app.heard(job.id, 'job.retrying')

  expect(await app.types(job.id)).toEqual(['job.queued', 'job.started', 'job.retrying'])
  expect(app.told.some(({ type }) => type === 'file.written')).toBe(false)
  expect((await app.job(job.id)).result).toBeNull()
})

test('a step runs once, however many attempts the job takes', async () => {
  await using app = await testEngine()
  let runs = 0
  const seen: unknown[] = []
  app.handle('write', async ({ step, job }) => {
    seen.push(await step('paid', async () => ({ run: ++runs })))
    seen.push(await step('nothing', async () => {}))
    if (job.attempt < 3) throw busy()
    return { result: null }
  })
  const job = await app.enqueue('write')
  await app.work()
  for (const attempt of [1, 2]) {
    await until(
      async () => (await app.attempts(job.id)).filter(({ outcome }) => outcome === 'retried').length === attempt,
    )
    app.pass(60_000)
  }
  await app.heard(job.id, 'job.succeeded')
  expect(runs).toBe(1)
  expect(seen).toEqual([{ run: 1 }, null, { run: 1 }, null, { run: 1 }, null])
})

test('a failure that waiting mends is tried again after growing waits, and fails for good at the fifth', async () => {
  await using app = await testEngine()
  app.handle('write', () => Promise.reject(busy()))
  const job = await app.enqueue('write')
  await app.work()
  for (let failures = 1; failures < 5; failures++) {
    await until(async () => (await app.job(job.id)).failures === failures, `failure ${failures}`)
    app.pass(60_000)
  }
  await app.heard(job.id, 'job.failed')

  const lines = await app.lines(job.id)
  // 1 s x 2^n with the random number 0.5: three quarters of the full wait
  expect(lines.filter(({ type }) => type === 'job.retrying').map(({ body }) => body.delayMs)).toEqual([
    750, 1500, 3000, 6000,
  ])
  expect(await app.job(job.id)).toMatchObject({ state: 'failed', attempt: 5, error: { code: 'model_unavailable' } })
})

test('a job that backs off is not claimed before its time', async () => {
  await using app = await testEngine()
  app.handle('write', async ({ job }) => {
    if (job.attempt === 1) throw busy(30_000)
    return { result: null }
  })
  const job = await app.enqueue('write')
  await app.work()
  const { body } = await app.heard(job.id, 'job.retrying')
  expect(body.delayMs).toBe(30_000) // what the other side asked for wins

  app.pass(29_999)
  await expect(app.claimed()).rejects.toThrow('nothing to claim')
  app.pass(1)
  await app.heard(job.id, 'job.succeeded')
})

test('an error that waiting does not mend fails the job at once', async () => {
  await using app = await testEngine()
  app.handle('write', () => Promise.reject(new DomainError('model_refused', 'The model declined. Reword the brief.')))
  const job = await app.enqueue('write')
  await app.work()
  const { body } = await app.heard(job.id, 'job.failed')
  expect(body.error).toEqual({
    code: 'model_refused',
    message: 'The model declined. Reword the brief.',
    retryable: false,
    context: {},
  })
  expect((await app.job(job.id)).attempt).toBe(1)
})

test('a bug in a handler is tried again, and fails as internal', async () => {
  await using app = await testEngine()
  app.handle('write', async ({ job }) => {
    throw new TypeError(`bug ${job.attempt}`)
  })
  const job = await app.enqueue('write')
  await app.work()
  for (let failures = 1; failures < 5; failures++) {
    await until(async () => (await app.job(job.id)).failures === failures)
    app.pass(60_000)
  }
  const { body } = await app.heard(job.id, 'job.failed')
  expect(body.error).toMatchObject({ code: 'internal', message: 'bug 5' })
})

test('a handler may snooze (not a failure), cancel itself, or ask for a person', async () => {
  await using app = await testEngine()
  app.handle('snooze', async ({ job }) => {
    if (job.attempt === 1) throw new Snooze(5_000)
    return { result: 'woken' }
  })
  app.handle('cancel', () => Promise.reject(new Cancel()))
  app.handle('hold', () => Promise.reject(new Hold(new DomainError('no_model', 'Choose a model.'))))
  const [snooze, cancel, hold] = [await app.enqueue('snooze'), await app.enqueue('cancel'), await app.enqueue('hold')]
  await app.work()
  await app.heard(cancel.id, 'job.cancelled')
  await app.heard(hold.id, 'job.held')
  await until(async () => (await app.attempts(snooze.id))[0]?.outcome === 'snoozed')

  expect(await app.job(snooze.id)).toMatchObject({ state: 'queued', failures: 0, runAt: app.clock.now() + 5_000 })
  expect(await app.job(cancel.id)).toMatchObject({ state: 'cancelled', error: null })
  expect(await app.job(hold.id)).toMatchObject({ state: 'held', error: { code: 'no_model' } })
  app.pass(5_000)
  await app.heard(snooze.id, 'job.succeeded')
})

test('a queued job that is cancelled never runs', async () => {
  await using app = await testEngine()
  const ran: string[] = []
  app.handle('write', async ({ job }) => void ran.push(job.id))
  const job = await app.enqueue('write')
  await cancelJob(app.deps, job.id, 'person:ada')
  const other = await app.enqueue('write')
  await app.work()
  await app.heard(other.id, 'job.succeeded')
  expect(await app.types(job.id)).toEqual(['job.queued', 'job.cancelled'])
  expect((await app.lines(job.id)).at(-1)?.body.by).toBe('person:ada')
  expect(ran).toEqual([other.id])
  expect(await app.attempts(job.id)).toEqual([])
})

test('cancelling a running job aborts its signal, drops its result, and silences it', async () => {
  await using app = await testEngine()
  const { started, go } = gate()
  app.handle('write', async ({ signal, delta }) => {
    started.resolve(signal)
    await go.promise
    delta('too late')
    return { result: 'too late' }
  })
  const job = await app.enqueue('write', { scope: 'p' })
  const worker = await app.work()
  const signal = await started.promise
  await cancelJob(app.deps, job.id, 'person:ada')
  expect(signal.aborted).toBe(true)
  expect(app.live.states({ job: job.id })).toEqual([])
  go.resolve()
  await until(() => worker.running === 0)

  expect(await app.types(job.id)).toEqual(['job.queued', 'job.started', 'job.cancelled'])
  expect(app.told.filter(({ type }) => type === 'delta')).toEqual([])
  expect(await app.job(job.id)).toMatchObject({ state: 'cancelled', result: null })
  expect(await app.attempts(job.id)).toMatchObject([{ outcome: 'cancelled' }])
})

test('a job cancelled in the very commit that claims it does not run', async () => {
  await using app = await testEngine()
  const ran: string[] = []
  app.handle('write', async ({ job }) => void ran.push(job.id))
  const worker = await app.work()
  for (let turn = 0; turn < 10; turn++) await new Promise((go) => setImmediate(go)) // the worker has gone to sleep
  const job = await app.enqueue('write')
  for (let tick = 0; tick < 50; tick++) await null // it has woken: its claim and the cancellation now wait for the same commit
  await cancelJob(app.deps, job.id, 'person:ada')
  await until(() => worker.running === 0)
  const next = await app.enqueue('write')
  await app.heard(next.id, 'job.succeeded')

  expect(await app.types(job.id)).toEqual(['job.queued', 'job.started', 'job.cancelled'])
  expect(ran).toEqual([next.id])
})

test('pause keeps the draft, resume goes on from it', async () => {
  await using app = await testEngine()
  const { started } = gate()
  app.handle('write', async ({ signal, draft, delta, phase }) => {
    if (draft.text) return { result: draft.text }
    await phase('writing')
    delta('half a file')
    started.resolve(signal)
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    throw signal.reason
  })
  const job = await app.enqueue('write')
  const worker = await app.work()
  await started.promise
  await pauseJob(app.deps, job.id, 'person:ada')
  await until(() => worker.running === 0)
  expect(await app.job(job.id)).toMatchObject({ state: 'paused', failures: 0, bootId: null })
  expect(await app.attempts(job.id)).toMatchObject([{ outcome: 'paused', phase: 'writing', bytes: 11 }])

  await resumeJob(app.deps, job.id, 'person:ada')
  await app.heard(job.id, 'job.succeeded')
  expect((await app.job(job.id)).result).toBe('half a file')
})

test('a job resumed before its old attempt has let go is not harmed by it', async () => {
  await using app = await testEngine()
  const { started, go } = gate()
  app.handle('write', async ({ job, delta }) => {
    if (job.attempt === 2) return { result: 'second' }
    started.resolve(new AbortController().signal)
    await go.promise
    delta('from the first')
    return { result: 'first' }
  })
  const job = await app.enqueue('write')
  await app.work({ write: 2 })
  await started.promise
  await pauseJob(app.deps, job.id, 'person:ada')
  await resumeJob(app.deps, job.id, 'person:ada')
  await app.heard(job.id, 'job.succeeded')
  go.resolve()
  expect((await app.job(job.id)).result).toBe('second')
})

test('a running job can’t be retried, only what has ended or is held', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const job = await app.enqueue('write')
  await app.claimed()
  await expect(retryJob(app.deps, job.id, 'person:ada')).rejects.toMatchObject({
    code: 'not_allowed',
    context: { state: 'running', from: ['held', 'failed', 'cancelled'] },
  })
  expect((await app.job(job.id)).state).toBe('running')
})

test('a failed job that is retried has all its tries again', async () => {
  await using app = await testEngine()
  app.handle('write', async ({ job }) => {
    if (job.attempt === 1) throw new DomainError('no', 'No.')
    throw busy()
  })
  const job = await app.enqueue('write')
  await app.work()
  await app.heard(job.id, 'job.failed')
  await retryJob(app.deps, job.id, 'person:ada')
  await app.heard(job.id, 'job.retrying')
  expect(await app.job(job.id)).toMatchObject({ state: 'queued', attempt: 2, failures: 1, endedAt: null })
})

test('a worker that comes back from the dead cannot finish what another has taken over', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  await app.enqueue('write')
  const first = await app.claimed()
  app.clock.pass(LEASE_MS + 1)
  await takeOverLost(app.deps, app.deps)
  const second = await app.claimed()

  expect(second.attempt).toBe(first.attempt + 1)
  await expect(app.succeed(first)).rejects.toThrow(LeaseLost)
  await app.succeed(second)
})

test('every line of a job tells the seconds since it first started', async () => {
  await using app: Engine = await testEngine()
  app.handle('write', async ({ job, delta, phase, progress }) => {
    app.clock.pass(1_500)
    await phase('writing')
    delta('x'.repeat(600))
    progress({ step: 1, steps: 2 })
    if (job.attempt === 1) throw busy(500)
    return undefined
  })
  const job = await app.enqueue('write', { scope: 'p' })
  await app.work()
  await app.heard(job.id, 'job.retrying')
  app.pass(500)
  await app.heard(job.id, 'job.succeeded')
  const mine = app.told.filter(({ job: id }) => id === job.id)
  expect(new Set(mine.map(({ type }) => type))).toEqual(
    new Set(['job.queued', 'job.started', 'job.phase', 'state', 'delta', 'progress', 'job.retrying', 'job.succeeded']),
  )
  expect(mine.filter(({ body }) => typeof body.elapsed !== 'number' || body.kind !== 'write')).toEqual([])
  expect(mine.at(-1)?.body.elapsed).toBe(3.5)
})

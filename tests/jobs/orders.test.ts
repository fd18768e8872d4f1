import { expect, test } from 'bun:test'
import { DomainError } from '../../src/errors.ts'
import { takeOverLost } from '../../src/jobs/claim.ts'
import { cancelJob, jobWithAttempts, pauseJob, prioritiseJob, resumeJob, retryJob } from '../../src/jobs/jobs.ts'
import { listJobs } from '../../src/jobs/list.ts'
import { waitOf } from '../../src/jobs/wait.ts'
import { type Engine, testEngine, until } from '../support/jobs.ts'

const refused = (retryable: boolean) => new DomainError('model_unavailable', 'No.', { retryable })

test('a retry goes on from the draft and the checkpoints; one from scratch has neither', async () => {
  await using app = await testEngine()
  const seen: unknown[] = []
  let plans = 0
  app.handle('write', async ({ draft, step, delta }) => {
    seen.push([draft.text, await step('plan', async () => ++plans)])
    delta('x')
    throw refused(false)
  })
  const { id } = await app.enqueue('write')
  await app.work()
  await ended(app, id, 1)
  await retryJob(app.deps, id, 'system')
  await ended(app, id, 2)
  await retryJob(app.deps, id, 'system', { fromScratch: true })
  await ended(app, id, 3)
  await retryJob(app.deps, id, 'system')
  await ended(app, id, 4)
  expect(seen).toEqual([
    ['', 1],
    ['x', 1],
    ['', 2],
    ['x', 2],
  ])
  expect(await app.job(id)).toMatchObject({ freshAfter: 2, attempt: 4 })
  expect((await app.lines(id)).filter(({ body }) => body.fromScratch)).toMatchObject([{ type: 'job.queued' }])
  const { attempts, checkpoints } = await jobWithAttempts(app.db.read, id)
  expect([attempts.length, checkpoints.map(({ attempt }) => attempt)]).toEqual([4, [3]])
})

test('a job that may not be retried keeps its draft and checkpoints, also when it is to start from scratch', async () => {
  await using app = await testEngine()
  const { job } = await running(app)
  app.live.delta(await app.job(job), 'kept')
  await pauseJob(app.deps, job, 'system')
  await expect(retryJob(app.deps, job, 'system', { fromScratch: true })).rejects.toMatchObject({ code: 'not_allowed' })
  const { checkpoints } = await jobWithAttempts(app.db.read, job)
  expect(checkpoints).toHaveLength(1)
})

test.each([
  ['cancel', cancelJob, 'cancelled'],
  ['pause', pauseJob, 'paused'],
] as const)('who wants to %s an attempt that is over touches no other', async (_name, verb, state) => {
  await using app = await testEngine()
  const { job, signals } = await running(app)
  await pauseJob(app.deps, job, 'system')
  await resumeJob(app.deps, job, 'system')
  await until(() => signals.length === 2)

  await expect(verb(app.deps, job, 'system', { attempt: 1 })).rejects.toMatchObject({
    code: 'job_changed',
    context: { state: 'running', attempt: 2 },
  })
  expect([(await app.job(job)).state, signals[1]!.aborted]).toEqual(['running', false])
  expect(await verb(app.deps, job, 'system', { attempt: 2 })).toMatchObject({ state, attempt: 2 })
  await until(() => signals[1]!.aborted)
})

test('retry and resumption address an attempt too', async () => {
  await using app = await testEngine()
  const { job } = await running(app)
  await pauseJob(app.deps, job, 'system')
  await expect(resumeJob(app.deps, job, 'system', { attempt: 2 })).rejects.toMatchObject({ code: 'job_changed' })
  await cancelJob(app.deps, job, 'system')
  await expect(retryJob(app.deps, job, 'system', { attempt: 0 })).rejects.toMatchObject({ code: 'job_changed' })
  expect(await retryJob(app.deps, job, 'system', { attempt: 1 })).toMatchObject({ state: 'queued' })
})

test('a job of a higher priority goes first, and the log says who raised it', async () => {
  await using app = await testEngine()
  app.handle('write', async () => ({ result: null }))
  await app.enqueue('write')
  const last = await app.enqueue('write')
  expect(await prioritiseJob(app.deps, last.id, 'person:ada', { priority: 10 })).toMatchObject({
    priority: 10,
    state: 'queued',
  })
  expect((await app.claimed()).id).toBe(last.id)
  const line = (await app.lines(last.id)).find(({ type }) => type === 'job.prioritised')
  expect(line!.body).toMatchObject({ priority: 10, by: 'person:ada' })
})

test('a priority can be meant for one attempt alone', async () => {
  await using app = await testEngine()
  const { job } = await running(app)
  const raise = (attempt: number) => prioritiseJob(app.deps, job, 'system', { priority: 7, attempt })
  await expect(raise(0)).rejects.toMatchObject({ code: 'job_changed', context: { state: 'running', attempt: 1 } })
  expect(await app.job(job)).toMatchObject({ priority: 0 })
  expect(await raise(1)).toMatchObject({ priority: 7 })
})

test('a job that has ended has no priority to raise', async () => {
  await using app = await testEngine()
  app.handle('write', async () => ({ result: null }))
  const { id } = await app.enqueue('write')
  await cancelJob(app.deps, id, 'system')
  await expect(prioritiseJob(app.deps, id, 'system', { priority: 1 })).rejects.toMatchObject({ code: 'not_allowed' })
})

test('a job says why it waits, and until when', async () => {
  await using app = await testEngine()
  const waits = async (id: string) => waitOf(app.db.read, await app.job(id), app.clock.now())
  app.handle('write', async () => {
    throw refused(true)
  })
  const { id } = await app.enqueue('write')
  await app.enqueue('write')
  expect(await waits(id)).toMatchObject({ reason: 'place', until: null, says: expect.stringMatching(/one other/) })
  await pauseJob(app.deps, id, 'system')
  expect(await waits(id)).toMatchObject({ reason: 'paused', until: null })
  await resumeJob(app.deps, id, 'system')
  await app.work()
  await app.heard(id, 'job.retrying')
  const { runAt } = await app.job(id)
  expect(await waits(id)).toEqual({
    reason: 'retry',
    until: runAt,
    says: 'It failed once and is tried again by itself.',
  })
  await cancelJob(app.deps, id, 'system')
  expect(await waits(id)).toBeNull()
})

test('a job that may have taken the server down says that it waits for another such, not for a place', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const [first, second] = [await app.enqueue('write'), await app.enqueue('write')]
  for (const boot of ['boot-2', 'boot-3']) {
    for (const _ of [first, second]) await app.claimed()
    await takeOverLost(app.deps, { boot })
  }
  const waits = async () => (await waitOf(app.db.read, await app.job(second.id), app.clock.now()))!
  expect(await waits()).toMatchObject({ reason: 'place' })
  expect((await app.claimed()).id).toBe(first.id)
  expect(await waits()).toMatchObject({ reason: 'suspect', until: null, says: expect.not.stringMatching(/place/) })
})

test('jobs are listed the newest first, a page at a time, by project and state', async () => {
  await using app = await testEngine()
  app.handle('write', async () => ({ result: null }))
  const ids: string[] = []
  for (const scope of ['p', 'p', 'q', 'p']) {
    ids.push((await app.enqueue('write', { scope })).id)
    app.clock.pass(1)
  }
  await cancelJob(app.deps, ids[1]!, 'system')
  const list = async (query: object) => {
    const { items, nextCursor } = await listJobs(app.db.read, { limit: 2, ...query })
    return { ids: items.map(({ id }) => ids.indexOf(id)), cursor: nextCursor ?? undefined }
  }
  const first = await list({ scope: 'p' })
  expect(first.ids).toEqual([3, 1])
  expect(await list({ scope: 'p', cursor: first.cursor })).toEqual({ ids: [0], cursor: undefined })
  expect((await list({ state: 'cancelled' })).ids).toEqual([1])
  await expect(list({ cursor: 'x' })).rejects.toMatchObject({ code: 'bad_cursor' })
})

/** A job that runs until its signal aborts, with a checkpoint behind it. */
async function running(app: Engine): Promise<{ job: string; signals: AbortSignal[] }> {
  const signals: AbortSignal[] = []
  app.handle('write', async ({ signal, step }) => {
    await step('plan', async () => 1)
    signals.push(signal)
    await until(() => signal.aborted)
    return { result: null }
  })
  const { id } = await app.enqueue('write')
  await app.work()
  await until(() => signals.length === 1)
  return { job: id, signals }
}

async function ended(app: Engine, id: string, attempt: number): Promise<void> {
  await until(async () => {
    const job = await app.job(id)
    return job.attempt === attempt && job.state === 'failed'
  })
}

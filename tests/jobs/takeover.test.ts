import { expect, test } from 'bun:test'
import { claim, giveUpLeases, LEASE_MS, renewLeases, takeOverLost } from '../../src/jobs/claim.ts'
import { retryJob } from '../../src/jobs/jobs.ts'
import { type Engine, testEngine } from '../support/jobs.ts'

/** The same database as seen by the server after a crash. */
const after = (app: Engine, boot: string) => takeOverLost(app.deps, { boot })

test('what a dead server left running goes back into the queue at once, before any lease runs out', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const { id } = await app.enqueue('write')
  await app.claimed()
  await after(app, 'boot-2')
  expect(await app.job(id)).toMatchObject({ state: 'queued', attempt: 1, crashes: 1, failures: 0, bootId: null })
  expect(await app.attempts(id)).toMatchObject([{ outcome: 'lost' }])
  expect((await app.lines(id)).at(-1)).toMatchObject({ type: 'job.queued', body: { reason: 'server_restarted' } })
})

test('a job under which the server died twice with nothing gained is held, with the reason', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const { id } = await app.enqueue('write')
  for (const boot of ['boot-2', 'boot-3']) {
    await app.claimed()
    await after(app, boot)
  }
  expect(await app.job(id)).toMatchObject({ state: 'held', attempt: 2, error: { code: 'crashed_server' } })
  expect((await app.lines(id)).at(-1)?.type).toBe('job.held')

  await retryJob(app.deps, id, 'person:ada') // a person may give it two more
  await app.claimed()
  await after(app, 'boot-4')
  expect((await app.job(id)).state).toBe('queued')
})

test('a job that gains something each time goes on, however often the server dies', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const { id } = await app.enqueue('write')
  for (let i = 1; i <= 5; i++) {
    const job = await app.claimed()
    app.live.begin(job, { phase: 'writing', bytes: i * 100, step: 0, steps: 0, text: 'x', data: {} })
    app.live.bytes(job, i * 100 + 50)
    await app.db.write((tx) => app.live.saveDrafts(tx))
    app.live.end(job)
    await after(app, `boot-${i + 1}`)
    expect((await app.job(id)).state).toBe('queued')
  }
  for (const boot of ['boot-7', 'boot-8']) {
    expect((await app.job(id)).state).toBe('queued')
    await app.claimed()
    await after(app, boot) // nothing since the death before
  }
  expect((await app.job(id)).state).toBe('held')
})

test('a lease holds while it is renewed, and what lets it run out is taken over', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const { id } = await app.enqueue('write')
  await app.claimed()
  for (let i = 0; i < 3; i++) {
    app.clock.pass(LEASE_MS - 1)
    expect(await renewLeases(app.deps, app.deps, [id])).toEqual([id])
    expect(await takeOverLost(app.deps, app.deps)).toEqual([])
  }
  app.clock.pass(LEASE_MS)
  expect(await takeOverLost(app.deps, app.deps)).toHaveLength(1)
  expect((await app.lines(id)).at(-1)?.body.reason).toBe('lease_expired')
  expect(await renewLeases(app.deps, app.deps, [id])).toEqual([]) // lost is lost
})

test('an attempt whose end could not be kept is a failure like others, and no death of the server', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const { id } = await app.enqueue('write')
  for (let i = 1; i <= 5; i++) {
    await app.claimed()
    app.clock.pass(LEASE_MS)
    await takeOverLost(app.deps, app.deps)
    expect(await app.job(id)).toMatchObject({ state: i < 5 ? 'queued' : 'failed', failures: i, crashes: 0 })
    app.clock.pass(60_000)
  }
})

test('who was asked to stop has not died: however the stop ends, no job of it is a suspect', async () => {
  await using app = await testEngine()
  app.handle('write', () => new Promise(() => {}))
  const { id } = await app.enqueue('write')
  for (const boot of ['boot-2', 'boot-3', 'boot-4']) {
    const { bootId } = await app.claimed()
    await giveUpLeases(app.deps, { boot: bootId! })
    await after(app, boot) // it was ended before it could give its work back
    expect(await app.job(id)).toMatchObject({ state: 'queued', crashes: 0, failures: 0 })
    app.deps.boot = boot
  }
  expect((await app.lines(id)).at(-1)).toMatchObject({ type: 'job.queued', body: { reason: 'server_stopped' } })
})

test('one job that can’t be taken over does not keep the others, or the server, from starting', async () => {
  await using app = await testEngine()
  app.handle('cursed', async () => undefined, {
    lane: 'write',
    moved: () => Promise.reject(new Error('a bug in its room')),
  })
  app.handle('write', async () => ({ result: 'fine' }))
  const cursed = await app.enqueue('cursed')
  await app.claimed()
  const good = await app.enqueue('write')
  await app.claimed()
  app.deps.boot = 'boot-2'
  await app.work()
  await app.heard(good.id, 'job.succeeded')
  expect((await app.job(cursed.id)).state).toBe('running')
})

test('after one death all run again at once; after two, those that gained nothing run one at a time, and all others beside them', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const suspects = [await app.enqueue('write', { priority: 1 }), await app.enqueue('write', { priority: 1 })]
  const busy = await app.enqueue('write')
  const claimed = async (boot: string) => (await claim(app.deps, { boot }, 'write', 9)).map(({ id }) => id)
  const gains = async (id: string, bytes: number) => {
    const working = await app.job(id)
    app.live.begin(working, { phase: 'writing', bytes: 0, step: 0, steps: 0, text: '', data: {} })
    app.live.bytes(working, bytes)
    await app.db.write((tx) => app.live.saveDrafts(tx))
    app.live.end(working)
  }
  await claimed('boot-1')
  await after(app, 'boot-2')
  expect(await claimed('boot-2')).toEqual([suspects[0]!.id, suspects[1]!.id, busy.id])
  await gains(busy.id, 50)
  await after(app, 'boot-3')
  expect((await app.job(busy.id)).crashes).toBe(0)

  expect(await claimed('boot-3')).toEqual([suspects[0]!.id, busy.id])
  expect(await claimed('boot-3')).toEqual([])
  await gains(suspects[0]!.id, 1)
  expect(await claimed('boot-3')).toEqual([suspects[1]!.id])
})

test('a job is not held for two deaths that may have been another’s, but for the third, when it alone was a suspect', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const [first, second] = [await app.enqueue('write', { priority: 1 }), await app.enqueue('write')]
  for (const boot of ['boot-2', 'boot-3', 'boot-4']) {
    await claim(app.deps, app.deps, 'write', 9)
    await after(app, boot)
  }
  expect(await app.job(first.id)).toMatchObject({ state: 'held', attempt: 3, error: { code: 'crashed_server' } })
  expect(await app.job(second.id)).toMatchObject({ state: 'queued', attempt: 2, crashes: 2 })
})

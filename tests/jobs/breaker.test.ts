import { expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { DomainError, errorFacts } from '../../src/errors.ts'
import { openBreakers, type Passage } from '../../src/jobs/breaker.ts'
import { Snooze } from '../../src/jobs/handler.ts'
import { anthropicProvider } from '../../src/llm/anthropic.ts'
import { vendorError } from '../../src/llm/failures.ts'
import type { ModelRequest, Provider } from '../../src/llm/provider.ts'
import { withBreaker } from '../../src/llm/with-breaker.ts'
import { silent } from '../support/database.ts'
import { type Engine, testEngine, until } from '../support/jobs.ts'
import { modelServer } from '../support/model-server.ts'
import { scriptedModel } from '../support/scripted-model.ts'

const VENDOR = { key: 'provider:far', label: 'Far' }
const away = () => vendorError({ vendor: 'Far', model: 'm', secret: '' }, {})

function breakersOf({ db, clock, deps: { events } }: Engine) {
  return openBreakers({ db, events, now: clock.now, log: silent })
}

function snoozeOf(use: () => unknown): Snooze {
  try {
    use()
  } catch (thrown) {
    if (thrown instanceof Snooze) return thrown
    throw thrown
  }
  throw new Error('nobody was held back')
}

const failing = (passage: Passage) => {
  const ends = passage.failed(away())
  passage.left()
  return ends
}

test('four failures in a row are the jobs’ own; the fifth opens the breaker for 30 s, then double, at most 10 min', async () => {
  await using app = await testEngine()
  const breakers = breakersOf(app)
  for (let i = 0; i < 4; i++) expect(failing(breakers.enter(VENDOR))).not.toBeInstanceOf(Snooze)
  for (const seconds of [30, 60, 120, 240, 480, 600, 600]) {
    expect(failing(breakers.enter(VENDOR))).toMatchObject({
      delayMs: seconds * 1_000,
      reason: { code: 'circuit_open' },
    })
    app.clock.pass(seconds * 1_000 - 1)
    expect(snoozeOf(() => breakers.enter(VENDOR))).toMatchObject({ delayMs: 1 })
    app.clock.pass(1)
  }
})

test('half open lets one through, and its success lets all', async () => {
  await using app = await testEngine()
  const breakers = breakersOf(app)
  for (let i = 0; i < 5; i++) failing(breakers.enter(VENDOR))
  app.clock.pass(30_000)
  const first = breakers.enter(VENDOR)
  expect(snoozeOf(() => breakers.enter(VENDOR)).reason?.message).toContain('Far is not reachable')
  first.succeeded()
  expect(() => breakers.enter(VENDOR)).not.toThrow()
  first.left()
  for (let i = 0; i < 4; i++) expect(failing(breakers.enter(VENDOR))).not.toBeInstanceOf(Snooze)
})

test('what stands behind a key is another now: it is asked at once, and the jobs that waited go on', async () => {
  await using app = await testEngine()
  const breakers = breakersOf(app)
  for (let i = 0; i < 5; i++) failing(breakers.enter(VENDOR))
  const { reason, delayMs } = snoozeOf(() => breakers.enter(VENDOR))
  app.handle('ask', async () => {
    throw new Snooze(delayMs, reason)
  })
  const job = await app.enqueue('ask')
  await app.work()
  await until(async () => (await app.job(job.id)).error?.code === 'circuit_open', 'its wait')
  breakers.forget(VENDOR.key)
  expect(() => breakers.enter(VENDOR)).not.toThrow()
  await until(async () => (await app.job(job.id)).runAt <= app.clock.now(), 'its turn')
})

test('whoever was let through and left without a word makes room for the next', async () => {
  await using app = await testEngine()
  const breakers = breakersOf(app)
  for (let i = 0; i < 5; i++) failing(breakers.enter(VENDOR))
  app.clock.pass(30_000)
  breakers.enter(VENDOR).left()
  expect(() => breakers.enter(VENDOR)).not.toThrow()
})

test('a success in between begins the count anew, and one provider’s failures are no other’s', async () => {
  await using app = await testEngine()
  const breakers = breakersOf(app)
  for (let i = 0; i < 20; i++) {
    if (i % 4 === 0) breakers.enter(VENDOR).succeeded()
    failing(breakers.enter(VENDOR))
  }
  for (let i = 0; i < 5; i++) failing(breakers.enter({ key: 'other', label: 'Other' }))
  expect(() => breakers.enter(VENDOR)).not.toThrow()
})

test('a longer wait that the other side asked for holds; what may be the job’s fault counts as its own', async () => {
  await using app = await testEngine()
  const breakers = breakersOf(app)
  const headers = new Headers({ 'retry-after': '90' })
  const slow = () => vendorError({ vendor: 'Far', model: 'm', secret: '' }, { status: 429, headers })
  for (let i = 0; i < 4; i++) failing(breakers.enter(VENDOR))
  expect(breakers.enter(VENDOR).failed(slow())).toMatchObject({ delayMs: 90_000 })
  const device = { key: 'device:cpu/sketch', label: 'The renderer', suspectsJob: true }
  for (let i = 0; i < 5; i++) expect(failing(breakers.enter(device))).not.toBeInstanceOf(Snooze)
  expect(snoozeOf(() => breakers.enter(device)).delayMs).toBe(30_000)
})

test('all that wait for it are woken, however many they are, and no others', async () => {
  await using app = await testEngine()
  const breakers = breakersOf(app)
  app.handle('use', async () => undefined)
  const jobs = await Promise.all(Array.from({ length: 95 }, () => app.enqueue('use')))
  const [other, ...mine] = jobs
  for (let i = 0; i < 5; i++) failing(breakers.enter(VENDOR))
  const error = (key: string) =>
    JSON.stringify(errorFacts(new DomainError('circuit_open', 'Away.', { context: { key } })))
  const then = app.clock.now() + 60_000
  await app.db.write(async (tx) => {
    await tx.run(sql`UPDATE jobs SET run_at = ${then}, error = ${error(VENDOR.key)}`)
    await tx.run(sql`UPDATE jobs SET error = ${error('provider:other')} WHERE id = ${other!.id}`)
  })
  app.clock.pass(30_000)
  breakers.enter(VENDOR).succeeded()
  for (const { id } of mine) await until(async () => (await app.job(id)).runAt === app.clock.now())
  expect(await app.job(other!.id)).toMatchObject({ runAt: then, error: { code: 'circuit_open' } })
})

test('a connection that closes before any answer, without an error, is an outage too', async () => {
  await using app = await testEngine()
  await using server = modelServer((reply, call) => {
    reply.start()
    if (call.body.model.includes('thinks')) reply.thinking('hm')
    reply.close()
  })
  const claude = anthropicProvider({ apiKey: 'sk-test', baseUrl: server.url })
  const provider = withBreaker({ breakers: breakersOf(app) }, claude)
  const ask = async (model: string) => {
    for await (const _ of provider.stream({ ...question, model }, new AbortController().signal));
  }
  for (const model of ['m', 'thinks', 'm', 'thinks'])
    await expect(ask(model)).rejects.toMatchObject({ code: 'model_unavailable', retryable: true })
  await expect(ask('m')).rejects.toBeInstanceOf(Snooze)
  await expect(ask('m')).rejects.toMatchObject({ reason: { code: 'circuit_open' } })
  expect(server.calls).toHaveLength(5)
})

test('a stream that was stopped before its first word says nothing about the provider', async () => {
  await using app = await testEngine()
  const mute: Provider = { ...scriptedModel({}), async *stream() {} }
  const provider = withBreaker({ breakers: breakersOf(app) }, mute)
  for (let i = 0; i < 9; i++) for await (const _ of provider.stream(question, AbortSignal.abort('paused')));
  await expect(
    provider.stream(question, new AbortController().signal)[Symbol.asyncIterator]().next(),
  ).rejects.toMatchObject({
    code: 'model_unavailable',
  })
})

const question: ModelRequest = {
  model: 'm',
  system: '',
  messages: [],
  maxOutputTokens: 1,
  task: { kind: 'plan', brief: '' },
}

/** A model that is away until told otherwise, behind a breaker; the jobs of kind `ask` ask it once. */
async function asking() {
  const app = await testEngine()
  const answering = scriptedModel({ plan: ['{}'] })
  const far = { away: true, asked: 0 }
  const provider: Provider = withBreaker(
    { breakers: breakersOf(app) },
    {
      ...answering,
      async *stream(request, signal) {
        far.asked++
        if (far.away) throw away()
        yield* answering.stream(request, signal)
      },
    },
  )
  app.handle('ask', async ({ signal }) => {
    for await (const _ of provider.stream(question, signal));
    return { result: 'answered' }
  })
  return { app, far }
}

test('while a provider is away its jobs wait, uncounted, say why and until when, and all end when it is back', async () => {
  const { app, far } = await asking()
  await using _ = app
  const jobs = await Promise.all([1, 2, 3].map(() => app.enqueue('ask')))
  const all = () => Promise.all(jobs.map(({ id }) => app.job(id)))
  const worker = await app.work({ ask: 3 })
  const settled = () =>
    until(async () => worker.running === 0 && (await all()).every(({ runAt }) => runAt > app.clock.now()))
  await settled()
  for (let i = 0; i < 40; i++) {
    app.pass(15_000)
    await until(async () => worker.running === 0 && (await all()).every(({ runAt }) => runAt > app.clock.now()))
  }
  expect(far.asked).toBeLessThan(15) // ten minutes of three jobs
  for (const job of await all()) {
    expect(job).toMatchObject({ state: 'queued', error: { code: 'circuit_open', context: { until: job.runAt } } })
    expect(job.failures).toBeLessThan(5)
    expect((await app.lines(job.id)).at(-1)).toMatchObject({
      type: 'job.queued',
      body: { reason: 'circuit_open', until: job.runAt },
    })
  }

  far.away = false
  const asked = far.asked
  for (let i = 0; i < 60 && (await all()).some(({ state }) => state !== 'succeeded'); i++) {
    app.pass(15_000)
    await Bun.sleep(5)
  }
  expect((await all()).map(({ state, result, error }) => [state, result, error])).toEqual(
    jobs.map(() => ['succeeded', 'answered', null]),
  )
  expect(far.asked).toBe(asked + 3)
}, 60_000)

test('success wakes those that wait at once', async () => {
  const { app, far } = await asking()
  await using _ = app
  const breakers = breakersOf(app)
  app.handle('use', async () => {
    const passage = breakers.enter(VENDOR)
    passage.succeeded()
    passage.left()
    return undefined
  })
  for (let i = 0; i < 5; i++) failing(breakers.enter(VENDOR))
  const [one, two] = [await app.enqueue('use'), await app.enqueue('use')]
  const worker = await app.work({ use: 2 })
  await until(async () => worker.running === 0 && (await app.job(two.id)).runAt > app.clock.now())
  await app.db.write((tx) => tx.run(`UPDATE jobs SET run_at = run_at + 300000 WHERE id = '${two.id}'`))
  app.pass(30_000)
  await app.heard(one.id, 'job.succeeded')
  const back = performance.now()
  await app.heard(two.id, 'job.succeeded')
  expect(performance.now() - back).toBeLessThan(2_500) // an idle pump sleeps for 5 s
  const woken = (await app.lines(two.id)).find(({ body }) => body.reason === 'circuit_closed')
  expect(woken).toMatchObject({ type: 'job.queued' })
  expect(await app.job(two.id)).toMatchObject({ error: null })
  expect(far.asked).toBe(0)
})

import { expect, test } from 'bun:test'
import { openBreakers, type Passage } from '../../src/jobs/breaker.ts'
import { Snooze } from '../../src/jobs/handler.ts'
import { vendorError } from '../../src/llm/failures.ts'
import type { Provider } from '../../src/llm/provider.ts'
import { withBreaker } from '../../src/llm/with-breaker.ts'
import { silent } from '../support/database.ts'
import { type Engine, testEngine, until } from '../support/jobs.ts'
import { scriptedModel } from '../support/scripted-model.ts'

const VENDOR = { key: 'provider:far', label: 'Far' }
const away = () => vendorError({ vendor: 'Far', model: 'm', secret: '' }, {})

function breakersOf({ db, clock }: Engine) {
  return openBreakers({ db, now: clock.now, log: silent })
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
  const question = {
    model: 'm',
    system: '',
    messages: [],
    maxOutputTokens: 1,
    task: { kind: 'plan', brief: '' },
  } as const
  app.handle('ask', async ({ signal }) => {
    for await (const _ of provider.stream({ ...question, messages: [] }, signal));
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
}, 20_000)

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
  app.pass(0)
  await until(async () => (await app.job(two.id)).runAt === app.clock.now())
  app.pass(0)
  await app.heard(two.id, 'job.succeeded')
  expect(far.asked).toBe(0)
})

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Loader, MOST_PASSED, MOST_WAIT_MS, pickWarm } from '../../src/jobs/affinity.ts'
import { claim } from '../../src/jobs/claim.ts'
import { enqueueAll } from '../../src/jobs/enqueue.ts'
import { jobById } from '../../src/jobs/jobs.ts'
import { type Engine, testEngine } from '../support/jobs.ts'

async function engine(): Promise<Engine> {
  const app = await testEngine()
  app.handle('render', async () => undefined)
  return app
}

const put = async (app: Engine, affinity: string, more: object = {}) => {
  app.clock.pass(1)
  const job = await app.enqueue('render', { scope: 'p', owner: 'ada', affinity, ...more })
  return job.id
}

const start = (app: Engine, warm: string[], places = 1) => claim(app.deps, app.deps, 'render', places, undefined, warm)

const affinities = async (app: Engine, warm: string[], places = 1) =>
  (await start(app, warm, places)).map(({ affinity }) => affinity)

test('of a line, the job that finds what it loads at a free device comes first', async () => {
  await using app = await engine()
  for (const affinity of ['flux', 'sdxl', 'flux', 'wan']) await put(app, affinity)
  expect(await affinities(app, ['wan'])).toEqual(['wan'])
  expect(await affinities(app, ['wan'])).toEqual(['flux'])
  expect(await affinities(app, [])).toEqual(['sdxl'])
})

test('what is loaded at one device is found by one job', async () => {
  await using app = await engine()
  for (const affinity of ['flux', 'sdxl', 'wan', 'wan']) await put(app, affinity)
  expect(await affinities(app, ['wan', 'sdxl'], 3)).toEqual(['sdxl', 'wan', 'flux'])
})

test('neither another project, nor another person, nor a lower priority goes before for what it loads', async () => {
  await using app = await engine()
  await put(app, 'flux')
  await put(app, 'wan', { scope: 'q' })
  await put(app, 'wan', { owner: 'bob', scope: 'r' })
  expect(await affinities(app, ['wan'], 2)).toEqual(['flux', 'wan'])
  await put(app, 'flux', { scope: 's', owner: 'cyd', priority: 1 })
  await put(app, 'wan', { scope: 's', owner: 'cyd' })
  expect(await affinities(app, ['wan'])).toEqual(['flux'])
})

test('nobody is passed over more than eight times, and a start makes that forgotten', async () => {
  await using app = await engine()
  const first = await put(app, 'flux')
  for (let i = 0; i < 12; i++) await put(app, 'wan')
  const order: unknown[] = []
  for (let i = 0; i < 10; i++) order.push(...(await affinities(app, ['wan'])))
  expect(order).toEqual([...Array(8).fill('wan'), 'flux', 'wan'])
  expect(await jobById(app.db.read, first)).toMatchObject({ state: 'running', passedOver: 0 })
})

test('nobody who has waited a minute is passed over', async () => {
  await using app = await engine()
  await put(app, 'flux')
  app.clock.pass(MOST_WAIT_MS)
  await put(app, 'wan')
  expect(await affinities(app, ['wan'])).toEqual(['flux'])
})

test('only the first eight of a line are looked at', async () => {
  await using app = await engine()
  for (let i = 0; i < 8; i++) await put(app, 'flux')
  await put(app, 'wan')
  expect(await affinities(app, ['wan'])).toEqual(['flux'])
  expect(await affinities(app, ['wan'])).toEqual(['wan'])
})

const loader = fc.record({
  id: fc.uuid(),
  affinity: fc.option(fc.constantFrom('flux', 'sdxl', 'wan')),
  runAt: fc.integer({ min: 0, max: 2 * MOST_WAIT_MS }),
  passedOver: fc.integer({ min: 0, max: MOST_PASSED }),
})

test('whatever waits, the one that is picked is warm or the first, and goes before none that has waited enough', () => {
  const warmth = fc.array(fc.constantFrom('flux', 'sdxl', 'wan'))
  fc.assert(
    fc.property(fc.array(loader, { minLength: 1, maxLength: 8 }), warmth, (line, warm) => {
      const at = 2 * MOST_WAIT_MS
      const nth = pickWarm(line, warm, at)
      const isWarm = ({ affinity }: Loader) => affinity !== null && (warm as string[]).includes(affinity)
      const isStubborn = ({ runAt, passedOver }: Loader) => at - runAt > MOST_WAIT_MS || passedOver >= MOST_PASSED
      const passed = line.slice(0, nth)
      expect(nth === 0 || isWarm(line[nth]!)).toBe(true)
      expect(passed.some((job) => isStubborn(job) || isWarm(job))).toBe(false)
      if (nth === 0 && !isWarm(line[0]!)) {
        const warmAt = line.findIndex(isWarm)
        expect(warmAt < 0 || line.slice(0, warmAt).some(isStubborn)).toBe(true)
      }
    }),
  )
})

const PEOPLE = ['ada', 'bob']
const work = fc.record({
  owner: fc.constantFrom(...PEOPLE),
  project: fc.integer({ min: 0, max: 1 }),
  affinity: fc.constantFrom('flux', 'sdxl', 'wan'),
  priority: fc.constantFrom(0, 0, 1),
})
const claims = fc.array(fc.array(fc.constantFrom('flux', 'sdxl', 'wan'), { maxLength: 2 }), { minLength: 1 })

test('affinity changes nothing of whose turn it is, only which of their jobs', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(work, { minLength: 3, maxLength: 12 }), claims, async (works, warmths) => {
      await using plain = await engine()
      await using warm = await engine()
      const jobs = works.map(({ project, ...job }) => ({
        ...job,
        kind: 'render',
        input: {},
        scope: `${job.owner}-${project}`,
      }))
      for (const app of [plain, warm]) await app.db.write((tx) => enqueueAll(app.deps, tx, jobs))
      const turn = ({ owner, scope, priority }: { owner: string; scope: string | null; priority: number }) =>
        `${owner} ${scope} ${priority}`
      for (let i = 0; i < works.length; i++) {
        const [[one], [other]] = [await start(plain, []), await start(warm, warmths[i % warmths.length]!)]
        expect(turn(other!)).toBe(turn(one!))
      }
      expect(await start(warm, ['flux'])).toEqual([])
    }),
    { numRuns: 6 },
  )
}, 60_000)

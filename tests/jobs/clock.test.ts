import { expect, test } from 'bun:test'
import { openBreakers } from '../../src/jobs/breaker.ts'
import { claim, LEASE_MS, takeOverLost } from '../../src/jobs/claim.ts'
import { openClockWatch } from '../../src/jobs/clock-watch.ts'
import { Snooze } from '../../src/jobs/handler.ts'
import { vendorError } from '../../src/llm/failures.ts'
import { stoppedClock } from '../support/clock.ts'
import { silent, temporaryFolder } from '../support/database.ts'
import { type Engine, testEngine, until } from '../support/jobs.ts'

const HOUR = 3_600_000
const TEN_YEARS = 87_660 * HOUR

/** Enqueues a job that asks to be tried again in `ms`, and lets it. */
async function snoozed(app: Engine, ms: number): Promise<string> {
  app.handle('read', () => Promise.reject(new Snooze(ms)))
  const { id } = await app.enqueue('read')
  await using _ = await app.work({ read: 1 })
  await until(async () => (await app.job(id)).attempt === 1 && (await app.job(id)).state === 'queued')
  return id
}

/** When the job is due, ms from now. */
const dueIn = async (app: Engine, id: string) => (await app.job(id)).runAt - app.clock.now()

for (const by of [HOUR, TEN_YEARS])
  test(`a job waits no longer when the clock is set back by ${by / HOUR} h meanwhile`, async () => {
    await using app = await testEngine()
    const waiting = await snoozed(app, 20_000)
    const due = await app.enqueue('read')
    const watch = await openClockWatch(app.deps)
    app.clock.set(-by)
    expect(await dueIn(app, waiting)).toBe(by + 20_000)
    const late = await app.enqueue('read') // it is put in by the clock as it is now
    expect(await watch.look()).toBe(true)
    expect([await dueIn(app, waiting), await dueIn(app, due.id), await dueIn(app, late.id)]).toEqual([20_000, 0, 0])
    expect(await watch.look()).toBe(false)
  })

test('a clock that ran ahead only for a moment between two looks keeps nobody waiting either', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const watch = await openClockWatch(app.deps)
  app.clock.set(HOUR)
  const { id } = await app.enqueue('write')
  app.clock.set(-2 * HOUR)
  expect(await watch.look()).toBe(true)
  expect(await dueIn(app, id)).toBe(0)
})

test('steps back that are too small to be seen to add up until they are', async () => {
  await using app = await testEngine()
  const id = await snoozed(app, 20_000)
  const watch = await openClockWatch(app.deps)
  const looks: boolean[] = []
  for (let i = 0; i < 3; i++) {
    app.clock.set(-900)
    looks.push(await watch.look())
  }
  expect(looks).toEqual([false, false, true])
  expect(await dueIn(app, id)).toBe(20_000)
})

test('a clock that was set back while no server ran keeps no job waiting, due or not', async () => {
  using folder = temporaryFolder()
  const clock = stoppedClock()
  const open = async (boot: string) => {
    const app = await testEngine({ folder: folder.path, clock, boot })
    app.handle('write', async () => undefined)
    return app
  }
  let ids: string[]
  {
    await using app = await open('boot-1')
    ids = [(await app.enqueue('write')).id, await snoozed(app, 500)]
  }
  clock.set(-TEN_YEARS)
  await using app = await open('boot-2')
  await app.work()
  await app.heard(ids[0]!, 'job.succeeded')
  expect(await dueIn(app, ids[1]!)).toBeLessThanOrEqual(500)
})

test('what this run of the server works on is not taken over, however far the clock jumped or the server slept', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const { id } = await app.enqueue('write')
  await app.claimed()
  for (const jump of [app.clock.set, app.clock.passAsleep]) {
    jump(TEN_YEARS)
    expect(await takeOverLost(app.deps, app.deps, { mine: [id] })).toEqual([])
  }
  expect((await app.job(id)).state).toBe('running')
})

test('what was claimed and not heard of is taken over at once, and counts as no death of the server', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const { id } = await app.enqueue('write')
  const working = await app.enqueue('write')
  for (let time = 1; time <= 3; time++) {
    await claim(app.deps, app.deps, 'write', 9)
    expect(await takeOverLost(app.deps, app.deps, { mine: [working.id] })).toEqual([]) // its lease holds
    const taken = await takeOverLost(app.deps, app.deps, { mine: [working.id], atOnce: true })
    expect(taken.map((job) => job.id)).toEqual([id])
    expect(await app.job(id)).toMatchObject({ state: 'queued', attempt: time, crashes: 0 })
  }
})

test('a lease that this run let run out counts as no death of the server', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const { id } = await app.enqueue('write')
  for (let time = 0; time < 3; time++) {
    await app.claimed()
    app.clock.pass(LEASE_MS)
    await takeOverLost(app.deps, app.deps)
  }
  expect(await app.job(id)).toMatchObject({ state: 'queued', crashes: 0 })
})

test('a breaker that opened by a clock that ran ahead lets one through', async () => {
  await using app = await testEngine()
  const breakers = openBreakers({ ...app.deps, log: silent })
  const outside = { key: 'provider:far', label: 'Far' }
  const fail = () => {
    const passage = breakers.enter(outside)
    passage.failed(vendorError({ vendor: 'Far', model: 'm', secret: '' }, {}))
    passage.left()
  }
  app.clock.set(TEN_YEARS)
  for (let i = 0; i < 5; i++) fail()
  expect(() => breakers.enter(outside)).toThrow()
  app.clock.set(-TEN_YEARS)
  const passage = breakers.enter(outside)
  expect(() => breakers.enter(outside)).toThrow(expect.objectContaining({ delayMs: 30_000 }))
  passage.left()
})

import { expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { gather } from '../../src/db/gather.ts'
import { enqueue, enqueueAll, type NewJob } from '../../src/jobs/enqueue.ts'
import { testEngine, until } from '../support/jobs.ts'

test('a job that gets due while the queue is being read is not left until the next look', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const { id } = await app.enqueue('write')
  const dueAt = app.clock.now() + 4 // the worker reads the clock three times before it has looked
  await app.db.write((tx) => tx.run(sql`UPDATE jobs SET run_at = ${dueAt}`))
  app.deps.now = () => {
    app.clock.pass(1)
    return app.clock.now()
  }
  const before = performance.now()
  await app.work()
  await app.heard(id, 'job.succeeded')
  expect(performance.now() - before).toBeLessThan(2_500) // an idle worker sleeps for 5 s
})

test('lanes bound how many jobs run at once, each for itself', async () => {
  await using app = await testEngine()
  const open: Record<string, number> = { write: 0, render: 0 }
  const most: Record<string, number> = { write: 0, render: 0 }
  const run = (lane: string) => async () => {
    most[lane] = Math.max(most[lane]!, ++open[lane]!)
    await Bun.sleep(2)
    open[lane]!--
    return undefined
  }
  app.handle('write', run('write'))
  app.handle('render', run('render'))
  const jobs = await Promise.all(Array.from({ length: 24 }, (_, i) => app.enqueue(i % 2 ? 'write' : 'render')))
  await app.work({ write: 3, render: 2 })
  for (const { id } of jobs) await app.heard(id, 'job.succeeded')
  expect(most).toEqual({ write: 3, render: 2 })
})

test('the higher priority goes first, and equals in the order of their coming', async () => {
  await using app = await testEngine()
  const order: unknown[] = []
  app.handle('write', async ({ input }) => void order.push(input))
  for (const [input, priority] of [
    ['a', 0],
    ['b', 0],
    ['c', 5],
    ['d', 0],
    ['e', 5],
  ] as const)
    await app.enqueue('write', { input, priority })
  await app.work({ write: 5 })
  await until(() => order.length === 5)
  expect(order).toEqual(['c', 'e', 'a', 'b', 'd'])
})

test('the same key twice is one job', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const [first, second] = await Promise.all([
    app.enqueue('write', { key: 'k' }),
    app.enqueue('write', { key: 'k', input: 2 }),
  ])
  expect(second).toEqual(first)
  expect(await app.types(first.id)).toEqual(['job.queued'])
})

test('a job enqueued in a transaction that fails was never there', async () => {
  await using app = await testEngine()
  const ran: string[] = []
  app.handle('write', async ({ job }) => void ran.push(job.id))
  await app.work()
  const failed = app.db.write(async (tx) => {
    await enqueue(app.deps, tx, { kind: 'write', input: {}, key: 'gone' })
    throw new Error('changed my mind')
  })
  await expect(failed).rejects.toThrow('changed my mind')
  const other = await app.enqueue('write', { key: 'gone' })
  await app.heard(other.id, 'job.succeeded')
  expect(app.told.filter(({ type }) => type === 'job.queued')).toHaveLength(1)
  expect(ran).toEqual([other.id])
})

test('who enqueues at the same moment shares a commit, and the same key is one job also then', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  const queue = gather(app.db, (tx, wanted: NewJob[]) => enqueueAll(app.deps, tx, wanted))
  const before = app.db.stats.commits
  const [first, again, other] = await Promise.all([
    queue({ kind: 'write', input: { n: 1 }, key: 'one' }),
    queue({ kind: 'write', input: { n: 2 }, key: 'one' }),
    queue({ kind: 'write', input: { n: 3 }, about: { title: 'the third' } }),
  ])
  expect(app.db.stats.commits - before).toBe(1)
  expect(again!.id).toBe(first!.id)
  expect(await app.job(first!.id)).toEqual(first!)
  expect(await app.job(other!.id)).toEqual(other!)
  expect(await app.types(first!.id)).toEqual(['job.queued'])
  expect((await app.lines(other!.id))[0]?.body).toMatchObject({ title: 'the third' })
})

test('a place is free as soon as a handler has let go, so that the next job starts in the commit that ends the one before', async () => {
  await using app = await testEngine()
  app.handle('write', async () => undefined)
  for (let i = 0; i < 5; i++) await app.enqueue('write')
  const last = await app.enqueue('write')
  const before = app.db.stats.commits
  await app.work({ write: 1 })
  await app.heard(last.id, 'job.succeeded')
  expect(app.db.stats.commits - before).toBeLessThanOrEqual(7) // six claims, of which five share a commit with an end
})

import { expect, test } from 'bun:test'
import { unreachable } from '../../src/db/remote.ts'
import { claim } from '../../src/jobs/claim.ts'
import { testEngine, until } from '../support/jobs.ts'

test('a claim whose answer was lost is taken over as soon as the queue is read again, and its job is done', async () => {
  await using app = await testEngine()
  app.handle('write', async () => ({ result: 'fine' }))
  const { id } = await app.enqueue('write')
  await claim(app.deps, app.deps, 'write', 1)
  await app.enqueue('write')
  const { write } = app.db
  let cuts = 0
  app.deps.db = {
    ...app.db,
    write: (work) => (cuts++ === 0 ? Promise.reject(unreachable(new Error('cut'))) : write(work)),
  }
  await app.work()
  await app.heard(id, 'job.succeeded')
  expect(await app.attempts(id)).toMatchObject([{ outcome: 'lost' }, { outcome: 'succeeded' }])
  expect(await app.job(id)).toMatchObject({ crashes: 0, failures: 0 })
})

test('an attempt that finds the database away is no failure of its job: it is tried again, however often', async () => {
  await using app = await testEngine()
  let runs = 0
  app.handle('write', async () => {
    if (++runs <= 7) throw Object.assign(new Error('Failed query'), { cause: unreachable(new Error('cut')) })
    return undefined
  })
  const { id } = await app.enqueue('write')
  await app.work()
  for (let time = 1; time <= 7; time++) {
    await until(async () => (await app.job(id)).attempt === time && (await app.job(id)).state === 'queued')
    app.pass(1_000)
  }
  await app.heard(id, 'job.succeeded')
  expect(await app.job(id)).toMatchObject({ failures: 0, attempt: 8 })
})

import { expect, test } from 'bun:test'
import { type TestApp, testApp } from '../support/app.ts'
import { stoppedClock } from '../support/clock.ts'

const DAY = 24 * 3_600_000

async function ranNow(app: TestApp) {
  const { job } = (await (await app.post('/api/schedules/retention/runs')).json()) as { job: { id: string } }
  using reading = await app.follow(`/api/jobs/${job.id}/events`)
  await reading.until(({ type }) => /succeeded|failed/.test(type), 'its end')
  return (await app.json(`/api/jobs/${job.id}`)).job.result
}

async function read(app: TestApp, project: string, after = 0) {
  using reading = await app.follow(`/api/projects/${project}/events?follow=false&after=${after}`)
  await reading.over
  return reading.durable()
}

test('a project that is done keeps what was made, for good, and each step of the way for as long as is set', async () => {
  const clock = stoppedClock()
  await using app = await testApp({ clock, settings: { HEARTH_KEEP_DAYS: '30' } })
  const { project } = await app.make('a command line program that renames photos')
  expect(await app.settled(project.id)).toBe('done')
  const before = await read(app, project.id)
  clock.pass(29 * DAY)
  expect(await ranNow(app)).toMatchObject({ projects: 0, events: 0 })
  clock.pass(2 * DAY)
  const compacted = await ranNow(app)
  expect(compacted).toMatchObject({ projects: 1 })
  expect(compacted.events).toBeGreaterThan(10)
  expect(await ranNow(app)).toMatchObject({ projects: 0, events: 0 })

  const [first, ...rest] = await read(app, project.id)
  expect(first).toMatchObject({ type: 'reset', prev: 0 })
  const { state } = first!
  expect(Object.keys(state)).toEqual(['project', 'tasks', 'files', 'jobs'])
  expect([state.project.status, state.files.length]).toEqual(['done', 5])
  expect(rest[0]!.prev).toBe(first!.seq!)
  expect(rest.map(({ seq }) => seq)).toEqual(before.filter(({ seq }) => seq! > first!.seq!).map(({ seq }) => seq))
  expect(await read(app, project.id, first!.seq)).toEqual(rest)
  const { rows } = await app.app.db.read.run(`select type from events where scope = '${project.id}'`)
  const types = rows.map(({ type }) => type)
  for (const kept of ['project.created', 'plan.proposed', 'file.written', 'job.succeeded'])
    expect(types).toContain(kept)
  expect(types).not.toContain('job.phase')
  expect((await app.request(`/projects/${project.id}`)).status).toBe(200)
})

test('with HEARTH_KEEP_DAYS=0 everything is kept for ever', async () => {
  const clock = stoppedClock()
  await using app = await testApp({ clock, settings: { HEARTH_KEEP_DAYS: '0' } })
  const { project } = await app.make('a command line program that renames photos')
  await app.settled(project.id)
  const before = await read(app, project.id)
  clock.pass(1_000 * DAY)
  expect((await ranNow(app)).says).toContain('Everything is kept')
  expect(await read(app, project.id)).toEqual(before)
})

import { expect, test } from 'bun:test'
import { keepAnswer } from '../../src/llm/answers.ts'
import { answers } from '../../src/llm/tables.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { stoppedClock } from '../support/clock.ts'

const DAY = 24 * 3_600_000

async function ran(app: TestApp, schedule: string): Promise<string> {
  const { job } = (await (await app.post(`/api/schedules/${schedule}/runs`)).json()) as { job: { id: string } }
  using reading = await app.follow(`/api/jobs/${job.id}/events`)
  await reading.until(({ type }) => /succeeded|failed/.test(type), 'its end')
  return job.id
}

async function ranNow(app: TestApp) {
  return (await app.json(`/api/jobs/${await ran(app, 'retention')}`)).job.result
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

test('of jobs without a project nothing stays after that time but the last run of each schedule', async () => {
  const clock = stoppedClock()
  await using app = await testApp({ clock, settings: { HEARTH_KEEP_DAYS: '30' } })
  const { project } = await app.make('a command line program that renames photos')
  await app.settled(project.id)
  const runs: string[] = []
  for (const id of ['attempts', 'attempts', 'attempts', 'backup', 'retention']) runs.push(await ran(app, id))
  clock.pass(29 * DAY)
  const recent = await ran(app, 'attempts')
  expect(await ranNow(app)).toMatchObject({ jobs: 0 })
  clock.pass(2 * DAY)
  expect(await ranNow(app)).toMatchObject({ jobs: 4 })
  const stays = [...runs.slice(3, 4), recent]
  for (const id of stays) expect((await app.request(`/api/jobs/${id}`)).status).toBe(200)
  const { read: db } = app.app.db
  for (const id of runs.filter((id) => !stays.includes(id))) {
    expect((await app.request(`/api/jobs/${id}`)).status).toBe(404)
    for (const table of ['events', 'attempts'])
      expect(await db.all(`select 1 from ${table} where job_id = '${id}'`)).toEqual([])
  }
  expect((await app.json(`/api/jobs?project=${project.id}`)).items).toHaveLength(7)
  expect(await db.all('PRAGMA foreign_key_check')).toEqual([])
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

test('answers that are too old to be given again are forgotten, whatever else is kept', async () => {
  const clock = stoppedClock()
  await using app = await testApp({ clock, settings: { HEARTH_KEEP_DAYS: '0', HEARTH_ANSWERS_HOURS: '24' } })
  const { db } = app.app
  await db.write((tx) =>
    keepAnswer(app.app, tx, 'a request', { text: 'An answer.', task: { kind: 'check', brief: '' } }),
  )
  const kept = () => db.read.select().from(answers)
  await ranNow(app)
  expect(await kept()).toHaveLength(1)
  clock.pass(DAY + 1)
  await ranNow(app)
  expect(await kept()).toHaveLength(0)
})

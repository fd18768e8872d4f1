import { expect, test } from 'bun:test'
import { enqueue } from '../../src/jobs/enqueue.ts'
import { pauseJob } from '../../src/jobs/jobs.ts'
import { testApp } from '../support/app.ts'

/** An app that starts nothing, with renders of one project that wait. */
async function waiting(count: number) {
  const app = await testApp({ work: false })
  const { project } = await app.make()
  const { app: deps } = app
  const jobs = await deps.db.write(async (tx) => {
    const made: string[] = []
    for (let n = 0; n < count; n++) {
      const input = { request: { prompt: `picture ${n}` } }
      made.push((await enqueue(deps, tx, { kind: 'render', input, scope: project.id })).id)
    }
    return made
  })
  return { app, jobs, project }
}

const namesIn = (items: { name: string }[]) => items.map(({ name }) => name)

test('the queue tells what waits, in its order, and what stands aside', async () => {
  const { app, jobs } = await waiting(3)
  await using _ = app
  await pauseJob(app.app, jobs[1]!, 'person:x')
  const queue = await app.json('/api/queue')
  expect(namesIn(queue.waiting)).toEqual(['picture 0', 'picture 2'])
  expect(queue.aside).toMatchObject([{ name: 'picture 1', job: { state: 'paused' } }])
  expect(queue.aside[0].waits).toContain('paused')
})

test('a job is put before another, by the API and by the buttons of the page', async () => {
  const { app, jobs } = await waiting(4)
  await using _ = app
  const placed = await app.post(`/api/jobs/${jobs[3]}/place`, { before: jobs[0] })
  expect(placed.status).toBe(202)
  expect(namesIn((await app.json('/api/queue')).waiting)).toEqual(['picture 3', 'picture 0', 'picture 1', 'picture 2'])
  const move = async (job: string, way: string) => {
    const body = new URLSearchParams({ job, way })
    const response = await app.request('/queue/moves', { method: 'POST', body, redirect: 'manual' })
    expect(response.status).toBe(303)
  }
  await move(jobs[3]!, 'down')
  await move(jobs[2]!, 'up')
  expect(namesIn((await app.json('/api/queue')).waiting)).toEqual(['picture 0', 'picture 3', 'picture 2', 'picture 1'])
  await move(jobs[1]!, 'first')
  await move(jobs[0]!, 'last')
  expect(namesIn((await app.json('/api/queue')).waiting)).toEqual(['picture 1', 'picture 3', 'picture 2', 'picture 0'])
})

test('a job that nobody knows, or that does not wait, has no place', async () => {
  const { app, jobs } = await waiting(1)
  await using _ = app
  expect((await app.post('/api/jobs/nobody/place', { before: 5 })).status).toBe(404)
  expect((await app.post(`/api/jobs/${jobs[0]}/place`, { before: 'nobody' })).status).toBe(422)
  await pauseJob(app.app, jobs[0]!, 'person:x')
  expect((await app.post(`/api/jobs/${jobs[0]}/place`, { before: null })).status).toBe(409)
})

test('a picture that somebody asked for is called by its words, wherever its job is shown', async () => {
  const { app, jobs } = await waiting(1)
  await using _ = app
  for (const path of [`/jobs/${jobs[0]}`, '/queue', '/devices'])
    expect(await (await app.request(path)).text()).toContain('picture 0')
  expect(await (await app.request(`/jobs/${jobs[0]}`)).text()).toContain('<p class="asked" dir="auto">picture 0</p>')
})

test('the side says where one is', async () => {
  await using app = await testApp({ work: false })
  const side = /<a class="upkeep" href="\/queue" aria-current="page"/
  expect(await (await app.request('/queue')).text()).toMatch(side)
  expect(await (await app.request('/gallery')).text()).not.toMatch(side)
})

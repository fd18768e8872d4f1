import { expect, test } from 'bun:test'
import { testApp } from '../support/app.ts'

test('where a picture’s last preview was, there is the picture when it is finished; elsewhere there is nothing', async () => {
  await using app = await testApp()
  const { project } = await app.make()
  expect(await app.settled(project.id)).toBe('done')
  const log = await (await app.request(`/api/projects/${project.id}/events?follow=false`)).text()
  const { job, path } = log
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .find(({ type }) => type === 'render.finished')

  const gone = await app.request(`/jobs/${job}/previews/1/000001.png`)
  expect(gone.status).toBe(302)
  expect(gone.headers.get('location')).toBe(`/api/projects/${project.id}/files/${path}`)
  expect((await app.request(gone.headers.get('location')!)).headers.get('content-type')).toBe('image/png')
  expect((await app.request('/jobs/nothing/previews/1/000001.png')).status).toBe(404)
  expect((await app.request(`/jobs/${job}/previews/1/..%2f..%2fspec.json`)).status).toBe(404)
})

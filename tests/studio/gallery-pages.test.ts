import { expect, test } from 'bun:test'
import { differences, parametersText } from '../../src/studio/known.ts'
import type { Artifact } from '../../src/studio/tables.ts'
import { type TestApp, testApp } from '../support/app.ts'

/** An app with a project that holds so many pictures; the newest first. */
async function withPictures(count: number) {
  const app = await testApp()
  const request = { prompt: 'a red boat', negative: 'text', width: 64, height: 64, steps: 2, seed: 7, count }
  const { project, job } = (await (await app.post('/api/renders', { request })).json()) as {
    project: string
    job: { id: string }
  }
  using reading = await app.follow(`/api/jobs/${job.id}/events`)
  await reading.until(({ type }) => type === 'job.succeeded', 'its end')
  const { items } = await app.json(`/api/projects/${project}/artifacts`)
  return { app, project, items: items as [Artifact, Artifact] }
}

const html = async (app: TestApp, path: string) => (await app.request(path)).text()

function submit(app: TestApp, path: string) {
  return app.request(path, { method: 'POST', body: new URLSearchParams({ page: 'x' }), redirect: 'manual' })
}

test('a picture is deleted from its page, is in no gallery then, and comes back with its file', async () => {
  const { app, project, items } = await withPictures(2)
  await using _ = app
  const [gone, stays] = items
  const listed = async () =>
    (await app.json(`/api/projects/${project}/artifacts`)).items.map(({ id }: { id: string }) => id)
  const deleted = await submit(app, `/artifacts/${gone.id}/deletion`)
  const after = deleted.headers.get('location')!
  expect([deleted.status, after]).toEqual([303, `/projects/${project}/gallery?deleted=${gone.id}`])
  const page = await html(app, after)
  expect(page).toContain('is in the trash')
  expect(page).not.toContain(`id="shot-${gone.id}"`)
  expect(await listed()).toEqual([stays.id])
  expect(await html(app, `/artifacts/${gone.id}`)).toContain('Bring it back')

  expect((await submit(app, `/artifacts/${gone.id}/restoration`)).headers.get('location')).toBe(`/artifacts/${gone.id}`)
  expect(await listed()).toEqual([gone.id, stays.id])
  expect((await app.request(`/api/artifacts/${gone.id}`, { method: 'DELETE' })).status).toBe(204)
  expect((await app.post(`/api/artifacts/${gone.id}/restoration`, {})).status).toBe(204)
  expect((await app.post('/api/artifacts/nobody/restoration', {})).status).toBe(404)
})

test('what a picture was made with can be copied, and two that are compared tell what differs', async () => {
  const { app, items } = await withPictures(2)
  await using _ = app
  const [one, other] = items
  const page = await html(app, `/artifacts/${one.id}`)
  for (const { id } of [one, other]) expect(await html(app, `/jobs/${one.job}`)).toContain(`href="/artifacts/${id}"`)
  const text = `a red boat\nNegative prompt: text\nSteps: 2, CFG scale: ${one.recipe!.params.guidance}, Seed: ${one.seed}, Size: 64x64, Model: sketch`
  expect(parametersText(one)).toBe(text)
  expect(page).toContain(text)
  for (const part of ['words', 'negative-words', 'seed-value', 'parameters']) {
    expect(page).toContain(`data-copy="${part}"`)
    expect(page).toContain(`id="${part}"`)
  }
  expect(differences(one, other)).toContainEqual(['Seed', String(one.seed), String(other.seed)])
  const compared = await html(app, `/compare?with=${one.id}&with=${other.id}`)
  expect(compared).toMatch(new RegExp(`<th scope="row">Seed</th><td[^>]*>${one.seed}</td><td[^>]*>${other.seed}</td>`))
  expect(await html(app, `/compare?with=${one.id}`)).toContain('That was one')
})

test('a form begins with a picture of the project, or takes the parameters that one carries', async () => {
  const { app, project, items } = await withPictures(1)
  await using _ = app
  const [{ path, seed }] = items
  const filled = await html(app, `/projects/${project}/gallery?from=${encodeURIComponent(path)}`)
  expect(filled).toContain('<details class="asking" open>')
  for (const [name, value] of Object.entries({ seed, width: 64, steps: 2 }))
    expect(filled).toMatch(new RegExp(`name="${name}"[^>]*value="${value}"`))
  await app.request(`/api/projects/${project}/uploads?name=note.txt`, { method: 'POST', body: 'no picture' })
  const refused = await app.request(`/projects/${project}/gallery?from=uploads/note.txt`)
  expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining('does not say how it was made')])
  expect((await app.request(`/projects/${project}/gallery?from=nothing.png`)).status).toBe(404)
})

test('what waits does not push the pictures off the page: the next of it are shown, and how many more there are', async () => {
  await using app = await testApp({ work: false })
  const { project } = await (await app.post('/api/renders', { title: 'Boats' })).json()
  for (let n = 1; n <= 10; n++)
    await app.post(`/api/projects/${project}/renders`, { request: { prompt: `boat ${n}.` } })
  const page = await html(app, `/projects/${project}/gallery/now`)
  expect(page).toContain('<small class="figures">10</small>')
  expect([...page.matchAll(/<bdi>(boat \d+\.)<\/bdi>/g)].map(([, words]) => words)).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `boat ${n}.`),
  )
  expect(page).toContain('and 2 more')
})

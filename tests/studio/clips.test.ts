import { expect, test } from 'bun:test'
import { cpuDevice } from '../../src/gpu/devices.ts'
import { encodePng } from '../../src/gpu/png.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { filmApp } from '../support/film-app.ts'

async function album(app: TestApp): Promise<string> {
  return ((await (await app.post('/api/renders', { title: 'Clips' })).json()) as { project: string }).project
}

/** The last line of a job that is asked for, and what it has made. */
async function asked(app: TestApp, project: string, request: object, more: object = {}) {
  const response = await app.post(`/api/projects/${project}/renders`, {
    request: { prompt: 'a boat', function: 'video', ...request },
    ...more,
  })
  const { job } = (await response.json()) as { job: { id: string } }
  using reading = await app.follow(`/api/jobs/${job.id}/events`)
  const last = await reading.until(({ type }) => /^job\.(succeeded|failed|held)$/.test(String(type)), 'its end')
  const { items } = await app.json(`/api/artifacts?job=${job.id}`)
  return { job: job.id, last, clip: items[0] }
}

const form = (app: TestApp, path: string, fields: Record<string, string>) =>
  app.request(path, {
    method: 'POST',
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    redirect: 'manual',
  })

test('a clip is as long as was asked for, as near as its model can; what it can’t is refused with what it can', async () => {
  await using app = await filmApp()
  const project = await album(app)
  const { clip } = await asked(app, project, { seconds: 1.3 })
  expect(clip).toMatchObject({ function: 'video', model: 'film/tiny', frames: 21, fps: 16, lowered: [] })
  expect(clip.recipe.params).toMatchObject({ width: 112, height: 64, steps: 3 })
  const { last } = await asked(app, project, { seconds: 30 })
  expect(last).toMatchObject({ type: 'job.failed', error: { code: 'invalid_frames' } })
  expect(JSON.stringify(last)).toContain(
    'Tiny Film makes clips of at most 2 s here (33 frames, 16 a second), not 30 s.',
  )
}, 20_000)

test('a clip from a picture has its shape', async () => {
  await using app = await filmApp()
  const project = await album(app)
  const tall = encodePng(32, 64, new Uint8Array(32 * 64 * 3).fill(9), {})
  await app.request(`/api/projects/${project}/uploads?name=tall.png`, {
    method: 'POST',
    body: new Blob([new Uint8Array(tall)]),
  })
  const { clip } = await asked(app, project, {}, { inputs: { init: 'uploads/tall.png' } })
  expect(clip.recipe.params).toMatchObject({ width: 64, height: 128, frames: 17 })
}, 20_000)

test('the gallery offers clips where something makes them, says beforehand how long one is, and takes the order', async () => {
  await using app = await filmApp()
  const project = await album(app)
  const page = await (await app.request(`/projects/${project}/gallery`)).text()
  expect(page).toContain('id="order-clip"')
  expect(page).toContain('name="seconds"')
  expect(page).toContain('Tiny Film</option>')
  const fields = { prompt: 'a boat', function: 'video', seconds: '1' }
  const told = await (await form(app, `/projects/${project}/renders/preflight`, fields)).text()
  expect(told).toContain('112 × 64, 17 frames at 16 a second: 1.1 s')
  expect((await form(app, `/projects/${project}/renders`, fields)).status).toBe(303)
  expect(await app.settled(project)).toBe('done')
  const { items } = await app.json(`/api/projects/${project}/artifacts`)
  expect(items).toMatchObject([{ function: 'video', frames: 17 }])
}, 20_000)

test('where nothing makes clips, one that is asked for waits for what is missing, and says what that is', async () => {
  await using app = await testApp()
  const project = await album(app)
  const page = await (await app.request(`/projects/${project}/gallery`)).text()
  expect(page).toContain('Nothing here makes clips yet. No model is installed that can do this (clips from text)')
  expect(page).not.toContain('id="order-clip"')
  const { job, last } = await asked(app, project, {})
  expect(last).toMatchObject({ type: 'job.held', error: { code: 'gpu_no_model' } })
  expect(await app.settled(project)).toBe('held')
  expect(await (await app.request(`/jobs/${job}`)).text()).toContain('Add one on the page “Weights”')
  await app.post(`/api/jobs/${job}/cancellation`, {})
  expect(await app.settled(project)).toBe('done')
}, 20_000)

test('on a processor alone, a model for clips is used where it is named, and the form names it', async () => {
  await using app = await filmApp({ devices: [cpuDevice()] })
  const project = await album(app)
  const page = await (await app.request(`/projects/${project}/gallery`)).text()
  expect(page).toContain('A clip takes long on this machine')
  const { last } = await asked(app, project, {})
  expect(last).toMatchObject({ type: 'job.held' })
  expect(JSON.stringify(last)).toContain('name it (film/tiny)')
  expect((await asked(app, project, { model: 'film/tiny' })).clip.frames).toBe(17)
}, 20_000)

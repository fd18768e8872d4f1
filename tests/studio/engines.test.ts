import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Device } from '../../src/gpu/devices.ts'
import { encodePng } from '../../src/gpu/png.ts'
import { recipeIn } from '../../src/studio/metadata/embed.ts'
import { leapingApp, type TestApp, type TestAppOptions, testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'
import { until } from '../support/jobs.ts'

const MAIN = join(import.meta.dir, '../support/pretend-engine-main.ts')
const GB = 1024 ** 3
const card = (id: string): Device => ({ id, name: `Card ${id}`, kind: 'cuda', totalBytes: 24 * GB, freeBytes: 24 * GB })
const REQUEST = { engine: 'pretend', width: 64, height: 64, steps: 3 }

/** An app with an engine that was dropped into its data directory, and a project without a plan. */
async function withEngine(options: TestAppOptions = {}, open: typeof testApp = leapingApp) {
  const folder = temporaryFolder()
  const place = join(folder.path, 'engines', 'pretend')
  mkdirSync(place, { recursive: true })
  const command = JSON.stringify([process.execPath, MAIN])
  writeFileSync(
    join(place, 'engine.toml'),
    `name = "pretend"\nlabel = "Pretend"\nversion = "1"\nfunctions = ["image", "video"]\ndevices = ["cuda", "cpu"]\ncommand = ${command}\n`,
  )
  const app = await open({ ...options, data: folder.path })
  const { project } = (await (await app.post('/api/renders', { title: 'Pictures' })).json()) as { project: string }
  return {
    app,
    project,
    async start(request: object, more: object = {}): Promise<string> {
      const response = await app.post(`/api/projects/${project}/renders`, {
        request: { ...REQUEST, ...request },
        ...more,
      })
      expect(response.status).toBe(201)
      return ((await response.json()) as { job: { id: string } }).job.id
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

async function ended(app: TestApp, job: string) {
  const over = async () => /succeeded|failed|held|cancelled/.test((await app.json(`/api/jobs/${job}`)).job.state)
  await until(over, 'the job is over')
  const { items } = await app.json(`/api/artifacts?job=${job}`)
  return { ...(await app.json(`/api/jobs/${job}`)), items: items.toReversed() }
}

const bytesOf = async (app: TestApp, url: string) => new Uint8Array(await (await app.request(url)).arrayBuffer())
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('each picture of a batch is kept, with its own seed and its recipe inside, and any of them is made again', async () => {
  await using one = await withEngine()
  const { app, start } = one
  const { items, job } = await ended(app, await start({ prompt: 'pictures', count: 3, seed: 40 }))
  expect(items.map(({ n, seed }: { n: number; seed: number }) => [n, seed]).sort()).toEqual([
    [1, 40],
    [2, 41],
    [3, 42],
  ])
  expect(new Set(items.map(({ path }: { path: string }) => path)).size).toBe(3)
  const changes = (await app.json(`/api/projects/${one.project}/changes`)).items
  expect(changes[0]).toMatchObject({ job: job.id, count: 3 })
  const second = items.find(({ n }: { n: number }) => n === 2)
  const bytes = await bytesOf(app, second.url)
  expect(sha256(bytes)).toBe(second.sha256)
  const recipe = recipeIn(bytes)!
  expect(recipe).toMatchObject({
    engine: 'pretend',
    engineVersion: '1',
    n: 2,
    seed: 41,
    params: { count: 3, seed: 40 },
  })
  const again = (await (await app.post('/api/repetitions', { recipe, sha256: second.sha256 })).json()) as {
    job: { id: string }
  }
  const made = await ended(app, again.job.id)
  expect(made.items.map((each: { sha256: string }) => each.sha256)).toContain(second.sha256)
  const older = (await (await app.post('/api/repetitions', { recipe: { ...recipe, engineVersion: '0' } })).json()) as {
    job: { id: string }
  }
  expect((await ended(app, older.job.id)).job).toMatchObject({ state: 'failed', error: { code: 'recipe_differs' } })
}, 60_000)

test('a film is kept with a picture that stands for it, and played in parts', async () => {
  await using one = await withEngine()
  const { app, start } = one
  const { items } = await ended(app, await start({ prompt: 'a film', function: 'video', frames: 17, fps: 8 }))
  const [film] = items
  expect(film).toMatchObject({ function: 'video', mediaType: 'video/mp4', frames: 17, fps: 8 })
  expect(film.path).toEndWith('.mp4')
  expect(recipeIn(await bytesOf(app, film.url))).toMatchObject({ function: 'video', params: { frames: 17 } })
  expect((await app.request(film.poster)).headers.get('content-type')).toBe('image/jpeg')
  expect((await app.request(film.url, { headers: { range: 'bytes=4-7' } })).status).toBe(206)
  expect(await (await app.request(`/artifacts/${film.id}`)).text()).toContain('<video')
}, 60_000)

test('a render that begins with a file is given its bytes as they were, and says so', async () => {
  await using one = await withEngine()
  const { app, start, project } = one
  const png = encodePng(64, 64, new Uint8Array(64 * 64 * 3).fill(9), {})
  await app.request(`/api/projects/${project}/uploads?name=first.png`, {
    method: 'POST',
    body: new Blob([new Uint8Array(png)]),
  })
  const { items } = await ended(app, await start({ prompt: 'changed' }, { inputs: { init: 'uploads/first.png' } }))
  expect(items[0].recipe.inputs).toEqual({ init: sha256(png) })
}, 60_000)

test('an attempt whose LoRA is gone when it is to begin says so, and does not stay open', async () => {
  await using one = await withEngine()
  const { job, renders } = await ended(
    one.app,
    await one.start({ prompt: 'x', loras: [{ model: 'a/gone', scale: 1 }] }),
  )
  expect(job).toMatchObject({ state: 'failed', error: { code: 'unknown_model' } })
  const ends = renders.map(({ outcome, endedAt }: { outcome: string; endedAt: number }) => [outcome, typeof endedAt])
  expect(ends).toEqual([['unknown_model', 'number']])
}, 30_000)

test('memory that runs out is tried again in a fresh process, which counts as no failure; when nothing is left to lower, a person is asked', async () => {
  await using one = await withEngine({ devices: [card('a')] })
  const { app, start } = one
  const mended = await ended(app, await start({ prompt: 'oom 1' }))
  expect(mended.job).toMatchObject({ state: 'succeeded', attempt: 2, failures: 0 })
  const never = await ended(app, await start({ prompt: 'oom 99' }))
  expect(never.job).toMatchObject({ state: 'held', failures: 0, error: { code: 'gpu_out_of_memory' } })
  expect(never.job.error.message).toContain('24 GB were free of 24 GB')
}, 60_000)

test('four devices render at once, and each takes one at a time', async () => {
  await using one = await withEngine({ devices: ['a', 'b', 'c', 'd'].map(card) }, testApp)
  const { app, start } = one
  const jobs = []
  for (let i = 0; i < 8; i++) jobs.push(await start({ prompt: `waits 1 number ${i}` }))
  const running = async () => app.app.devices.held()
  await until(async () => (await running()).length === 4, 'all four are at work')
  expect(new Set((await running()).map(({ device }) => device)).size).toBe(4)
  for (const job of jobs) await app.post(`/api/jobs/${job}/cancellation`, {})
  await until(async () => (await running()).length === 0, 'all are free')
}, 60_000)

test('a render that is stopped frees its device within two seconds', async () => {
  await using one = await withEngine({ devices: [card('a')] }, testApp)
  const { app, start } = one
  const job = await start({ prompt: 'waits 9' })
  await until(async () => app.app.live.view(job)?.draft.phase === 'denoise', 'it is at work')
  expect(await (await app.request(`/jobs/${job}`)).text()).toMatch(/waited [\d:]+.*loading [\d:]+.*at work [\d:]+/s)
  const began = performance.now()
  await app.post(`/api/jobs/${job}/cancellation`, {})
  await until(async () => app.app.devices.held().length === 0, 'the device is free')
  expect(performance.now() - began).toBeLessThan(2_000)
  expect((await ended(app, job)).job.state).toBe('cancelled')
}, 60_000)

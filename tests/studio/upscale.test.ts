import { afterAll, beforeAll, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { understood } from '../../src/cli/render-order.ts'
import type { Device } from '../../src/gpu/devices.ts'
import { encodePng } from '../../src/gpu/png.ts'
import { attemptsOfRender } from '../../src/gpu/render-attempts.ts'
import { tileOf } from '../../src/gpu/upscale.ts'
import { recipeIn } from '../../src/studio/metadata/embed.ts'
import { leapingApp, type TestApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'
import { esrgan } from '../support/esrgan.ts'
import { until } from '../support/jobs.ts'
import { safetensors } from '../support/weights.ts'

const GIB = 1024 ** 3
const CARD: Device = { id: 'GPU-1', name: 'Card', kind: 'cuda', totalBytes: 8 * GIB, freeBytes: 8 * GIB }
const CPU: Device = { id: 'cpu', name: 'CPU', kind: 'cpu', totalBytes: 8 * GIB, freeBytes: 8 * GIB }
const SKETCH = { prompt: 'a red boat at dawn', width: 64, height: 48, steps: 1, seed: 5, engine: 'sketch' }
const picture = encodePng(40, 30, new Uint8ClampedArray(40 * 30 * 3).fill(120), {})

let app: TestApp
let folder: ReturnType<typeof temporaryFolder>
beforeAll(async () => {
  folder = temporaryFolder()
  const program = join(folder.path, 'sd-cli')
  const standIn = join(import.meta.dir, '../support/sd-cli-main.ts')
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${standIn}' "$@"\n`)
  chmodSync(program, 0o755)
  mkdirSync(join(folder.path, 'weights'))
  for (const name of ['tiny-x4', 'fails-device'])
    writeFileSync(join(folder.path, 'weights', `${name}.safetensors`), safetensors(esrgan(4), { name }))
  const settings = { HEARTH_SD_CLI: program, HEARTH_MODELS: join(folder.path, 'weights') }
  app = await leapingApp({ data: join(folder.path, 'data'), settings, devices: [CPU, CARD] })
})
let first: { id: string; project: string; sha256: string }
beforeAll(async () => {
  const { items } = await asked('/api/renders', { request: SKETCH })
  first = items[0]
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

async function ended(job: { id: string }) {
  using reading = await app.follow(`/api/jobs/${job.id}/events`)
  await reading.until(({ type }) => /^job\.(succeeded|failed|held)$/.test(String(type)), 'its end')
  const { items } = await app.json(`/api/artifacts?job=${job.id}`)
  return { ...(await app.json(`/api/jobs/${job.id}`)).job, items }
}

async function asked(path: string, body: object) {
  const response = await app.post(path, body)
  const answer = (await response.json()) as { job: { id: string }; project?: string; code?: string; detail?: string }
  if (response.status !== 201) throw new Error(`${response.status} ${answer.code}: ${answer.detail}`)
  return { ...(await ended(answer.job)), project: answer.project }
}

function sidecarOf(sha: string): string | undefined {
  const all = [...new Bun.Glob('data/results/**/*.json').scanSync(folder.path)]
  return all.filter((path) => path.includes(sha.slice(0, 8))).map((path) => join(folder.path, path))[0]
}

const bytesOf = async (url: string) => new Uint8Array(await (await app.request(url)).arrayBuffer())
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

test('a picture is made larger without any model, says what it came from, and is made again byte for byte', async () => {
  const { project } = first
  const { items, state } = await asked(`/api/artifacts/${first.id}/upscales`, { scale: 3, engine: 'sketch' })
  expect(state).toBe('succeeded')
  const [larger] = items
  expect(larger).toMatchObject({
    project,
    function: 'upscale',
    parent: first.id,
    width: 192,
    height: 144,
    mediaType: 'image/png',
    engine: 'sketch',
    prompt: SKETCH.prompt,
    recipe: { parent: first.sha256, inputs: { init: first.sha256 }, params: { scale: 3 } },
  })
  expect(larger.reason).toContain('adds no detail')
  const bytes = await bytesOf(larger.url)
  expect(recipeIn(bytes)).toEqual(larger.recipe)
  await until(async () => sidecarOf(larger.sha256) !== undefined, 'its sidecar') // written behind the commit
  expect(JSON.parse(readFileSync(sidecarOf(larger.sha256)!, 'utf8')).recipe.function).toBe('upscale')
  const again = await asked('/api/repetitions', { recipe: recipeIn(bytes), sha256: sha256(bytes) })
  expect(again.items[0].sha256).toBe(larger.sha256)
})

test('by a model where there is one: tiles are told, and what was uploaded is taken as well', async () => {
  const { project } = (await (await app.post('/api/renders', { title: 'Uploads' })).json()) as { project: string }
  const sent = await app.request(`/api/projects/${project}/uploads?name=photo.png`, {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(picture),
  })
  const { files } = (await sent.json()) as { files: { path: string }[] }
  const request = { function: 'upscale', model: 'esrgan/tiny-x4' }
  const { items } = await asked(`/api/projects/${project}/renders`, { request, inputs: { init: files[0]!.path } })
  expect(items[0]).toMatchObject({ width: 160, height: 120, engine: 'sd-cpp', model: 'esrgan/tiny-x4', parent: null })
  expect(items[0]).toMatchObject({ prompt: 'photo', recipe: { memory: { vaeTiling: false }, params: { scale: 4 } } })
  const found = await (
    await app.post('/api/renders/preflight', { request, inputs: { init: files[0]!.path }, project })
  ).json()
  expect(found).toMatchObject({ fits: true, plan: { engine: 'sd-cpp', params: { width: 160, height: 120 } } })
})

test('memory that runs out is answered with smaller tiles, a rung at a time, until nothing is left', async () => {
  const body = { request: { function: 'upscale', model: 'esrgan/fails-device' }, parent: first.id }
  const held = await asked('/api/renders', body)
  expect(held).toMatchObject({ state: 'held', project: first.project, error: { code: 'gpu_out_of_memory' } })
  const tried = await attemptsOfRender(app.app.db.read, held.id)
  expect(tried.map(({ rung, plan }) => [rung, tileOf(plan.memory)])).toEqual([
    [0, 128],
    [1, 128],
    [2, 64],
    [4, 32],
  ])
})

test('the page of a picture offers it, with what is missing in words; its form asks for it', async () => {
  const page = await (await app.request(`/artifacts/${first.id}`)).text()
  for (const part of ['Upscale it', '4 times: 256 × 192', 'value="esrgan/tiny-x4"', 'no new detail'])
    expect(page).toContain(part)
  const form = (fields: Record<string, string>, id = first.id) =>
    app.request(`/artifacts/${id}/upscales`, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      redirect: 'manual',
    })
  expect((await form({ scale: 'much', by: '' })).status).toBe(422)
  expect((await form({ scale: '2' }, 'nobody')).status).toBe(404)
  const sent = await form({ scale: '2', by: 'sketch' })
  expect([sent.status, sent.headers.get('location')]).toEqual([303, `/projects/${first.project}/gallery`])
  let larger: { id: string } | undefined
  await until(async () => {
    const { items } = await app.json(`/api/projects/${first.project}/artifacts?function=upscale`)
    larger = items.find(({ width }: { width: number }) => width === 128)
    return larger !== undefined
  }, 'the larger picture')
  const own = await (await app.request(`/artifacts/${larger!.id}`)).text()
  expect(own).toContain('2 times as large')
  expect(own).not.toContain('Another one like it')
})

test('what can’t be is said before anything is queued', async () => {
  const before = (await app.json('/api/projects')).items.length
  for (const [body, code] of [
    [{ request: { function: 'upscale' } }, 'invalid_input'],
    [{ request: { function: 'upscale' }, parent: 'nobody' }, 'unknown_artifact'],
    [{ request: {} }, 'invalid_input'],
  ] as const)
    expect(((await (await app.post('/api/renders', body)).json()) as { code: string }).code).toBe(code)
  expect((await app.json('/api/projects')).items.length).toBe(before)
})

test('the terminal understands it: a file or an artifact, a scale, and nothing that an upscale has no use for', () => {
  expect(understood(['upscale', 'cat.png', '--scale', '2.5', '--model', 'esrgan/x'])).toMatchObject({
    request: { function: 'upscale', scale: 2.5, model: 'esrgan/x' },
    init: 'cat.png',
  })
  expect(understood(['upscale', 'cat.png', '--steps', '4'])).toBeUndefined()
  expect(understood(['a cat', '--scale', '2'])).toBeUndefined()
  expect(understood(['upscale'])).toMatchObject({ request: { prompt: 'upscale' } })
})

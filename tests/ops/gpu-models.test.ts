import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'bun:test'
import { cpSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestApp, testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'
import { fileServer, someBytes } from '../support/file-server.ts'
import { SHAPES, safetensors } from '../support/weights.ts'

const sha = (bytes: Uint8Array) => new Bun.CryptoHasher('sha256').update(bytes).digest('hex')
const MAIN = Buffer.concat([safetensors(SHAPES.sd15), someBytes(700_000)])
const VAE = safetensors(SHAPES.vae16)
const COMMIT = 'c'.repeat(40)

let server: Awaited<ReturnType<typeof fileServer>>
let app: TestApp
const folder = temporaryFolder()

const profiles = (url: string) => `
family = "sd15"
format = "safetensors"
engines = ["diffusers"]
[licence]
id = "odd"
name = "Odd Licence"
terms = "Only on Tuesdays, and not for money."
notIn = ["EU"]
commercial = false
[shared.vae]
path = "vae.safetensors"
part = "vae"
url = "${url}/vae"
sha256 = "${sha(VAE)}"
bytes = ${VAE.length}
${['one', 'two', 'bad', 'free', 'cut']
  .map(
    (name) => `
[[models]]
id = "sd15/${name}"
label = "Model ${name}"
${name === 'free' ? '' : 'uses = ["vae"]'}
[[models.files]]
path = "main.safetensors"
part = "checkpoint"
url = "${url}/${name}"
${name === 'free' ? '' : `sha256 = "${name === 'bad' ? 'b'.repeat(64) : sha(MAIN)}"\nbytes = ${MAIN.length}`}
[models.tiers.low]
vramBytes = 1000
vramFrom = "published"
`,
  )
  .join('')}
[[models]]
id = "sd15/folder"
label = "A folder"
format = "diffusers"
[models.repo]
name = "me/tiny"
hub = "${url}"
include = ["model_index.json", "unet/*"]
[models.tiers.low]
vramBytes = 1000
`

beforeAll(async () => {
  server = await fileServer({ '/vae': { bytes: VAE } })
  mkdirSync(join(folder.path, 'catalogue'), { recursive: true })
  writeFileSync(join(folder.path, 'catalogue/odd.toml'), profiles(server.url))
  app = await testApp({ data: folder.path, settings: { HEARTH_MODEL_HOSTS: server.host } })
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})
beforeEach(() => {
  for (const name of ['one', 'two', 'bad', 'free', 'cut']) server.files[`/${name}`] = { bytes: MAIN }
  server.asked.length = 0
})

const at = (id: string) => `/api/gpu/models/${id}`
const model = async (id: string) => (await app.json(at(id))).model
const place = (...path: string[]) => join(folder.path, 'models', ...path)

async function download(id: string, body: object = { acceptLicence: true }) {
  const response = await app.post(`${at(id)}/download`, body)
  // biome-ignore lint/suspicious/noExplicitAny: an answer or a problem
  return { status: response.status, ...((await response.json()) as any) }
}

/** Waits until the job's stream ends; how it ended. */
async function ended(job: string) {
  using reading = await app.follow(`/api/jobs/${job}/events`)
  await reading.until(({ type }) => /^job\.(succeeded|failed|cancelled|held)$/.test(type), 'its end')
  return (await app.json(`/api/jobs/${job}`)).job
}

describe('a licence', () => {
  test('is shown and must be taken before anything is downloaded, once', async () => {
    const refused = await download('sd15/one', {})
    expect(refused).toMatchObject({
      status: 409,
      code: 'licence_needed',
      context: { licence: { name: 'Odd Licence', notIn: ['EU'] } },
    })
    expect(server.asked).toEqual([])
    expect((await app.post(`${at('sd15/one')}/licence`)).status).toBe(201)
    expect((await model('sd15/one')).licence.acceptedAt).toBeNumber()
    const { job } = await download('sd15/one', {})
    expect((await ended(job.id)).state).toBe('succeeded')
  })
})

describe('a download', () => {
  test('brings a model that stands whole in its folder, with a receipt, and that is found by its hash', async () => {
    const { installed } = await model('sd15/one')
    expect(installed).toMatchObject({ path: place('sd15/one/main.safetensors'), ours: true, known: true })
    expect(installed.sha256).toHaveLength(64)
    const receipt = JSON.parse(readFileSync(place('sd15/one/hearth.json'), 'utf8'))
    expect(receipt.files.map(({ path, sha256 }: { path: string; sha256: string }) => [path, sha256])).toEqual([
      ['main.safetensors', sha(MAIN)],
      ['vae.safetensors', sha(VAE)],
    ])
    expect(existsSync(place('sd15/.part-one'))).toBe(false)
  })

  test('brings nothing that another model has already: the file gets a second name', async () => {
    const { job } = await download('sd15/two')
    expect((await ended(job.id)).state).toBe('succeeded')
    expect(server.asked).toEqual([])
    expect(statSync(place('sd15/two/main.safetensors')).ino).toBe(statSync(place('sd15/one/main.safetensors')).ino)
  })

  test('of a file that is not what the catalogue means is removed, and said', async () => {
    const { job } = await download('sd15/bad')
    const done = await ended(job.id)
    expect([done.state, done.error.code]).toEqual(['failed', 'download_hash'])
    expect(existsSync(place('sd15/bad'))).toBe(false)
    expect(existsSync(place('sd15/.part-bad/main.safetensors.part'))).toBe(false)
    expect((await model('sd15/bad')).installed).toBeNull()
  })

  test('of a file whose hash nobody knows notes it, and says so', async () => {
    const { job } = await download('sd15/free')
    const done = await ended(job.id)
    expect(done.result.notedAtFirstSight).toEqual(['main.safetensors'])
    expect((await model('sd15/free')).job.noted).toEqual(['main.safetensors'])
  })

  test('that is asked for twice is one; paused, it goes on where it was, and says how far it is', async () => {
    const bytes = Buffer.concat([safetensors(SHAPES.sd15), someBytes(3_000_000, 3)])
    server.files['/free'] = { bytes, holdAfter: 1_000_000 }
    await app.request(at('sd15/free'), { method: 'DELETE' })
    expect(existsSync(place('sd15/free'))).toBe(false)
    const first = await download('sd15/free')
    using reading = await app.follow(`/api/jobs/${first.job.id}/events`)
    const line = await reading.until(({ type, bytes }) => type === 'progress' && bytes > 0)
    expect(line).toMatchObject({ totalBytes: bytes.length, bytesPerSecond: expect.any(Number) })
    const second = await download('sd15/free')
    expect(second.job.id).toBe(first.job.id)
    await app.post(`/api/jobs/${first.job.id}/pause`)
    await reading.until(({ type }) => type === 'job.paused')
    delete server.files['/free'].holdAfter
    await app.post(`/api/jobs/${first.job.id}/resumption`)
    expect((await ended(first.job.id)).state).toBe('succeeded')
    const [begun, again] = server.asked.filter(({ path }) => path === '/free')
    expect(Number(again!.range!.match(/\d+/)![0])).toBeGreaterThan(0)
    expect(begun!.range).toBeUndefined()
  })

  test('of a folder of the hub takes the files that its profile names, at one commit, and no pickle', async () => {
    const unet = safetensors(SHAPES.sd15)
    const index = Buffer.from('{"_class_name": "StableDiffusionPipeline"}')
    const listed = (rfilename: string, bytes: Uint8Array, large = false) => ({
      rfilename,
      size: bytes.length,
      ...(large && { lfs: { sha256: sha(bytes) } }),
    })
    const listing = {
      sha: COMMIT,
      siblings: [
        listed('model_index.json', index),
        listed('unet/model.safetensors', unet, true),
        listed('unet/model.bin', unet),
        listed('README.md', index),
      ],
    }
    server.files['/api/models/me/tiny?blobs=true'] = { bytes: Buffer.from(JSON.stringify(listing)) }
    server.files[`/me/tiny/resolve/${COMMIT}/model_index.json`] = { bytes: index }
    server.files[`/me/tiny/resolve/${COMMIT}/unet/model.safetensors`] = { bytes: unet }
    const { job } = await download('sd15/folder')
    expect((await ended(job.id)).state).toBe('succeeded')
    expect((await model('sd15/folder')).installed).toMatchObject({ path: place('sd15/folder') })
    expect(existsSync(place('sd15/folder/unet/model.bin'))).toBe(false)
  })

  test('by an address is what its header says', async () => {
    server.files['/lora.safetensors'] = { bytes: safetensors(SHAPES.sdxlLora) }
    const response = await app.post('/api/gpu/models', { url: `${server.url}/lora.safetensors`, acceptLicence: true })
    // biome-ignore lint/suspicious/noExplicitAny: an answer
    const { job } = (await response.json()) as any
    expect((await ended(job.id)).state).toBe('succeeded')
    expect(await model('sdxl/lora')).toMatchObject({ kind: 'lora', installed: { known: false, ours: true } })
  })

  test.each([
    ['a pickle', '/x.ckpt', 'bad_address', 422],
    ['another host', 'https://evil.example/x.safetensors', 'download_host', 422],
    ['no address', 'model', 'bad_address', 422],
    ['what is no text', '/%ff.safetensors', 'bad_address', 422],
  ])('by the address of %s is refused', async (_what, url, code, status) => {
    const response = await app.post('/api/gpu/models', {
      url: url.startsWith('/') ? server.url + url : url,
      acceptLicence: true,
    })
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ code })
  })
})

test('two addresses whose files have the same name are two models', async () => {
  for (const [way, shape] of [
    ['/a', SHAPES.sdxlLora],
    ['/b', SHAPES.vae16],
  ] as const) {
    server.files[`${way}/model.safetensors`] = { bytes: safetensors(shape) }
    const url = `${server.url}${way}/model.safetensors`
    // biome-ignore lint/suspicious/noExplicitAny: an answer
    const { job } = (await (await app.post('/api/gpu/models', { url, acceptLicence: true })).json()) as any
    expect((await ended(job.id)).state).toBe('succeeded')
  }
  const added = [...new Bun.Glob('added/*/model.safetensors').scanSync(place())]
  expect(added).toHaveLength(2)
})

describe('a check', () => {
  test('reads all of a model again, and says what is not what it was', async () => {
    const check = async (id: string) => {
      // biome-ignore lint/suspicious/noExplicitAny: an answer
      const { job } = (await (await app.post(`${at(id)}/check`)).json()) as any
      return (await ended(job.id)).result
    }
    expect(await check('sd15/one')).toMatchObject({ changed: [], files: 2 })
    const damaged = readFileSync(place('sd15/one/main.safetensors'))
    damaged[damaged.length - 1]! ^= 255
    writeFileSync(place('sd15/one/main.safetensors'), damaged)
    const changed = [place('sd15/one/main.safetensors')]
    expect((await check('sd15/one')).changed).toEqual(changed)
    expect((await check('sd15/one')).changed).toEqual(changed)
  })
})

test('a model is removed from Hearth’s folder, and from no other', async () => {
  expect((await app.request(at('sd15/folder'), { method: 'DELETE' })).status).toBe(204)
  expect(existsSync(place('sd15/folder'))).toBe(false)
  expect((await app.request(at('sd15/nothing'), { method: 'DELETE' })).status).toBe(404)
  expect((await model('sd15/folder')).installed).toBeNull()
})

test('a model is removed with what is on its way of it, also where a check of it was asked for since', async () => {
  server.files['/free'] = { bytes: Buffer.concat([MAIN, someBytes(3_000_000, 9)]), holdAfter: 1_000_000 }
  const first = await download('sd15/free')
  using reading = await app.follow(`/api/jobs/${first.job.id}/events`)
  await reading.until(({ type, bytes }) => type === 'progress' && bytes > 0)
  expect((await app.post(`${at('sd15/free')}/check`)).status).toBe(202)
  expect((await app.request(at('sd15/free'), { method: 'DELETE' })).status).toBe(204)
  delete server.files['/free'].holdAfter
  expect((await app.json(`/api/jobs/${first.job.id}`)).job.state).toBe('cancelled')
  const next = await download('sd15/two') // one at a time: the first has let go
  expect((await ended(next.job.id)).state).toBe('succeeded')
  expect([existsSync(place('sd15/free')), existsSync(place('sd15/.part-free'))]).toEqual([false, false])
})

test('a workflow of ComfyUI is removed, and the others beside it stay', async () => {
  mkdirSync(place('comfyui'), { recursive: true })
  for (const name of ['one', 'two']) cpSync('tests/fixtures/comfyui/picture.json', place(`comfyui/${name}.json`))
  expect((await app.request(at('comfyui/one'), { method: 'DELETE' })).status).toBe(204)
  expect([existsSync(place('comfyui/one.json')), existsSync(place('comfyui/two.json'))]).toEqual([false, true])
})

test('the page shows what there is and what could be had, and its forms work without script', async () => {
  const text = await (await app.request('/gpu/models')).text()
  expect(text).toContain('Model two')
  expect(text).toContain('Not licensed in: EU')
  expect(text).toContain('Not for commercial use')
  const post = (path: string, fields: Record<string, string> = {}) =>
    app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    })
  const moved = await post('/gpu/models/sd15/cut/download', { accept: 'yes' })
  expect([moved.status, moved.headers.get('location')]).toEqual([303, '/gpu/models#model-sd15_cut'])
  const refused = await post('/gpu/models', { url: 'https://evil.example/x.safetensors', accept: 'yes' })
  expect([refused.status, await refused.text()]).toEqual([422, expect.stringContaining('HEARTH_MODEL_HOSTS')])
  expect((await post('/gpu/models/sd15/none/download')).status).toBe(404)
})

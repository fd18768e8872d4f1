import { afterEach, describe, expect, test } from 'bun:test'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type ModelStore, openModelStore } from '../../../src/gpu/models/store.ts'
import { silent, temporaryFolder, testDatabase } from '../../support/database.ts'
import { gguf, SHAPES, safetensors } from '../../support/weights.ts'

const opened: AsyncDisposableStack[] = []
afterEach(async () => {
  for (const stack of opened.splice(0)) await stack[Symbol.asyncDispose]()
})

async function place() {
  const stack = new AsyncDisposableStack()
  opened.push(stack)
  const folder = stack.use(temporaryFolder()).path
  const db = stack.use(await testDatabase())
  const data = join(folder, 'data')
  return {
    folder,
    data,
    db,
    put(path: string, bytes: Uint8Array | string) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), bytes)
      return join(folder, path)
    },
    async store(folders: string[] = [], catalogue: { name: string; text: string }[] = []): Promise<ModelStore> {
      const paths = folders.map((each) => join(folder, each))
      const store = stack.use(await openModelStore({ db, data, folders: paths, catalogue, now: () => 1, log: silent }))
      await store.ready
      return store
    },
  }
}

const PROFILE = (sha256: string, bytes: number) => `
id = "sd15/tiny"
label = "Tiny"
family = "sd15"
format = "safetensors"
engines = ["diffusers"]
files = [{ path = "tiny.safetensors", part = "checkpoint", sha256 = "${sha256}", bytes = ${bytes} }]
licence = { id = "mit", name = "MIT" }
tiers = { low = { vramBytes = 1 } }
`
const sha = (bytes: Uint8Array) => new Bun.CryptoHasher('sha256').update(bytes).digest('hex')

describe('folders of models', () => {
  test('of ComfyUI: what lies in them is told by its header, and what belongs together is put together', async () => {
    const at = await place()
    at.put('comfy/models/checkpoints/base.safetensors', safetensors(SHAPES.sdxl))
    at.put('comfy/models/unet/flux1-schnell-Q4_K.gguf', gguf(SHAPES.schnell))
    const vae = at.put('comfy/models/vae/ae.safetensors', safetensors(SHAPES.vae16))
    at.put('comfy/models/vae/sd3_vae.safetensors', safetensors(SHAPES.vae16))
    const clip = at.put('comfy/models/clip/clip_l.safetensors', safetensors(SHAPES.clipL))
    const t5 = at.put('comfy/models/text_encoders/t5.safetensors', safetensors(SHAPES.t5))
    at.put('comfy/models/loras/style.safetensors', safetensors(SHAPES.sdxlLora))
    at.put('comfy/models/checkpoints/old.ckpt', 'PK')
    const store = await at.store(['comfy'])
    const found = store.installed().map(({ profile, kind }) => [profile.id, kind, profile.format])
    expect(found).toEqual([
      ['any/ae', 'vae', 'safetensors'],
      ['any/clip_l', 'textEncoder', 'safetensors'],
      ['any/sd3_vae', 'vae', 'safetensors'],
      ['any/t5', 'textEncoder', 'safetensors'],
      ['flux1/flux1-schnell-Q4_K', 'model', 'gguf'],
      ['sdxl/base', 'model', 'safetensors'],
      ['sdxl/style', 'lora', 'safetensors'],
    ])
    const flux = store.model('flux1/flux1-schnell-Q4_K')
    expect(flux.parts).toEqual({ transformer: flux.path, vae, clipL: clip, t5 })
    expect(flux.profile).toMatchObject({ allowedSteps: [1, 2, 3, 4], steps: 4, guidance: 0 })
    expect(Object.values(flux.profile.tiers).every((tier) => tier?.vramFrom === 'estimated')).toBe(true)
    expect(store.left().map(({ why }) => why)).toEqual([expect.stringContaining('pickle')])
  })

  test('of A1111: a transformer without its parts says what it needs', async () => {
    const at = await place()
    at.put('webui/models/Stable-diffusion/v1-5.safetensors', safetensors(SHAPES.sd15))
    at.put('webui/models/Stable-diffusion/flux.safetensors', safetensors(SHAPES.schnell))
    const store = await at.store(['webui'])
    expect(store.installed().map(({ profile }) => profile.id)).toEqual(['sd15/v1-5'])
    expect(store.left()[0]!.why).toContain('needs a VAE, the text encoder CLIP-L, the text encoder T5')
  })

  test('of diffusers: a whole folder is a model, by the class that it names', async () => {
    const at = await place()
    at.put('data/models/sdxl/mine/model_index.json', '{"_class_name": "StableDiffusionXLPipeline"}')
    at.put('data/models/sdxl/mine/unet/model.safetensors', safetensors(SHAPES.sdxl))
    at.put('data/models/x/pickled/model_index.json', '{"_class_name": "StableDiffusionPipeline"}')
    at.put('data/models/x/pickled/unet/model.bin', 'PK')
    const store = await at.store()
    expect(store.installed().map(({ profile, path }) => [profile.id, profile.format, path])).toEqual([
      ['sdxl/mine', 'diffusers', join(at.data, 'models/sdxl/mine')],
    ])
    expect(store.left()[0]!.why).toContain('only pickles')
  })

  test('of Hearth itself: a profile’s files make the model; one that is missing is said', async () => {
    const at = await place()
    const bytes = safetensors(SHAPES.sd15)
    const catalogue = [{ name: 'tiny.toml', text: PROFILE(sha(bytes), bytes.length) }]
    const path = at.put('data/models/sd15/tiny/tiny.safetensors', bytes.slice(0, -1))
    const store = await at.store([], catalogue)
    expect(store.installed()).toEqual([])
    expect(store.left().map(({ why }) => why)).toEqual([
      expect.stringContaining('tiny.safetensors is missing, or has another size'),
      expect.stringContaining('cut short'),
    ])
    at.put('data/models/sd15/tiny/tiny.safetensors', bytes)
    await store.scan()
    expect(store.installed()).toMatchObject([
      { profile: { id: 'sd15/tiny', label: 'Tiny' }, parts: { checkpoint: path }, own: true, known: true },
    ])
  })

  test('elsewhere: a file that holds what the catalogue says is that model, whatever its name', async () => {
    const at = await place()
    const bytes = safetensors(SHAPES.sd15)
    at.put('old/some-name.safetensors', bytes)
    const store = await at.store(['old'], [{ name: 'tiny.toml', text: PROFILE(sha(bytes), bytes.length) }])
    expect(store.installed()[0]).toMatchObject({ profile: { id: 'sd15/some-name' }, sha256: null, known: false })
    await store.hashed()
    expect(store.installed()[0]).toMatchObject({
      profile: { id: 'sd15/tiny' },
      sha256: sha(bytes),
      own: false,
      known: true,
    })
  })

  test('are not left by a link, unless to a folder that was named', async () => {
    const at = await place()
    at.put('secret/x.safetensors', safetensors(SHAPES.sd15))
    const named = at.put('named/y.safetensors', safetensors(SHAPES.sdxl))
    at.put('mine/.keep', '')
    symlinkSync(join(at.folder, 'secret/x.safetensors'), join(at.folder, 'mine/x.safetensors'))
    symlinkSync(join(at.folder, 'secret'), join(at.folder, 'mine/folder'))
    symlinkSync(named, join(at.folder, 'mine/y.safetensors'))
    symlinkSync(join(at.folder, 'mine'), join(at.folder, 'mine/loop'))
    const store = await at.store(['mine', 'named'])
    expect(store.installed().every(({ profile }) => profile.family === 'sdxl')).toBe(true)
    expect(store.left().filter(({ why }) => why.includes('outside of the folders'))).toHaveLength(2)
  })
})

describe('hashes', () => {
  test('are made once: after a restart nothing is read again, and a file that has changed is', async () => {
    const at = await place()
    const path = at.put('data/models/sd15/a/a.safetensors', safetensors(SHAPES.sd15))
    await (await at.store()).hashed()
    const again = await at.store()
    const [first] = again.installed()
    expect(first!.sha256).toHaveLength(64)
    at.put('data/models/sd15/a/a.safetensors', safetensors(SHAPES.sd15, { changed: 'yes' }))
    await again.scan()
    expect(again.installed()[0]!.sha256).toBeNull()
    await again.hashed()
    expect(again.installed()[0]!.sha256).not.toBe(first!.sha256)
    expect(await again.digest('sd15/a')).toBe(again.hashes.known(again.model('sd15/a').files[0]!)!)
    expect(again.hashes.holding(again.installed()[0]!.sha256!)?.path).toBe(path)
  })
})

test('ten thousand files are looked through without holding up the server, and the second time none is read', async () => {
  const at = await place()
  const bytes = safetensors(SHAPES.sdxlLora)
  for (let i = 0; i < 10_000; i++) at.put(`many/${i % 100}/${i}.safetensors`, bytes)
  let held = 0
  let last = performance.now()
  const pulse = setInterval(() => {
    held = Math.max(held, performance.now() - last)
    last = performance.now()
  }, 5)
  const store = await at.store(['many'])
  clearInterval(pulse)
  expect(store.installed()).toHaveLength(10_000)
  expect(held).toBeLessThan(1_000)
})

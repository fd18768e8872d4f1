import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestApp, type TestAppOptions, testApp } from './app.ts'
import { temporaryFolder } from './database.ts'
import { card } from './gpu-plans.ts'
import { safetensors } from './weights.ts'

const MAIN = join(import.meta.dir, 'pretend-engine-main.ts')
const ENGINE = `name = "pretend"
label = "Pretend"
version = "1"
functions = ["image", "video"]
families = ["film"]
devices = ["cuda", "cpu"]
command = ${JSON.stringify([process.execPath, MAIN])}
`

/** A model for clips that takes 4 x n + 1 frames, at most 33, at 16 a second. */
const catalogue = (bytes: number) => `family = "film"
format = "safetensors"
engines = ["pretend"]
functions = ["video"]
modes = ["text", "image"]
licence = { id = "x", name = "X" }
size = { side = 64, multiple = 16 }
frames = { multiple = 4, max = 33, fps = 16, usual = 17 }
steps = 3
[[models]]
id = "film/tiny"
label = "Tiny Film"
files = [{ path = "model.safetensors", bytes = ${bytes} }]
[models.tiers.low]
vramBytes = 1073741824
maxPixels = 399360
`

/** An app whose one model makes clips, with an engine that pretends to; on a card, unless other devices are given. */
export async function filmApp(options: TestAppOptions = {}): Promise<TestApp> {
  const folder = temporaryFolder()
  const weights = safetensors({ 'film.weight': [4, 4] })
  const places = { model: join('models', 'film', 'tiny'), engine: join('engines', 'pretend'), catalogue: 'catalogue' }
  for (const place of Object.values(places)) mkdirSync(join(folder.path, place), { recursive: true })
  writeFileSync(join(folder.path, places.model, 'model.safetensors'), weights)
  writeFileSync(join(folder.path, places.engine, 'engine.toml'), ENGINE)
  writeFileSync(join(folder.path, places.catalogue, 'film.toml'), catalogue(weights.length))
  const app = await testApp({ devices: [card(20)], ...options, data: folder.path })
  await app.app.modelStore.ready
  return {
    ...app,
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

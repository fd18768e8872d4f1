import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { appendFileSync, mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openHashes, stampOf } from '../../../src/gpu/models/hashes.ts'
import { hashFile } from '../../../src/gpu/models/hashing.ts'
import { scanFolders } from '../../../src/gpu/models/scan.ts'
import { openModelStore } from '../../../src/gpu/models/store.ts'
import { silent, temporaryFolder, testDatabase } from '../../support/database.ts'
import { SHAPES, safetensors } from '../../support/weights.ts'

const GIB = 1024 ** 3
const folder = temporaryFolder()
const put = (path: string, bytes: string | Uint8Array = '') => {
  mkdirSync(join(folder.path, path, '..'), { recursive: true })
  writeFileSync(join(folder.path, path), bytes)
  return join(folder.path, path)
}
const pipe = (path: string) => {
  mkdirSync(join(folder.path, path, '..'), { recursive: true })
  Bun.spawnSync(['mkfifo', join(folder.path, path)])
}
const scan = (name: string) => scanFolders([join(folder.path, name)], new Map())
const whyOf = async (name: string) =>
  Object.fromEntries((await scan(name)).left.map(({ path, why }) => [path.slice(folder.path.length + 1), why]))

beforeAll(() => {
  const index = '{"_class_name":"StableDiffusionPipeline"}'
  put('many/model_index.json', index)
  put('many/unet/w.safetensors', safetensors(SHAPES.sd15))
  for (let i = 0; i < 6_000; i++) writeFileSync(join(folder.path, 'many/unet', `${i}.txt`), '')
  put('fat/model_index.json', index)
  truncateSync(join(folder.path, 'fat/model_index.json'), 3 * GIB) // of holes: it takes no room
  put('deep/model_index.json', `${'['.repeat(500_000)}`)
  put('loop/a/b/w.safetensors', safetensors(SHAPES.sd15))
  symlinkSync('..', join(folder.path, 'loop/a/up'))
  symlinkSync('self', join(folder.path, 'loop/self'))
  put('odd/empty.safetensors')
  put('odd/empty.gguf')
  for (const [name, length] of [
    ['top', 2n ** 63n],
    ['all', 2n ** 64n - 1n],
    ['none', 0n],
  ] as const) {
    const bytes = Buffer.alloc(64)
    bytes.writeBigUInt64LE(length)
    put(`odd/${name}.safetensors`, bytes)
  }
  pipe('pipes/w.safetensors')
  pipe('pipes/pipeline/model_index.json')
  mkdirSync(join(folder.path, 'pipes/folder.safetensors'))
  pipe('data/models/sd15/mine/hearth.json')
  pipe('data/models/comfyui/flow.json')
  pipe('data/catalogue/own.toml')
})
afterAll(() => folder[Symbol.dispose]())

describe('a folder of models', () => {
  test('with a pipeline of more files than any has is told, and none of them is kept in mind', async () => {
    expect((await scan('many')).folders).toEqual([])
    expect(await whyOf('many')).toEqual({ many: expect.stringContaining('more than 5,000 files') })
  })

  test('whose index is gigabytes, or nested without end, is told, and not read', async () => {
    const before = process.memoryUsage().rss
    expect(await whyOf('fat')).toEqual({ fat: expect.stringContaining('model_index.json') })
    expect(process.memoryUsage().rss - before).toBeLessThan(GIB / 4)
    expect(await whyOf('deep')).toEqual({ deep: expect.stringContaining('model_index.json') })
  })

  test('whose links lead in a circle is looked through once', async () => {
    expect((await scan('loop')).files.map(({ path }) => path)).toEqual([join(folder.path, 'loop/a/b/w.safetensors')])
  })

  test('with files that are empty, or have headers of 2^63 bytes, says what is wrong with each', async () => {
    expect(await whyOf('odd')).toEqual({
      'odd/empty.safetensors': expect.stringContaining('too short'),
      'odd/empty.gguf': expect.stringContaining('not copied whole'),
      'odd/top.safetensors': expect.stringContaining('shorter than its header says'),
      'odd/all.safetensors': expect.stringContaining('shorter than its header says'),
      'odd/none.safetensors': expect.stringContaining('no real model'),
    })
  })

  test('with pipes named like weights and indexes keeps nobody waiting', async () => {
    const { files, folders } = await scan('pipes')
    expect([files, folders]).toEqual([[], []])
    await using db = await testDatabase()
    await using store = await openModelStore({
      db,
      data: join(folder.path, 'data'),
      folders: [],
      catalogue: [],
      now: () => 1,
      log: silent,
    })
    await store.ready
    expect(store.installed()).toEqual([])
  }, 10_000)
})

test('a file that grows while it is hashed is not known, and one that grows without end is read to where it was', async () => {
  const path = put('growing/w.safetensors', safetensors(SHAPES.sd15))
  truncateSync(path, 70 * 1024 ** 2)
  await using db = await testDatabase()
  const hashes = await openHashes({ db, now: () => 1 })
  const file = await stampOf(path)
  const grow = () => appendFileSync(path, 'more')
  await expect(hashes.of(file, undefined, grow)).rejects.toMatchObject({ code: 'model_changed', retryable: true })
  expect(hashes.known(await stampOf(path))).toBeUndefined()
  const begin = new Bun.CryptoHasher('sha256').update(new Uint8Array(await Bun.file(path).slice(0, 100).arrayBuffer()))
  expect(await hashFile(path, undefined, undefined, 100)).toBe(begin.digest('hex'))
})

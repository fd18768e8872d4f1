import { afterAll, expect, test } from 'bun:test'
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { openBlobs } from '../../src/files/blobs.ts'
import { sha256, testBlobs, textsIn } from '../support/blobs.ts'
import { temporaryFolder } from '../support/database.ts'

const HELLO = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'
const ABSENT = 'a'.repeat(64)
/** No text: it goes to the disk. */
const BYTES = new Uint8Array([0x89, 0x50, 0, 0xff, 7])
const BYTES_HASH = sha256(BYTES)
const BYTES_PLACE = `${BYTES_HASH.slice(0, 2)}/${BYTES_HASH}`

const contents = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))

test('text is kept in the database under its SHA-256, and comes back', async () => {
  await using store = await testBlobs()
  const { blobs } = store

  expect(await blobs.put('hello')).toEqual({ hash: HELLO, bytes: 5 })
  expect([await textsIn(store.db), contents(store.folder)]).toEqual([[HELLO], []])
  expect(new TextDecoder().decode(await blobs.read(HELLO))).toBe('hello')
  expect(await (await blobs.open(HELLO)).text()).toBe('hello')
  expect(await blobs.readIn(store.db.read, HELLO)).toBe('hello')
  expect(await blobs.verify(HELLO)).toBe('good')
})

test('what is no text is kept on the disk under its SHA-256, and comes back', async () => {
  await using store = await testBlobs()
  const { blobs } = store

  expect(await blobs.put(BYTES)).toEqual({ hash: BYTES_HASH, bytes: 5 })
  expect([await textsIn(store.db), contents(store.folder)]).toEqual([[], [BYTES_PLACE]])
  expect(await blobs.read(BYTES_HASH)).toEqual(BYTES)
  expect(await (await blobs.open(BYTES_HASH)).bytes()).toEqual(BYTES)
  expect(await blobs.verify(BYTES_HASH)).toBe('good')
  await expect(blobs.readIn(store.db.read, BYTES_HASH)).rejects.toMatchObject({ code: 'not_text' })
})

test.each([
  ['text of 4 MB', 'x'.repeat(4 * 1024 ** 2), 'database'],
  ['text of a byte more', 'x'.repeat(4 * 1024 ** 2 + 1), 'disk'],
  ['text with a NUL', 'a\0b', 'disk'],
  ['bytes that are no UTF-8', new Uint8Array([0xc3, 0x28]), 'disk'],
  ['UTF-8 that came as bytes', new TextEncoder().encode('\uFEFFgrüße 🎈\r\n'), 'database'],
  ['nothing', '', 'database'],
])('%s is kept whole', async (_, content, where) => {
  await using store = await testBlobs()
  const { hash, bytes } = await store.blobs.put(content)
  const real = Buffer.from(content as string)

  expect({ hash, bytes }).toEqual({ hash: sha256(real), bytes: real.byteLength })
  expect(contents(store.folder).length > 0 ? 'disk' : 'database').toBe(where)
  expect(real.equals(await store.blobs.read(hash))).toBe(true)
  expect(await store.blobs.verify(hash)).toBe('good')
  if (where === 'database') expect(await store.blobs.readIn(store.db.read, hash)).toBe(real.toString())
})

test('the same content is kept once, and costs no second write', async () => {
  await using store = await testBlobs()
  await store.blobs.put('hello')
  await store.blobs.put(BYTES)
  const commits = store.db.stats.commits
  const before = statSync(join(store.folder, BYTES_PLACE))

  expect(await store.blobs.put('hello')).toEqual({ hash: HELLO, bytes: 5 })
  await store.blobs.put(BYTES)
  expect(store.db.stats.commits).toBe(commits)
  expect(statSync(join(store.folder, BYTES_PLACE)).ino).toBe(before.ino)
})

test('the same content put twice at the same moment is kept once', async () => {
  await using store = await testBlobs()
  const refs = await Promise.all(Array.from({ length: 20 }, (_, i) => store.blobs.put(i % 2 ? 'hello' : BYTES)))
  expect(new Set(refs.map(({ hash }) => hash))).toEqual(new Set([HELLO, BYTES_HASH]))
  expect([await textsIn(store.db), contents(store.folder)]).toEqual([[HELLO], [BYTES_PLACE]])
})

test('a file is taken in by copy, so that whoever writes to it later changes nothing', async () => {
  await using store = await testBlobs()
  using elsewhere = temporaryFolder()
  const source = join(elsewhere.path, 'made')
  writeFileSync(source, BYTES)
  chmodSync(source, 0o400)

  expect(await store.blobs.putFile(source)).toEqual({ hash: BYTES_HASH, bytes: 5 })
  chmodSync(source, 0o600)
  appendFileSync(source, ' and more')
  expect(await store.blobs.verify(BYTES_HASH)).toBe('good')
  expect(existsSync(source)).toBe(true)
  await expect(store.blobs.putFile(join(elsewhere.path, 'absent'))).rejects.toThrow(/ENOENT/)
  expect(contents(store.folder)).toEqual([BYTES_PLACE])
})

test('a file that holds text is kept as text', async () => {
  await using store = await testBlobs()
  const source = join(store.folder, '..', 'made.svg')
  writeFileSync(source, 'hello')
  expect(await store.blobs.putFile(source)).toEqual({ hash: HELLO, bytes: 5 })
  expect([await textsIn(store.db), contents(store.folder)]).toEqual([[HELLO], []])
})

test('content of many chunks is content like any other', async () => {
  await using store = await testBlobs()
  const big = new Uint8Array(5_000_000).map((_, i) => i % 251)
  const source = join(store.folder, '..', 'big')
  writeFileSync(source, big)
  expect(await store.blobs.putFile(source)).toEqual(await store.blobs.put(big))
})

test('text that an earlier version put on the disk is found there', async () => {
  await using store = await testBlobs()
  const { blobs } = store
  writeFileSync(join(store.folder, '2c', HELLO), 'hello')

  expect(new TextDecoder().decode(await blobs.read(HELLO))).toBe('hello')
  expect(await (await blobs.open(HELLO)).text()).toBe('hello')
  expect(await blobs.readIn(store.db.read, HELLO)).toBe('hello')
  expect(await blobs.verify(HELLO)).toBe('good')
})

test('damage on the disk is found, and mended when the content comes again', async () => {
  await using store = await testBlobs()
  await store.blobs.put(BYTES)
  writeFileSync(join(store.folder, BYTES_PLACE), 'hellooo')

  expect(await store.blobs.verify(BYTES_HASH)).toBe('damaged')
  await store.blobs.put(BYTES)
  expect(await store.blobs.verify(BYTES_HASH)).toBe('good')
})

test('damage in the database is found, and never read as content', async () => {
  await using store = await testBlobs()
  await store.blobs.put('hello')
  await store.db.write((tx) => tx.run(sql`update texts set content = x'28b52ffd'`))

  expect(await store.blobs.verify(HELLO)).toBe('damaged')
  await expect(store.blobs.read(HELLO)).rejects.toMatchObject({ code: 'blob_missing', context: { hash: HELLO } })
})

test('what is not there is said to be missing', async () => {
  await using store = await testBlobs()
  expect(await store.blobs.verify(ABSENT)).toBe('missing')
  const { blobs, db } = store
  for (const ask of [blobs.read, blobs.open, (hash: string) => blobs.readIn(db.read, hash)])
    await expect(ask(ABSENT)).rejects.toMatchObject({ code: 'blob_missing', context: { hash: ABSENT } })
})

test.each(['../../etc/passwd', '', HELLO.toUpperCase(), `${HELLO}0`])(
  '“%s” is no hash and names no file',
  async (hash) => {
    await using store = await testBlobs()
    await store.blobs.put('hello')
    await expect(store.blobs.open(hash)).rejects.toThrow(/not the hash/)
    await expect(store.blobs.read(hash)).rejects.toThrow(/not the hash/)
  },
)

test('what a crash left half-written goes at the next start; what was complete stays', async () => {
  await using store = await testBlobs()
  await store.blobs.put(BYTES)
  writeFileSync(join(store.folder, 'tmp', '77'), 'half of someth')

  const blobs = openBlobs({ ...store, now: Date.now })
  expect(contents(store.folder)).toEqual([BYTES_PLACE])
  expect(await blobs.verify(BYTES_HASH)).toBe('good')
})

const DISK = mkdtempSync(join(tmpdir(), 'hearth-test-disk-'))
const smallDisk = Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', DISK]).exitCode === 0

test.skipIf(!smallDisk)(
  'a full disk is a clear error; nothing half-written is kept, and the rest stays good',
  async () => {
    try {
      await using store = await testBlobs()
      const folder = join(DISK, 'blobs')
      const blobs = openBlobs({ ...store, folder, now: Date.now })
      const small = await blobs.put(BYTES)
      const tooBig = new Uint8Array(4_000_000)
      using elsewhere = temporaryFolder()
      writeFileSync(join(elsewhere.path, 'big'), tooBig)

      await expect(blobs.put(tooBig)).rejects.toMatchObject({ code: 'disk_full' })
      await expect(blobs.putFile(join(elsewhere.path, 'big'))).rejects.toMatchObject({ code: 'disk_full' })
      expect(contents(folder)).toEqual([BYTES_PLACE])
      expect(await blobs.verify(small.hash)).toBe('good')
      expect((await blobs.put(new Uint8Array(22))).bytes).toBe(22)
    } finally {
      Bun.spawnSync(['umount', DISK])
    }
  },
)

afterAll(() => rmdirSync(DISK))

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
import { openBlobs } from '../../src/files/blobs.ts'
import { temporaryFolder } from '../support/database.ts'

const HELLO = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824'
const ABSENT = 'a'.repeat(64)

const contents = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))

test('content is kept under its SHA-256 and comes back', async () => {
  using folder = temporaryFolder()
  const blobs = openBlobs(folder.path)

  expect(await blobs.put('hello')).toEqual({ hash: HELLO, bytes: 5 })
  expect(contents(folder.path)).toEqual([`2c/${HELLO}`])
  expect(new TextDecoder().decode(await blobs.read(HELLO))).toBe('hello')
  expect(await blobs.open(HELLO).text()).toBe('hello')
  expect(await blobs.verify(HELLO)).toBe('good')
})

test('the same content is kept once, and costs no second write', async () => {
  using folder = temporaryFolder()
  const blobs = openBlobs(folder.path)
  await blobs.put('hello')
  const before = statSync(join(folder.path, '2c', HELLO))

  expect(await blobs.put('hello')).toEqual({ hash: HELLO, bytes: 5 })
  expect(statSync(join(folder.path, '2c', HELLO)).ino).toBe(before.ino)
})

test('the same content put twice at the same moment is kept once', async () => {
  using folder = temporaryFolder()
  const blobs = openBlobs(folder.path)
  const refs = await Promise.all(Array.from({ length: 20 }, () => blobs.put('hello')))
  expect(new Set(refs.map(({ hash }) => hash))).toEqual(new Set([HELLO]))
  expect(contents(folder.path)).toEqual([`2c/${HELLO}`])
})

test('a file is taken in by copy, so that whoever writes to it later changes nothing', async () => {
  using folder = temporaryFolder()
  const blobs = openBlobs(join(folder.path, 'blobs'))
  const source = join(folder.path, 'made.txt')
  writeFileSync(source, 'hello')
  chmodSync(source, 0o400)

  expect(await blobs.putFile(source)).toEqual({ hash: HELLO, bytes: 5 })
  chmodSync(source, 0o600)
  appendFileSync(source, ' and more')
  expect(await blobs.verify(HELLO)).toBe('good')
  expect(existsSync(source)).toBe(true)
  await expect(blobs.putFile(join(folder.path, 'absent'))).rejects.toThrow(/ENOENT/)
  expect(contents(join(folder.path, 'blobs'))).toEqual([`2c/${HELLO}`])
})

test('empty content and content of many chunks are content like any other', async () => {
  using folder = temporaryFolder()
  const blobs = openBlobs(folder.path)
  const big = new Uint8Array(3_000_000).map((_, i) => i % 251)
  const source = join(folder.path, 'big')
  writeFileSync(source, big)

  const empty = await blobs.put('')
  expect(empty.bytes).toBe(0)
  expect((await blobs.read(empty.hash)).byteLength).toBe(0)
  expect(await blobs.putFile(source)).toEqual(await blobs.put(big))
})

test('damage is found, and mended when the content comes again', async () => {
  using folder = temporaryFolder()
  const blobs = openBlobs(folder.path)
  await blobs.put('hello')
  writeFileSync(join(folder.path, '2c', HELLO), 'hellooo')

  expect(await blobs.verify(HELLO)).toBe('damaged')
  await blobs.put('hello')
  expect(await blobs.verify(HELLO)).toBe('good')
})

test('what is not there is said to be missing', async () => {
  using folder = temporaryFolder()
  const blobs = openBlobs(folder.path)
  expect(await blobs.verify(ABSENT)).toBe('missing')
  await expect(blobs.read(ABSENT)).rejects.toMatchObject({ code: 'blob_missing', context: { hash: ABSENT } })
})

test.each(['../../etc/passwd', '', HELLO.toUpperCase(), `${HELLO}0`])('“%s” is no hash and names no file', (hash) => {
  using folder = temporaryFolder()
  expect(() => openBlobs(folder.path).open(hash)).toThrow(/not the hash/)
})

test('what a crash left half-written goes at the next start; what was complete stays', async () => {
  using folder = temporaryFolder()
  await openBlobs(folder.path).put('hello')
  writeFileSync(join(folder.path, 'tmp', '77'), 'half of someth')

  const blobs = openBlobs(folder.path)
  expect(contents(folder.path)).toEqual([`2c/${HELLO}`])
  expect(await blobs.verify(HELLO)).toBe('good')
})

const DISK = mkdtempSync(join(tmpdir(), 'hearth-test-disk-'))
const smallDisk = Bun.spawnSync(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', DISK]).exitCode === 0

test.skipIf(!smallDisk)(
  'a full disk is a clear error; nothing half-written is kept, and the rest stays good',
  async () => {
    try {
      const blobs = openBlobs(join(DISK, 'blobs'))
      const small = await blobs.put('hello')
      const tooBig = new Uint8Array(4_000_000)
      using elsewhere = temporaryFolder()
      writeFileSync(join(elsewhere.path, 'big'), tooBig)

      await expect(blobs.put(tooBig)).rejects.toMatchObject({ code: 'disk_full' })
      await expect(blobs.putFile(join(elsewhere.path, 'big'))).rejects.toMatchObject({ code: 'disk_full' })
      expect(contents(join(DISK, 'blobs'))).toEqual([`2c/${HELLO}`])
      expect(await blobs.verify(small.hash)).toBe('good')
      expect((await blobs.put('room for little things')).bytes).toBe(22)
    } finally {
      Bun.spawnSync(['umount', DISK])
    }
  },
)

afterAll(() => rmdirSync(DISK))

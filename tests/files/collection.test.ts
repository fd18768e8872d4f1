import { expect, test } from 'bun:test'
import { existsSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Names } from '../../src/files/blobs/names.ts'
import { sha256, testBlobs, textsIn } from '../support/blobs.ts'
import { stoppedClock } from '../support/clock.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const TEXT = Array.from({ length: 500 }, (_, i) => `line ${i} of ${(i * 7_919) % 1_000}\n`).join('')
const BYTES = new Uint8Array([1, 0, 2])

const naming = (...hashes: string[]): Names => ({ among: async (_, asked) => asked.filter((h) => hashes.includes(h)) })

/** A store with a clock, and a collection of what was put more than a day ago. */
async function aged() {
  const clock = stoppedClock()
  const store = await testBlobs(clock.now)
  const placeOf = (hash: string) => join(store.folder, hash.slice(0, 2), hash)
  return Object.assign(store, {
    clock,
    placeOf,
    collect: (names: Names[] = [], signal = new AbortController().signal) =>
      store.blobs.collect({ names, before: clock.now() - DAY, signal }),
    left: async (hash: string) => (await textsIn(store.db)).includes(hash) || existsSync(placeOf(hash)),
  })
}

test('what nothing names goes when it is a day old, and what is named stays', async () => {
  await using store = await aged()
  const [old, oldFile] = [await store.blobs.put('old'), await store.blobs.put(BYTES)]
  const [named, namedFile] = [await store.blobs.put('named'), await store.blobs.put(new Uint8Array([0, 9]))]
  store.clock.pass(DAY + 1)
  const [young, youngFile] = [await store.blobs.put('young'), await store.blobs.put(new Uint8Array([0, 1]))]

  const { removed } = await store.collect([naming(named.hash), naming(namedFile.hash)])
  expect(removed).toBe(2)
  for (const { hash } of [old, oldFile]) expect(await store.left(hash)).toBe(false)
  for (const { hash } of [named, namedFile, young, youngFile]) expect(await store.blobs.verify(hash)).toBe('good')
})

test('what is named anywhere in words that have no index stays', async () => {
  await using store = await aged()
  const [inJson, absent, partOfMore] = [
    await store.blobs.put('in JSON'),
    await store.blobs.put('absent'),
    await store.blobs.put('part of more digits'),
  ]
  const names: Names = {
    async *words() {
      yield ['{}', `${partOfMore.hash}0`]
      yield [JSON.stringify({ deep: [{ hash: inJson.hash, bytes: 7 }] })]
    },
  }
  store.clock.pass(DAY + 1)
  expect(await store.collect([naming(), names])).toMatchObject({ removed: 2 })
  expect([await store.left(inJson.hash), await store.left(absent.hash)]).toEqual([true, false])
})

test('a text on which a named one stands stays, and goes with the last of them', async () => {
  await using store = await aged()
  const base = await store.blobs.put(TEXT)
  const [one, two] = [
    await store.blobs.put(`${TEXT}one`, { like: base.hash }),
    await store.blobs.put(`${TEXT}two`, { like: base.hash }),
  ]
  store.clock.pass(DAY + 1)
  expect(await store.collect([naming(two.hash)])).toMatchObject({ removed: 1 })
  expect([await store.left(one.hash), await store.left(base.hash)]).toEqual([false, true])
  expect(Buffer.from(await store.blobs.read(two.hash)).toString()).toBe(`${TEXT}two`)

  expect(await store.collect()).toMatchObject({ removed: 2 })
  expect(await textsIn(store.db)).toEqual([])
})

test('what is put again while it is looked for stays: it may be named in a moment', async () => {
  await using store = await aged()
  const [text, file] = [await store.blobs.put('again'), await store.blobs.put(BYTES)]
  const inTransaction = await store.blobs.put('in a transaction')
  store.clock.pass(DAY + 1)
  const meanwhile: Names = {
    async among(_, asked) {
      if (asked.includes(text.hash)) await store.blobs.put('again')
      if (asked.includes(inTransaction.hash)) await store.db.write((tx) => store.blobs.putIn(tx, 'in a transaction'))
      if (asked.includes(file.hash)) await store.blobs.put(BYTES)
      return []
    },
  }
  expect(await store.collect([meanwhile])).toMatchObject({ removed: 0 })
  for (const { hash } of [text, file, inTransaction]) expect(await store.blobs.verify(hash)).toBe('good')
})

test('a text that becomes the base of another while it is looked for stays', async () => {
  await using store = await aged()
  const base = await store.blobs.put(TEXT)
  store.clock.pass(DAY + 1)
  const meanwhile: Names = {
    async among() {
      await store.blobs.put(`${TEXT}new`, { like: base.hash })
      return []
    },
  }
  await store.collect([meanwhile])
  expect(Buffer.from(await store.blobs.read(sha256(`${TEXT}new`))).toString()).toBe(`${TEXT}new`)
})

test('putting a text again dates it anew, but costs no write within the hour: a day is long enough for both', async () => {
  await using store = await aged()
  const { hash } = await store.blobs.put('again')
  const { commits } = store.db.stats
  store.clock.pass(HOUR - 1)
  await store.blobs.put('again')
  expect(store.db.stats.commits).toBe(commits)
  store.clock.pass(2 * HOUR)
  await store.blobs.put('again')
  expect(store.db.stats.commits).toBe(commits + 1)

  store.clock.pass(DAY)
  await store.collect()
  expect(await store.left(hash)).toBe(true)
  store.clock.pass(1)
  await store.collect()
  expect(await store.left(hash)).toBe(false)
})

test('texts that an earlier version put on the disk go into the database; their files go a day later', async () => {
  await using store = await aged()
  const hash = sha256(TEXT)
  const picture = await store.blobs.put(BYTES)
  writeFileSync(store.placeOf(hash), TEXT)
  utimesSync(store.placeOf(hash), 1, 1)
  const damaged = sha256('whole')
  writeFileSync(store.placeOf(damaged), 'holed')
  utimesSync(store.placeOf(damaged), 1, 1)
  store.clock.pass(DAY + 1)
  const names = [naming(hash, damaged, picture.hash)]

  expect(await store.collect(names)).toMatchObject({ removed: 0, taken: 1 })
  expect([await textsIn(store.db), existsSync(store.placeOf(hash))]).toEqual([[hash], true])
  expect(await store.collect(names)).toMatchObject({ removed: 0, taken: 0 })
  store.clock.pass(DAY + 1)
  await store.collect(names)
  expect([existsSync(store.placeOf(hash)), existsSync(store.placeOf(damaged))]).toEqual([false, true])
  expect(Buffer.from(await store.blobs.read(hash)).toString()).toBe(TEXT)
  expect(await store.left(picture.hash)).toBe(true)
})

test('thousands are looked up in pages, and all that is unnamed goes', async () => {
  await using store = await aged()
  const refs = await Promise.all(Array.from({ length: 2_500 }, (_, i) => store.blobs.put(`text ${i}`)))
  store.clock.pass(DAY + 1)
  const named = refs.filter((_, i) => i % 5 === 0).map(({ hash }) => hash)
  const asked: number[] = []
  const counting: Names = {
    async among(_, hashes) {
      asked.push(hashes.length)
      return []
    },
  }
  expect(await store.collect([counting, naming(...named)])).toMatchObject({ removed: 2_000 })
  expect(Math.max(...asked)).toBeLessThanOrEqual(1_000)
  expect(await textsIn(store.db)).toEqual(named.sort())
})

test('it stops when it is asked to, with nothing removed that is named', async () => {
  await using store = await aged()
  const { hash } = await store.blobs.put('old')
  store.clock.pass(DAY + 1)
  const stop = new AbortController()
  const stopping: Names = {
    async *words() {
      stop.abort(new Error('stopped'))
      yield []
    },
  }
  await expect(store.collect([stopping], stop.signal)).rejects.toThrow('stopped')
  expect(await store.left(hash)).toBe(true)
})

import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import fc from 'fast-check'
import { openDatabase } from '../../src/db/open.ts'
import { openBlobs } from '../../src/files/blobs.ts'
import { testBlobs, textsIn } from '../support/blobs.ts'
import { silent, temporaryFolder } from '../support/database.ts'
import { libsqlServer } from '../support/libsql.ts'

const MOST = 4 * 1024 ** 2
/** Text that compresses as code does, some 3 to 1. */
const code = (bytes: number, seed = 1) => {
  let state = seed
  let text = ''
  for (let line = 0; text.length < bytes; line++) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    text += `  const value${state % 9_973} = await read(file${line % 31}, { at: ${state} })\n`
  }
  return text.slice(0, bytes)
}
const TEXT = code(20_000)

/** How each text is kept: the bytes that it takes, and whether a base is needed to read it. */
async function kept({ db }: Pick<Awaited<ReturnType<typeof testBlobs>>, 'db'>) {
  const rows = await db.read.all<{ size: number; base: number | null }>(
    sql`select length(content) as size, base from texts order by id`,
  )
  return rows.map(({ size, base }) => ({ size, alone: base === null }))
}

const read = async (blobs: { read(hash: string): Promise<Uint8Array> }, hash: string) =>
  Buffer.from(await blobs.read(hash)).toString()

test('of a text that came from another only what differs is kept', async () => {
  await using store = await testBlobs()
  const { blobs } = store
  const first = await blobs.put(TEXT)
  const second = await blobs.put(TEXT.replace('value', 'changed'), { like: first.hash })
  const third = await blobs.put(TEXT.replace('await', 'yield'), { like: second.hash })

  const [whole, ...deltas] = await kept(store)
  expect(whole!.alone).toBe(true)
  expect(deltas.map(({ alone, size }) => [alone, size < 100])).toEqual([
    [false, true],
    [false, true],
  ])
  expect(await read(blobs, second.hash)).toBe(TEXT.replace('value', 'changed'))
  expect(await (await blobs.open(third.hash)).text()).toBe(TEXT.replace('await', 'yield'))
  expect(await blobs.readIn(store.db.read, third.hash)).toBe(TEXT.replace('await', 'yield'))
  expect(await blobs.verify(third.hash)).toBe('good')
})

test('a text that has little of what it came from is kept whole', async () => {
  await using store = await testBlobs()
  const { hash } = await store.blobs.put(TEXT)
  await store.blobs.put(code(20_000, 77), { like: hash })
  expect((await kept(store)).map(({ alone }) => alone)).toEqual([true, true])
})

test('a text that came from what is not there, or from a few words, is kept whole', async () => {
  await using store = await testBlobs()
  const { hash } = await store.blobs.put('a few words')
  await store.blobs.put(TEXT, { like: 'a'.repeat(64) })
  await store.blobs.put(`${TEXT}and more`, { like: hash })
  await store.blobs.put('a few words more', { like: hash })
  expect((await kept(store)).map(({ alone }) => alone)).toEqual([true, true, true, true])
})

test('a new whole one is kept when all that differs from the last has come to as much as that', async () => {
  await using store = await testBlobs()
  let text = TEXT
  let like: string | undefined
  for (let i = 0; i < 60; i++) {
    text = `${text.slice(0, i * 300)}${code(200, i + 2)}${text.slice(i * 300)}`.slice(0, 20_000)
    like = (await store.blobs.put(text, { like })).hash
  }
  const all = await kept(store)
  const wholes = all.filter(({ alone }) => alone)
  expect(wholes.length).toBeGreaterThan(2)
  expect(wholes.length).toBeLessThan(20)
  expect(await read(store.blobs, like!)).toBe(text)
})

test('texts of 4 MB differ by little too, wherever the change is', async () => {
  await using store = await testBlobs()
  const big = code(MOST)
  const { hash } = await store.blobs.put(big)
  const moved = big.slice(MOST / 2) + big.slice(0, MOST / 2)
  const ref = await store.blobs.put(moved, { like: hash })
  expect(await read(store.blobs, ref.hash)).toBe(moved)
  const [whole, delta] = await kept(store)
  expect(delta!.size * 20).toBeLessThan(whole!.size)
})

test('a text that another stands on can’t be taken away', async () => {
  await using store = await testBlobs()
  const { hash } = await store.blobs.put(TEXT)
  await store.blobs.put(`${TEXT}and more`, { like: hash })
  await expect(store.db.write((tx) => tx.run(sql`delete from texts where base is null`))).rejects.toThrow()
  expect(await textsIn(store.db)).toHaveLength(2)
})

test('a base that went between the look and the write is not missed: the text is kept whole', async () => {
  await using store = await testBlobs()
  const { hash } = await store.blobs.put(TEXT)
  const { db } = store
  const write: typeof db.write = async (work) => {
    await db.write(async (tx) => {
      await tx.run(sql`delete from texts`)
      await tx.run(sql`insert into texts (hash, bytes, put_at, content) values (zeroblob(32), 1, 1, x'00')`)
    })
    return db.write(work)
  }
  const blobs = openBlobs({ ...store, db: { read: db.read, write }, now: Date.now })
  const ref = await blobs.put(`${TEXT}and more`, { like: hash })
  expect(await read(store.blobs, ref.hash)).toBe(`${TEXT}and more`)
})

test('a text put in a transaction is there for it at once, and for others with its commit', async () => {
  await using store = await testBlobs()
  const { blobs, db } = store
  const { hash } = await blobs.put(TEXT)
  const merged = await db.write(async (tx) => {
    const ref = await blobs.putIn(tx, `\uFEFF${TEXT}merged`, { like: hash })
    expect(await blobs.readIn(tx, ref.hash)).toBe(`\uFEFF${TEXT}merged`)
    expect(await blobs.verify(ref.hash)).toBe('missing')
    return ref
  })
  expect(await blobs.verify(merged.hash)).toBe('good')
  expect((await kept(store))[1]).toMatchObject({ alone: false })
})

test('a transaction that is rolled back leaves no text', async () => {
  await using store = await testBlobs()
  const work = store.db.write(async (tx) => {
    await store.blobs.putIn(tx, TEXT)
    throw new Error('no')
  })
  await expect(work).rejects.toThrow('no')
  expect(await textsIn(store.db)).toEqual([])
})

test('what is no text can’t be put in a transaction', async () => {
  await using store = await testBlobs()
  for (const text of ['a\0b', 'x'.repeat(MOST + 1)])
    await expect(store.db.write((tx) => store.blobs.putIn(tx, text))).rejects.toMatchObject({ code: 'not_text' })
})

test('whatever is put, in whatever order and like whatever, comes back as it was', async () => {
  await using store = await testBlobs()
  const words = fc.array(fc.constantFrom('let ', 'name', ' = ', 'ü🎈', '\n', '\r\n', code(400), code(700, 3)))
  const step = fc.record({ text: words.map((all) => all.join('')), like: fc.nat(20) })
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
      const put: { hash: string; text: string }[] = []
      for (const { text, like } of steps) {
        const from = put[like % (put.length || 1)]?.hash
        put.push({ text, hash: (await store.blobs.put(text, { like: from })).hash })
      }
      for (const { hash, text } of put) expect(await read(store.blobs, hash)).toBe(text)
    }),
    { numRuns: 60 },
  )
})

let server: Awaited<ReturnType<typeof libsqlServer>>
beforeAll(async () => {
  server = await libsqlServer()
})
afterAll(() => server[Symbol.asyncDispose]())

test('on a libSQL server texts are kept as in a file', async () => {
  using folder = temporaryFolder()
  await using db = await openDatabase({ url: server.url, backups: folder.path, now: Date.now, log: silent })
  const blobs = openBlobs({ db, folder: folder.path, now: Date.now })
  const { hash } = await blobs.put(TEXT)
  const merged = await db.write((tx) => blobs.putIn(tx, `${TEXT}merged`, { like: hash }))
  expect([await read(blobs, hash), await read(blobs, merged.hash)]).toEqual([TEXT, `${TEXT}merged`])
  expect((await kept({ db: db as never })).map(({ alone }) => alone)).toEqual([true, false])
})

import { expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { afterCommit, type Tx } from '../../src/db/writer.ts'
import { testDatabase, withNumbers } from '../support/database.ts'
import { secondProcess } from '../support/second-process.ts'

const insert = (tx: Tx, id: number) => tx.run(sql`INSERT INTO numbers VALUES (${id})`)

test('writes that wait at the same moment share a commit', async () => {
  await using db = await withNumbers()
  const before = { ...db.stats }
  await Promise.all(Array.from({ length: 500 }, (_, id) => db.write((tx) => insert(tx, id))))
  expect(db.stats.units - before.units).toBe(500)
  expect(db.stats.commits - before.commits).toBe(3) // 200 a commit
  expect(await db.numbers()).toHaveLength(500)
})

test('one that fails leaves nothing behind and does not harm its neighbours', async () => {
  await using db = await withNumbers()
  const outcomes = await Promise.allSettled(
    [1, 2, 3, 4, 5].map((id) =>
      db.write(async (tx) => {
        await insert(tx, id)
        if (id === 2) throw new Error('changed my mind')
        if (id === 4) await insert(tx, 1) // taken
        return id
      }),
    ),
  )
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled'])
  expect(outcomes[1]).toMatchObject({ reason: new Error('changed my mind') })
  expect(await db.numbers()).toEqual([1, 3, 5])
})

test('a unit sees its own writes and those of its neighbours before it', async () => {
  await using db = await withNumbers()
  const count = (tx: Tx) => tx.get<{ n: number }>(sql`SELECT count(*) AS n FROM numbers`)
  const [, second] = await Promise.all([
    db.write((tx) => insert(tx, 1)),
    db.write(async (tx) => {
      await insert(tx, 2)
      return (await count(tx)).n
    }),
  ])
  expect(second).toBe(2)
})

test('what is to follow a commit follows it, in order, and never after a rollback', async () => {
  await using db = await withNumbers()
  const heard: string[] = []
  await Promise.allSettled(
    [1, 2, 3].map((id) =>
      db.write(async (tx) => {
        await insert(tx, id)
        afterCommit(tx, () => heard.push(`after ${id}`))
        expect(heard).toEqual([]) // nothing is told before the one commit
        if (id === 2) throw new Error('no')
      }),
    ),
  )
  expect(heard).toEqual(['after 1', 'after 3'])
})

test('something that goes wrong after a commit stops neither its caller nor later writes', async () => {
  await using db = await withNumbers()
  const first = db.write(async (tx) => {
    await insert(tx, 1)
    afterCommit(tx, () => {
      throw new Error('a broken listener')
    })
    return 'written'
  })
  const neighbour = db.write((tx) => insert(tx, 2))
  expect(await first).toBe('written')
  await neighbour
  await db.write((tx) => insert(tx, 3))
  expect(await db.numbers()).toEqual([1, 2, 3])
})

test('a write is acknowledged when another process can see it, not before', async () => {
  await using db = await withNumbers()
  await using other = secondProcess(db.path)
  await other.run('SELECT 1')
  for (let id = 0; id < 20; id++) {
    await db.write((tx) => insert(tx, id))
    expect(await other.run('SELECT count(*) FROM numbers')).toEqual({ rows: [[id + 1]] })
  }
})

test('reads go on while a write is open, and see only what is committed', async () => {
  await using db = await withNumbers()
  const inside = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const writing = db.write(async (tx) => {
    await insert(tx, 1)
    inside.resolve()
    await go.promise
  })
  await inside.promise
  expect(await db.numbers()).toEqual([])
  go.resolve()
  await writing
  expect(await db.numbers()).toEqual([1])
})

test('a long burst of writes leaves the event loop its turns', async () => {
  await using db = await withNumbers()
  let longest = 0
  let last = performance.now()
  const watch = setInterval(() => {
    longest = Math.max(longest, performance.now() - last)
    last = performance.now()
  }, 1)
  await Promise.all(Array.from({ length: 4_000 }, (_, id) => db.write((tx) => insert(tx, id))))
  clearInterval(watch)
  expect(longest).toBeGreaterThan(0)
  expect(longest).toBeLessThan(150) // the promise is 20 ms on an idle machine: `bun run bench`
})

test('a write after the end is refused and does not open the file again', async () => {
  const db = await withNumbers()
  await db[Symbol.asyncDispose]()
  await expect(db.write((tx) => insert(tx, 1))).rejects.toMatchObject({ code: 'server_stopping' })
})

test('what was asked before the end is still written', async () => {
  await using db = await testDatabase()
  const written = db.write((tx) => tx.run(sql`CREATE TABLE late (id INTEGER) STRICT`))
  await Promise.all([db[Symbol.asyncDispose](), written])
})

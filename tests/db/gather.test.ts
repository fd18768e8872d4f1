import { expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { gather } from '../../src/db/gather.ts'
import { commitUnclear } from '../../src/db/remote.ts'
import type { Tx } from '../../src/db/writer.ts'
import { DomainError } from '../../src/errors.ts'
import { withNumbers } from '../support/database.ts'

const insertAll = (tx: Tx, ids: number[]) =>
  tx.run(sql`INSERT INTO numbers SELECT value FROM json_each(${JSON.stringify(ids)})`)

test('those who ask at the same moment share one unit, and each gets its own answer', async () => {
  await using db = await withNumbers()
  const shared: number[] = []
  const insert = gather(db, async (tx, ids: number[]) => {
    shared.push(ids.length)
    await insertAll(tx, ids)
    return ids.map((id) => `number ${id}`)
  })
  expect(await Promise.all(Array.from({ length: 250 }, (_, id) => insert(id)))).toEqual(
    Array.from({ length: 250 }, (_, id) => `number ${id}`),
  )
  expect(shared).toEqual([100, 100, 50]) // the driver blocks the thread: not all at once
  expect(await insert(999)).toBe('number 999')
  expect(await db.numbers()).toHaveLength(251)
})

test('an error of one caller is its alone', async () => {
  await using db = await withNumbers()
  const insert = gather(db, async (tx, ids: number[]) => {
    const even = ids.filter((id) => id % 2 === 0)
    await insertAll(tx, even)
    return ids.map((id) => (id % 2 === 0 ? id : new Error(`${id} is odd`)))
  })
  const outcomes = await Promise.allSettled([1, 2, 3, 4].map(insert))
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled'])
  expect(await db.numbers()).toEqual([2, 4])
})

test('where the shared work can’t be done, each is tried alone, and only who is to blame fails', async () => {
  await using db = await withNumbers()
  await db.write((tx) => insertAll(tx, [3]))
  const insert = gather(db, async (tx, ids: number[]) => {
    await insertAll(tx, ids)
    return ids
  })
  const outcomes = await Promise.allSettled([1, 2, 3, 4].map(insert))
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled'])
  expect(await db.numbers()).toEqual([1, 2, 3, 4])
})

test('what fails for all, as a full disk does, is not tried again for each', async () => {
  await using db = await withNumbers()
  let tries = 0
  const insert = gather(db, () => {
    tries++
    return Promise.reject(Object.assign(new Error('full'), { code: 'SQLITE_FULL' }))
  })
  const outcomes = await Promise.allSettled([1, 2, 3].map(insert))
  expect(outcomes.map((outcome) => (outcome as PromiseRejectedResult).reason)).toEqual(
    Array.from({ length: 3 }, () => expect.any(DomainError)),
  )
  expect(tries).toBe(1)
})

test('what may have been written, as far as anybody knows, is not written again', async () => {
  await using db = await withNumbers()
  let tries = 0
  const insert = gather(db, () => {
    tries++
    return Promise.reject(commitUnclear(new Error('cut off')))
  })
  const outcomes = await Promise.allSettled([1, 2, 3].map(insert))
  expect(outcomes).toMatchObject(Array.from({ length: 3 }, () => ({ reason: { code: 'commit_unclear' } })))
  expect(tries).toBe(1)
})

test('a database that takes no more writes tells every caller', async () => {
  const db = await withNumbers()
  const insert = gather(db, async (_tx, ids: number[]) => ids)
  await db[Symbol.asyncDispose]()
  const outcomes = await Promise.allSettled([1, 2].map(insert))
  expect(outcomes).toMatchObject([{ reason: { code: 'server_stopping' } }, { reason: { code: 'server_stopping' } }])
})

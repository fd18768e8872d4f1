import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { temporaryFolder, testDatabase } from '../support/database.ts'
import { secondProcess } from '../support/second-process.ts'

const INSERT = 'INSERT INTO numbers DEFAULT VALUES'
const COUNT = 'SELECT count(*) FROM numbers'
const CREATE = 'CREATE TABLE numbers (id INTEGER PRIMARY KEY)'

test('the bare client acknowledges writes after SQLITE_BUSY and loses them (if this fails, the driver is mended)', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'bare.db')
  await using holder = secondProcess(path)
  await using bare = secondProcess(path)
  await holder.run('PRAGMA journal_mode = WAL')
  await holder.run(CREATE)
  await holder.lock()
  expect(await bare.run(INSERT)).toEqual({ error: 'SQLITE_BUSY' })
  await holder.unlock()

  for (let i = 0; i < 5; i++) expect(await bare.run(INSERT)).toEqual({ rows: [] })
  expect(await bare.run(COUNT)).toEqual({ rows: [[5]] })
  expect(await holder.run(COUNT)).toEqual({ rows: [[0]] })
  await bare.kill()
  expect(await holder.run(COUNT)).toEqual({ rows: [[0]] })
})

test('Hearth waits for a short lock, writes, and loses nothing that it acknowledged', async () => {
  await using db = await testDatabase()
  await using holder = secondProcess(db.path)
  await db.write((tx) => tx.run(sql.raw(CREATE)))
  await holder.lock()
  const written = Promise.all([1, 2, 3].map(() => db.write((tx) => tx.run(sql.raw(INSERT)))))
  while (db.stats.busy === 0) await Bun.sleep(5)
  await holder.unlock()
  await written

  for (let i = 0; i < 5; i++) await db.write((tx) => tx.run(sql.raw(INSERT)))
  expect(await holder.run(COUNT)).toEqual({ rows: [[8]] })
})

test('a lock that stays is an alarm in words, and writes go on when it is gone', async () => {
  await using db = await testDatabase()
  await using holder = secondProcess(db.path)
  await db.write((tx) => tx.run(sql.raw(CREATE)))
  await holder.lock()
  let turns = 0
  const watch = setInterval(() => turns++, 10)
  await expect(db.write((tx) => tx.run(sql.raw(INSERT)))).rejects.toMatchObject({
    code: 'database_busy',
    retryable: true,
  })
  clearInterval(watch)
  expect(turns).toBeGreaterThan(50) // waiting for a lock never holds the event loop
  await holder.unlock()

  for (let i = 0; i < 5; i++) await db.write((tx) => tx.run(sql.raw(INSERT)))
  expect(await holder.run(COUNT)).toEqual({ rows: [[5]] })
  await db.write(async (tx) => expect(await tx.get(sql`PRAGMA synchronous`)).toEqual({ synchronous: 2 }))
  expect(db.stats.busy).toBe(6)
})

import { expect, test } from 'bun:test'
import { chmodSync, closeSync, existsSync, openSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { openDatabase } from '../../src/db/open.ts'
import { silent, temporaryFolder, testDatabase } from '../support/database.ts'
import { secondProcess } from '../support/second-process.ts'

const open = (folder: string) =>
  openDatabase({
    url: `file:${join(folder, 'hearth.db')}`,
    backups: join(folder, 'backups'),
    now: Date.now,
    log: silent,
  })

test('both connections are set up as the design says', async () => {
  await using db = await testDatabase()
  const pragma = (name: string) => db.write((tx) => tx.get<Record<string, unknown>>(sql.raw(`PRAGMA ${name}`)))
  expect(Object.values(await pragma('journal_mode'))).toEqual(['wal'])
  expect(Object.values(await pragma('synchronous'))).toEqual([2])
  expect(Object.values(await pragma('foreign_keys'))).toEqual([1])
  expect(await db.read.get<Record<string, unknown>>(sql`PRAGMA query_only`)).toEqual({ query_only: 1 })
})

test('who opens it while another process is just letting go of it waits for that', async () => {
  using folder = temporaryFolder()
  await using other = secondProcess(join(folder.path, 'hearth.db'))
  await other.run('CREATE TABLE numbers (id INTEGER PRIMARY KEY)')
  await other.lock()
  const opening = open(folder.path)
  expect(await Promise.race([opening.then(() => 'open'), Bun.sleep(300).then(() => 'waits')])).toBe('waits')
  await other.unlock()
  await using db = await opening
  expect(await db.read.all(sql`SELECT * FROM events`)).toEqual([])
})

test('the connection that reads can’t write', async () => {
  await using db = await testDatabase()
  await expect(db.read.run(sql`INSERT INTO events (at, type) VALUES (1, 'x')`).execute()).rejects.toThrow()
  expect(await db.read.all(sql`SELECT * FROM events`)).toEqual([])
})

test('a reference to a row that does not exist is refused', async () => {
  await using db = await testDatabase()
  const orphan = sql`INSERT INTO checkpoints VALUES ('no such job', 'step', 1, '1', 1)`
  await expect(db.write((tx) => tx.run(orphan))).rejects.toThrow()
})

test('a copy is whole and opens, also while writes go on', async () => {
  await using db = await testDatabase()
  await db.write((tx) => tx.run(sql`INSERT INTO events (at, type) VALUES (1, 'one')`))
  const copy = `${db.path}.copy`
  const writes = Promise.all(
    Array.from({ length: 50 }, () => db.write((tx) => tx.run(sql`INSERT INTO events (at, type) VALUES (2, 'two')`))),
  )
  await db.copyTo(copy)
  await writes
  await using other = secondProcess(copy)
  expect(await other.run('PRAGMA integrity_check')).toEqual({ rows: [['ok']] })
  expect(await other.run("SELECT count(*) FROM events WHERE type = 'one'")).toEqual({ rows: [[1]] })
})

test('a file that is no database is refused in words', async () => {
  using folder = temporaryFolder()
  writeFileSync(join(folder.path, 'hearth.db'), 'this is a text file, and a long one at that. '.repeat(200))
  await expect(open(folder.path)).rejects.toMatchObject({ code: 'database_damaged', severity: 'critical' })
})

/** Pages at the end of the file that hold nothing but events. */
const EVENT_PAGES = 20

test('a page that is damaged fails the write that meets it in words', async () => {
  using folder = temporaryFolder()
  const path = join(folder.path, 'hearth.db')
  {
    await using db = await open(folder.path)
    for (let i = 0; i < 300; i++)
      await db.write((tx) =>
        tx.run(sql`INSERT INTO events (at, type, scope) VALUES (1, ${'x'.repeat(500)}, ${`p${i}`})`),
      )
  }
  const file = openSync(path, 'r+')
  const size = statSync(path).size
  for (let page = size - 4096 * EVENT_PAGES; page < size; page += 4096)
    writeSync(file, Buffer.alloc(2_000, 0xa5), 0, 2_000, page)
  closeSync(file)

  await using db = await open(folder.path)
  const touch = db.write((tx) => tx.run(sql`UPDATE events SET type = 'y'`))
  await expect(touch).rejects.toMatchObject({ code: 'database_damaged' })
})

test('a directory that is not there is an error in words', async () => {
  await expect(open('/nowhere/at/all')).rejects.toMatchObject({ code: 'data_read_only' })
})

test.skipIf(process.getuid?.() === 0)('a file that can’t be written is refused in words', async () => {
  using folder = temporaryFolder()
  await (await open(folder.path))[Symbol.asyncDispose]()
  chmodSync(join(folder.path, 'hearth.db'), 0o400)
  await expect(open(folder.path)).rejects.toMatchObject({ code: 'data_read_only' })
  expect(existsSync(join(folder.path, 'hearth.db'))).toBe(true)
})

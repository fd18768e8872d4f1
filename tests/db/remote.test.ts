import { expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { type Database, openDatabase } from '../../src/db/open.ts'
import { afterCommit } from '../../src/db/writer.ts'
import { silent } from '../support/database.ts'
import { until } from '../support/jobs.ts'
import { type LibsqlServer, libsqlServer } from '../support/libsql.ts'

/** What one write of one row asks: BEGIN with the savepoint, the row, the release, the mark, COMMIT. */
const REQUESTS = 5

async function onServer({ url }: LibsqlServer, more: { token?: string; answerMs?: number } = {}) {
  const db = await openDatabase({ url, backups: '', now: Date.now, log: silent, ...more })
  await db.write((tx) => tx.run(sql`CREATE TABLE IF NOT EXISTS notes (text TEXT) STRICT`))
  let runs = 0
  return Object.assign(db, {
    note: (text: string) =>
      db.write((tx) => {
        runs++
        return tx.run(sql`INSERT INTO notes VALUES (${text})`)
      }),
    notes: async () => (await db.read.all<{ text: string }>(sql`SELECT text FROM notes`)).map(({ text }) => text),
    runs: () => runs,
  })
}

/** Waits until a write has met the lock of a transaction whose client was lost, and lets the server give that up. */
async function lockExpires(server: LibsqlServer, { stats }: Pick<Database, 'stats'>): Promise<void> {
  await until(() => stats.busy > 0, 'the lock')
  await server.expire()
}

test('a database on a libSQL server is migrated, written and read', async () => {
  await using server = await libsqlServer()
  await using db = await onServer(server)
  await Promise.all([db.note('one'), db.note('two')])
  expect(await db.notes()).toEqual(['one', 'two'])
  await expect(db.write((tx) => tx.run(sql`INSERT INTO nowhere VALUES (1)`))).rejects.toThrow()
  await using again = await onServer(server) // nothing to migrate any more
  expect(await again.notes()).toEqual(['one', 'two'])
})

for (const [manner, nth] of [
  ['cut before', 1],
  ['cut before', 2],
  ['cut before', 3],
  ['cut before', 4],
  ['cut after', 2],
  ['502', 3],
] as const)
  test(`a write whose request ${nth} of ${REQUESTS} meets “${manner}” is run again, and takes effect once`, async () => {
    await using server = await libsqlServer()
    await using db = await onServer(server)
    await server.trouble(manner, { nth, many: 1 })
    const written = db.note('one')
    if (manner === 'cut after') await lockExpires(server, db) // the client has missed the name that its transaction has by now
    await written
    expect(await db.notes()).toEqual(['one'])
    expect(db.runs()).toBe(nth === 1 ? 1 : 2) // BEGIN is the first
  })

for (const [manner, runs] of [
  ['cut before', 2],
  ['cut after', 1],
  ['502', 2],
] as const)
  test(`a commit that meets “${manner}” is looked for, acknowledged if it is there, and repeated only if it is not`, async () => {
    await using server = await libsqlServer()
    await using db = await onServer(server)
    const { requests } = await server.report()
    await server.trouble(manner, { nth: REQUESTS, many: 1 })
    const written = db.note('one')
    await until(async () => (await server.report()).requests > requests + REQUESTS) // it looks for it
    await server.expire()
    await written
    expect(db.runs()).toBe(runs)
    expect(await db.notes()).toEqual(['one'])
  })

for (const [manner, kept] of [
  ['cut before', []],
  ['cut after', ['one']],
] as const)
  test(`a commit that meets “${manner}” by a server that stays away is unclear to its caller; what follows it is told once it is known to be there`, async () => {
    await using server = await libsqlServer()
    await using db = await onServer(server)
    const told: string[] = []
    const note = (text: string) =>
      db.write(async (tx) => {
        await tx.run(sql`INSERT INTO notes VALUES (${text})`)
        afterCommit(tx, () => void told.push(text))
      })
    await server.trouble(manner, { nth: REQUESTS, many: 1 })
    await server.trouble('502', { nth: REQUESTS + 1 })
    await expect(note('one')).rejects.toMatchObject({ code: 'commit_unclear', retryable: false })
    expect(told).toEqual([])
    await server.fine()
    await server.expire()
    await note('two')
    expect(told).toEqual([...kept, 'two'])
    expect(await db.notes()).toEqual([...kept, 'two'])
  })

test('a server that is away refuses writes and reads in words, keeps none of them, and is used again when it is back', async () => {
  await using server = await libsqlServer()
  await using db = await onServer(server)
  await db.note('one')
  await server.refuse()
  const away = { code: 'database_unreachable', retryable: true }
  const outcomes = await Promise.allSettled([db.note('two'), db.note('three')])
  for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: away })
  await expect(db.notes()).rejects.toMatchObject({ cause: away })
  await server.accept()
  await db.note('four')
  expect(await db.notes()).toEqual(['one', 'four'])
})

test('a server that is killed between two statements loses what was not committed, and the write is run again', async () => {
  await using server = await libsqlServer()
  await using db = await onServer(server)
  let runs = 0
  await db.write(async (tx) => {
    await tx.run(sql`INSERT INTO notes VALUES ('one')`)
    if (++runs > 1) return
    await server.kill()
    await server.start()
    await tx.run(sql`INSERT INTO notes VALUES ('two')`)
  })
  expect(await db.notes()).toEqual(['one'])
})

test('a server that never answers is waited for so long and no longer, and what it may still hold is waited for too', async () => {
  await using server = await libsqlServer()
  await using db = await onServer(server, { answerMs: 1_000 })
  const { requests } = await server.report()
  await server.trouble('hang', { nth: 2, many: 2 }) // the row, and the word that the transaction is given up: its lock stays
  await expect(db.note('one')).rejects.toMatchObject({ code: 'database_slow', retryable: true })
  await until(async () => (await server.report()).requests === requests + 3)
  await server.fine()
  const second = db.note('two')
  await lockExpires(server, db)
  await second
  expect(await db.notes()).toEqual(['two'])
})

test('a connection that was closed while nobody used it costs a reader nothing', async () => {
  await using server = await libsqlServer()
  await using db = await onServer(server)
  await db.note('one')
  await server.trouble('cut before', { many: 1 })
  expect(await db.notes()).toEqual(['one'])
})

test('a server that is not there, or refuses the token, is named when the database is opened', async () => {
  await using server = await libsqlServer({ token: 'good' })
  await (await onServer(server, { token: 'good' }))[Symbol.asyncDispose]()
  await expect(onServer(server, { token: 'bad' })).rejects.toMatchObject({
    code: 'database_refused',
    severity: 'critical',
  })
  await server.kill()
  await expect(onServer(server, { token: 'good' })).rejects.toMatchObject({ code: 'database_unreachable' })
})

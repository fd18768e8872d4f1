import { expect, test } from 'bun:test'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { type Migration, migrate, shippedMigrations } from '../../src/db/migrate.ts'
import { openDatabase } from '../../src/db/open.ts'
import { silent, temporaryFolder } from '../support/database.ts'

const ONE: Migration = {
  id: 1,
  name: '0001_one',
  sql: 'CREATE TABLE one (id INTEGER) STRICT; INSERT INTO one VALUES (7);',
}
const TWO: Migration = { id: 2, name: '0002_two', sql: 'CREATE TABLE two (id INTEGER) STRICT;' }
const BROKEN: Migration = {
  id: 2,
  name: '0002_broken',
  sql: 'CREATE TABLE two (id INTEGER) STRICT; INSERT INTO nowhere VALUES (1);',
}
const DYING = join(import.meta.dir, '../support/dying-migrator.ts')

function fresh() {
  const folder = temporaryFolder()
  const client = createClient({ url: `file:${join(folder.path, 'm.db')}`, concurrency: 1, intMode: 'number' })
  const backups = join(folder.path, 'backups')
  return {
    client,
    backups,
    to: (...migrations: Migration[]) => migrate({ client, backups, now: () => 42, log: silent, migrations }),
    tables: async () => tablesOf(client),
    [Symbol.dispose]() {
      client.close()
      folder[Symbol.dispose]()
    },
  }
}

async function tablesOf(client: ReturnType<typeof createClient>): Promise<unknown[]> {
  const { rows } = await client.execute("SELECT name FROM sqlite_master WHERE name IN ('one', 'two') ORDER BY name")
  return rows.map(({ name }) => name)
}

test('what is missing is applied, in order, once', async () => {
  using db = fresh()
  await db.to(ONE)
  await db.to(ONE, TWO)
  await db.to(ONE, TWO)
  expect(await db.tables()).toEqual(['one', 'two'])
  expect((await db.client.execute('SELECT count(*) AS n FROM one')).rows[0]?.n).toBe(1)
})

test('a copy that an earlier start was killed over does not stay', async () => {
  using db = fresh()
  await db.to(ONE)
  mkdirSync(db.backups)
  for (const name of ['before-0002_two-7.db.partial', 'mine.partial']) writeFileSync(join(db.backups, name), 'half')
  await db.to(ONE, TWO)
  expect(readdirSync(db.backups).sort()).toEqual(['before-0002_two-42.db', 'mine.partial'])
})

test('a migration that was changed after it was applied is refused in words', async () => {
  using db = fresh()
  await db.to(ONE)
  const changed = db.to({ ...ONE, sql: `${ONE.sql} -- changed` }, TWO)
  await expect(changed).rejects.toMatchObject({
    code: 'migration_changed',
    message: expect.stringContaining('0001_one'),
  })
  expect(await db.tables()).toEqual(['one'])
})

test('a database from a newer version is refused in words', async () => {
  using db = fresh()
  await db.to(ONE, TWO)
  await expect(db.to(ONE)).rejects.toMatchObject({
    code: 'migration_unknown',
    message: expect.stringContaining('0002_two'),
  })
})

test('a copy of the file is made before a migration, and none when there is nothing to lose or to do', async () => {
  using db = fresh()
  await db.to(ONE)
  expect(() => readdirSync(db.backups)).toThrow()
  await db.to(ONE, TWO)
  await db.to(ONE, TWO)
  expect(readdirSync(db.backups)).toEqual(['before-0002_two-42.db'])

  const copy = createClient({ url: `file:${join(db.backups, 'before-0002_two-42.db')}` })
  expect(await tablesOf(copy)).toEqual(['one'])
  expect((await copy.execute('SELECT id FROM one')).rows[0]?.id).toBe(7)
  copy.close()
})

test('a migration that fails leaves everything as it was, and the mended one goes through', async () => {
  using db = fresh()
  await db.to(ONE)
  await expect(db.to(ONE, BROKEN)).rejects.toThrow('nowhere')
  expect(await db.tables()).toEqual(['one'])
  await db.to(ONE, TWO)
  expect(await db.tables()).toEqual(['one', 'two'])
})

test.each([1, 2])(
  'a server killed in the middle of migration %d finds the state before it, and goes on',
  async (nth) => {
    using folder = temporaryFolder()
    const child = Bun.spawn([process.execPath, DYING, folder.path, String(nth)], { stderr: 'inherit' })
    await child.exited
    expect(child.signalCode).toBe('SIGKILL')

    const url = `file:${join(folder.path, 'hearth.db')}`
    const client = createClient({ url })
    expect((await client.execute('SELECT count(*) AS n FROM migrations')).rows[0]?.n).toBe(nth - 1)
    client.close()
    await using db = await openDatabase({ url, backups: join(folder.path, 'backups'), now: Date.now, log: silent })
    expect(await db.read.all('SELECT id FROM migrations')).toHaveLength(shippedMigrations().length)
  },
)

test('changes of one thing become changes with operations, and what was undone and brought back stands', async () => {
  using db = fresh()
  const shipped = shippedMigrations()
  await db.to(...shipped.filter(({ id }) => id < 17))
  const change = (seq: number, before: string | null, after: string | null, undoes: string | null) =>
    db.client.execute({
      sql: `INSERT INTO changes (seq, id, scope, entity, entity_id, author, job_id, base_version, version, before, after, undoes, at)
            VALUES (?, ?, 'p', 'file', 'a.md', 'job:j', 'j', ?, ?, ?, ?, ?, 5)`,
      args: [seq, `c${seq}`, seq - 1, seq, before, after, undoes],
    })
  await change(1, null, '{"n":1}', null)
  await change(2, '{"n":1}', '{"n":2}', null)
  await change(3, '{"n":2}', '{"n":1}', 'c2')
  await change(4, '{"n":1}', '{"n":2}', 'c3')
  await change(5, '{"n":2}', null, null)
  await change(6, null, '{"n":2}', 'c5')
  for (const [undone, by] of [
    ['c2', 'c3'],
    ['c3', 'c4'],
    ['c5', 'c6'],
  ])
    await db.client.execute({ sql: 'UPDATE changes SET undone_by = ? WHERE id = ?', args: [by!, undone!] })
  await db.client.executeMultiple(`
    INSERT INTO files VALUES ('p', 'a.md', 'a.md', 1, '${'a'.repeat(64)}', 1, 'markdown', 0, 5);
    INSERT INTO file_versions VALUES ('p', 'a.md', 1, '${'a'.repeat(64)}', 1, 'c1', 5);`)

  await db.to(...shipped)

  const rows = async (sql: string) => (await db.client.execute(sql)).rows.map((row) => Object.values(row))
  expect(await rows('SELECT id, undone_by, batch FROM changes ORDER BY seq')).toEqual([
    ['c1', null, 'j'],
    ['c2', null, 'j'],
    ['c3', 'c4', 'j'],
    ['c4', null, 'j'],
    ['c5', 'c6', 'j'],
    ['c6', null, 'j'],
  ])
  expect(await rows('SELECT change_id, kind, version, before, after FROM operations ORDER BY version')).toEqual([
    ['c1', 'create', 1, null, '{"n":1}'],
    ['c2', 'update', 2, '{"n":1}', '{"n":2}'],
    ['c3', 'update', 3, '{"n":2}', '{"n":1}'],
    ['c4', 'update', 4, '{"n":1}', '{"n":2}'],
    ['c5', 'delete', 5, '{"n":2}', null],
    ['c6', 'restore', 6, null, '{"n":2}'],
  ])
  expect(await rows('SELECT change_id, undoes FROM reversals ORDER BY change_id')).toEqual([
    ['c3', 'c2'],
    ['c4', 'c3'],
    ['c6', 'c5'],
  ])
  expect(await rows('SELECT path, change_id FROM file_versions')).toEqual([['a.md', 'c1']])
  expect(await rows('PRAGMA foreign_key_check')).toEqual([])
  expect(await rows("SELECT sql FROM sqlite_master WHERE sql LIKE '%\\_now%' ESCAPE '\\'")).toEqual([])
})

test('pictures of before batches stay, each the first of its job, and many may follow', async () => {
  using db = fresh()
  const shipped = shippedMigrations()
  await db.to(...shipped.filter(({ id }) => id < 25))
  const { client } = db
  await client.execute(`INSERT INTO projects (id, title, brief, model, tier, seed, autorun, tags, created_by, created_at, updated_at)
    VALUES ('p', 't', 'b', 'demo', 'low', 1, 1, '[]', 'x', 0, 0)`)
  await client.execute(
    "INSERT INTO jobs (id, kind, lane, state, run_at, created_at) VALUES ('j', 'render', 'render', 'queued', 0, 0)",
  )
  await client.execute(`INSERT INTO artifacts (id, project_id, job_id, path, hash, bytes, width, height, seed, engine, device, params, created_at)
    VALUES ('a', 'p', 'j', 'a.png', 'aa', 9, 64, 64, 7, 'sketch', 'CPU', '{"prompt":"a lamp","version":"2"}', 5)`)
  await db.to(...shipped)
  const add = (id: string, n: number) =>
    client.execute(`INSERT INTO artifacts (id, project_id, job_id, n, path, hash, bytes, width, height, seed, engine, device, params, parent_id, created_at)
      VALUES ('${id}', 'p', 'j', ${n}, 'b.png', 'bb', 9, 64, 64, 8, 'sketch', 'CPU', '{}', 'a', 6)`)
  await add('b', 2)
  await expect(add('c', 2)).rejects.toThrow('UNIQUE')
  const { rows } = await client.execute(
    'SELECT id, n, prompt, engine_version AS version, media_type AS type FROM artifacts ORDER BY n',
  )
  expect(rows.map(({ id, n, prompt, version, type }) => ({ id, n, prompt, version, type }))).toEqual<unknown[]>([
    { id: 'a', n: 1, prompt: 'a lamp', version: '2', type: 'image/png' },
    { id: 'b', n: 2, prompt: '', version: '', type: 'image/png' },
  ])
  await client.execute('PRAGMA foreign_keys = ON')
  await client.execute("DELETE FROM artifacts WHERE id = 'a'")
  expect((await client.execute('SELECT parent_id FROM artifacts')).rows[0]?.parent_id).toBeNull()
})

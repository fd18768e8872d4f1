import { expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { sqliteRefusal } from '../../src/db/sqlite-parser.ts'
import { temporaryFolder, testDatabase } from '../support/database.ts'

test.each([
  ['SELECT a FROM', 'incomplete input'],
  ['SELECT a FROM WHERE b', 'near "WHERE": syntax error'],
  ["INSERT INTO a VALUES ('b", `unrecognized token: "'b"`],
  ['SELEC 1', 'near "SELEC": syntax error'],
  ['', 'near "": syntax error'],
  ['WITH a AS (SELECT 1) DELETE FROM b WHERE', 'incomplete input'],
  ['CREATE TABLE a AS SELECT FROM', 'near "FROM": syntax error'],
])('“%s” is refused: %s', async (statement, refusal) => {
  expect(await sqliteRefusal(statement)).toBe(refusal)
})

test.each([
  'SELECT no_such_function(a), :b, ? FROM no_such_table',
  'VALUES (1), (2)',
  'WITH RECURSIVE a(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM a) SELECT * FROM a',
  'WITH a AS (SELECT 1) INSERT INTO b SELECT * FROM a RETURNING *',
  'CREATE TEMP TABLE IF NOT EXISTS "a b".[c] AS WITH x AS (SELECT 1) SELECT * FROM x',
  'CREATE TABLE a (b ANY) STRICT',
  'PRAGMA main.journal_mode = WAL',
  'ALTER TABLE a RENAME COLUMN b TO c',
  'EXPLAIN QUERY PLAN SELECT 1 -- why',
  '/* a */ BEGIN IMMEDIATE',
  'CREATE VIRTUAL TABLE a USING no_such_module(b, c)',
])('“%s” is taken, whatever it names', async (statement) => {
  expect(await sqliteRefusal(statement)).toBeUndefined()
})

test('nothing is run: no file appears, no table, and no setting of the process changes', async () => {
  using folder = temporaryFolder()
  const file = join(folder.path, 'made.db')
  await using database = await testDatabase()
  const limit = () => database.read.all(sql`PRAGMA soft_heap_limit`)
  const before = await limit()
  for (const statement of [
    `ATTACH '${file}' AS x`,
    `VACUUM INTO '${file}'`,
    'CREATE TABLE made (a)',
    'PRAGMA soft_heap_limit = 123456789',
    '/* */ PRAGMA soft_heap_limit = 123456789',
    'EXPLAIN PRAGMA soft_heap_limit = 123456789',
    'EXPLAIN QUERY PLAN PRAGMA soft_heap_limit = 123456789',
    'EXPLAIN EXPLAIN PRAGMA soft_heap_limit = 123456789',
    'QUERY PLAN PRAGMA soft_heap_limit = 123456789',
    'SELECT 1; PRAGMA soft_heap_limit = 123456789',
    '; PRAGMA soft_heap_limit = 123456789',
  ])
    await sqliteRefusal(statement)
  expect(existsSync(file)).toBe(false)
  expect(await limit()).toEqual(before)
  expect(await sqliteRefusal('CREATE TABLE made (a)')).toBeUndefined()
})

import { expect, test } from 'bun:test'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { openDatabase } from '../../src/db/open.ts'
import { silent } from '../support/database.ts'
import { secondProcess } from '../support/second-process.ts'
import { canMount, fillUp, smallDisk } from '../support/small-disk.ts'

// Needs the right to mount: where there is none, the tests show as skipped.
const onSmallDisk = test.skipIf(!canMount())

const row = (bytes: number) => sql`INSERT INTO blobs_made VALUES (randomblob(${bytes}))`

async function onDisk(path: string) {
  const db = await openDatabase({ url: `file:${join(path, 'hearth.db')}`, backups: path, now: Date.now, log: silent })
  await db.write((tx) => tx.run(sql`CREATE TABLE blobs_made (bytes BLOB) STRICT`))
  const count = async () => (await db.read.get<{ n: number }>(sql`SELECT count(*) AS n FROM blobs_made`))?.n
  return Object.assign(db, { count })
}

onSmallDisk(
  'a commit that finds the disk full keeps nothing, says so, and writes go on once there is space',
  async () => {
    using disk = smallDisk(8)
    await using db = await onDisk(disk.path)
    await db.write((tx) => tx.run(row(100)))
    const filler = fillUp(disk.path)
    const outcomes = await Promise.allSettled([1, 2, 3].map(() => db.write((tx) => tx.run(row(100_000)))))
    for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'disk_full' } })
    expect(await db.count()).toBe(1)

    rmSync(filler)
    await db.write((tx) => tx.run(row(100)))
    await using other = secondProcess(join(disk.path, 'hearth.db'))
    expect(await other.run('SELECT count(*) FROM blobs_made')).toEqual({ rows: [[2]] })
    expect(await other.run('PRAGMA integrity_check')).toEqual({ rows: [['ok']] })
  },
)

onSmallDisk('a unit larger than the cache, which SQLite rolls back by itself, says the same', async () => {
  using disk = smallDisk(8)
  await using db = await onDisk(disk.path)
  const outcomes = await Promise.allSettled([
    db.write((tx) => tx.run(row(100))),
    db.write(async (tx) => {
      for (let i = 0; i < 40; i++) await tx.run(row(1_000_000))
    }),
    db.write((tx) => tx.run(row(100))),
  ])
  for (const outcome of outcomes) expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'disk_full' } })
  expect(await db.count()).toBe(0)
  await db.write((tx) => tx.run(row(100)))
  expect(await db.count()).toBe(1)
})

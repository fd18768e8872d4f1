import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import { type Database, openDatabase } from '../../src/db/open.ts'
import { openLog } from '../../src/log.ts'
import { ownFolder } from './folders.ts'

/** A folder that goes when its owner does. */
export function temporaryFolder(): Disposable & { path: string } {
  return ownFolder('hearth-test')
}

/** A real database file with all migrations, in a folder of its own that goes with it. */
export async function testDatabase(): Promise<Database & { path: string }> {
  const folder = temporaryFolder()
  const path = join(folder.path, 'hearth.db')
  const db = await openDatabase({
    url: `file:${path}`,
    backups: join(folder.path, 'backups'),
    now: Date.now,
    log: silent,
  })
  return {
    ...db,
    path,
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

/** One with a table of numbers, for tests of writing itself. */
export async function withNumbers() {
  const db = await testDatabase()
  await db.write((tx) => tx.run(sql`CREATE TABLE numbers (id INTEGER PRIMARY KEY) STRICT`))
  const numbers = async () =>
    (await db.read.all<{ id: number }>(sql`SELECT id FROM numbers ORDER BY id`)).map(({ id }) => id)
  return Object.assign(db, { numbers })
}

export const silent = openLog('silent')

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Database, openDatabase } from '../../src/db/open.ts'
import { openLog } from '../../src/log.ts'

/** A folder that goes when its owner does. */
export function temporaryFolder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'hearth-test-'))
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) }
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

export const silent = openLog('silent')

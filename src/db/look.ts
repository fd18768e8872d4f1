import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { explainStorage } from './faults.ts'
import { refuseStrangers } from './migrate.ts'
import type { Reader } from './open.ts'

export interface Look extends Disposable {
  read: Reader
  /** @throws DomainError `database_damaged`, `migration_unknown`, `migration_changed` */
  check(): Promise<void>
}

/** Opens a database file that no server owns to be read alone: nothing is migrated, nothing is written. */
export async function lookAt(path: string): Promise<Look> {
  const client = createClient({ url: `file:${path}`, concurrency: 1, intMode: 'number' })
  const told = async <T>(work: () => Promise<T>) => {
    try {
      return await work()
    } catch (error) {
      throw explainStorage(error)
    }
  }
  await told(() => client.execute('PRAGMA query_only = 1'))
  return {
    read: drizzle(client),
    check: () =>
      told(async () => {
        const { rows } = await client.execute('PRAGMA integrity_check(1)')
        if (rows[0]?.[0] !== 'ok') throw Object.assign(new Error(String(rows[0]?.[0])), { code: 'SQLITE_CORRUPT' })
        await refuseStrangers(client)
      }),
    [Symbol.dispose]: () => client.close(),
  }
}

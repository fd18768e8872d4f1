import { createClient } from '@libsql/client'
import { drizzle } from 'drizzle-orm/libsql'
import { explainStorage } from './faults.ts'
import type { Tx } from './writer.ts'

/** Changes a database file that no server owns, in one transaction; all of it is in the file itself when this resolves. */
export async function amend(path: string, work: (tx: Tx) => Promise<void>): Promise<void> {
  const client = createClient({ url: `file:${path}`, concurrency: 1, intMode: 'number' })
  try {
    await client.execute('PRAGMA journal_mode = DELETE')
    await client.execute('PRAGMA synchronous = FULL')
    await drizzle(client).transaction(work)
  } catch (error) {
    throw explainStorage(error)
  } finally {
    client.close()
  }
}

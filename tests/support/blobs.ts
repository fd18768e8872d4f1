import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import type { Reader } from '../../src/db/open.ts'
import { openBlobs } from '../../src/files/blobs.ts'
import { temporaryFolder, testDatabase } from './database.ts'

/** A store of contents on a real database and a real folder, which go with it. */
export async function testBlobs(now: () => number = Date.now) {
  const place = temporaryFolder()
  const folder = join(place.path, 'blobs')
  const db = await testDatabase()
  return {
    db,
    folder,
    blobs: openBlobs({ db, folder, now }),
    async [Symbol.asyncDispose]() {
      await db[Symbol.asyncDispose]()
      place[Symbol.dispose]()
    },
  }
}

/** The hashes of the texts in a database, in order. */
export async function textsIn({ read }: { read: Reader }): Promise<string[]> {
  const rows = await read.all<{ hash: string }>(sql`select lower(hex(hash)) as hash from texts order by hash`)
  return rows.map(({ hash }) => hash)
}

export function sha256(content: Uint8Array | string): string {
  return new Bun.CryptoHasher('sha256').update(content).digest('hex')
}

import { sql } from 'drizzle-orm'
import type { Names } from '../files/blobs/names.ts'

/** What was rendered, whatever became of the file. */
export const artifactNames: Names = {
  async among(read, hashes) {
    const rows = await read.all<{ hash: string }>(sql`
      select hash from artifacts where hash in (select value from json_each(${JSON.stringify(hashes)}))`)
    return rows.map(({ hash }) => hash)
  },
}

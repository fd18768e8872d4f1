import { sql } from 'drizzle-orm'
import type { Names } from '../files/blobs/names.ts'

/** What the versions of all files hold. */
export const fileNames: Names = {
  async among(read, hashes) {
    const rows = await read.all<{ hash: string }>(sql`
      select value as hash from json_each(${JSON.stringify(hashes)})
      where exists (select 1 from file_versions where file_versions.hash = value)`)
    return rows.map(({ hash }) => hash)
  },
}

import { sql } from 'drizzle-orm'
import type { Names } from '../../files/blobs/names.ts'

/** What a person has been asked about and not decided, or what was decided and not done. */
export const callNames: Names = {
  async *words(read) {
    const rows = await read.all<{ words: string }>(sql`
      select input || coalesce(question, '') as words from tool_calls where state in ('waiting', 'asking', 'approved')`)
    yield rows.map(({ words }) => words)
  },
}

import { sql } from 'drizzle-orm'
import type { Names } from '../files/blobs/names.ts'

/** Operations that are read at once. */
const PAGE = 500

/** What an undo or a look at the history may bring back: the states before and after each operation. */
export const changeNames: Names = {
  async *words(read) {
    for (let after = 0; ; ) {
      const rows = await read.all<{ seq: number; states: string }>(sql`
        select seq, coalesce(before, '') || ' ' || coalesce(after, '') as states from operations
        where seq > ${after} order by seq limit ${PAGE}`)
      yield rows.map(({ states }) => states)
      if (rows.length < PAGE) return
      after = rows.at(-1)!.seq
    }
  },
}

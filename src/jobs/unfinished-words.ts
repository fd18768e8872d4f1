import { sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'

/** Jobs that are read at once: the results of their steps may be long. */
const PAGE = 50

/** Page by page, what jobs that may still go on were given and have made so far: the input, the results of steps, the draft's data. */
export async function* unfinishedWords(read: Reader): AsyncGenerator<string[]> {
  for (let after = ''; ; ) {
    const rows = await read.all<{ id: string; words: string }>(sql`
      select id, input || coalesce((select group_concat(value, ' ') from checkpoints where job_id = jobs.id), '')
        || coalesce((select data from drafts where job_id = jobs.id), '') as words
      from jobs where state <> 'succeeded' and id > ${after} order by id limit ${PAGE}`)
    yield rows.map(({ words }) => words)
    if (rows.length < PAGE) return
    after = rows.at(-1)!.id
  }
}

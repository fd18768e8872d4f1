import { sql } from 'drizzle-orm'
import type { Database, Reader } from '../../db/open.ts'
import type { BlobRef } from './blob.ts'

/** Texts that are looked up at once. */
const PAGE = 1_000
/** Texts that are removed in one transaction. */
const AT_ONCE = 100

/** Nothing stands on it: a whole text that is the base of others goes after them. */
const IS_ALONE = sql`not exists (select 1 from texts as standing where standing.base = texts.id)`

/** In pages, all texts that were put before a moment, and on which no other stands. */
export async function* oldTexts(read: Reader, before: number): AsyncGenerator<BlobRef[]> {
  for (let after = 0; ; ) {
    const page = await read.all<BlobRef & { id: number }>(sql`
      select id, lower(hex(hash)) as hash, length(content) as bytes from texts
      where id > ${after} and put_at < ${before} and ${IS_ALONE} order by id limit ${PAGE}`)
    yield page
    if (page.length < PAGE) return
    after = page.at(-1)!.id
  }
}

/** Removes those that nobody has put again since a moment; returns which they were. */
export async function removeTexts(
  { write }: Pick<Database, 'write'>,
  texts: BlobRef[],
  before: number,
): Promise<string[]> {
  const removed: string[] = []
  for (let at = 0; at < texts.length; at += AT_ONCE) {
    const hashes = JSON.stringify(texts.slice(at, at + AT_ONCE).map(({ hash }) => hash))
    const gone = await write((tx) =>
      tx.all<{ hash: string }>(sql`
        delete from texts where hash in (select unhex(value) from json_each(${hashes}))
          and put_at < ${before} and ${IS_ALONE} returning lower(hex(hash)) as hash`),
    )
    removed.push(...gone.map(({ hash }) => hash))
  }
  return removed
}

/** Which of some hashes are texts of the database since before a moment. */
export async function textsSince(read: Reader, hashes: string[], before: number): Promise<Set<string>> {
  const rows = await read.all<{ hash: string }>(sql`
    select lower(hex(hash)) as hash from texts
    where hash in (select unhex(value) from json_each(${JSON.stringify(hashes)})) and put_at < ${before}`)
  return new Set(rows.map(({ hash }) => hash))
}

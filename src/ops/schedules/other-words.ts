import { type SQL, sql } from 'drizzle-orm'
import type { Reader } from '../../db/open.ts'

/** Rows that are read at once. */
const PAGE = 200

/**
 * Tables that name no content, or whose room says itself what it names. All others are gone through: a room that keeps
 * hashes somewhere new loses nothing because nobody thought of it here.
 */
const KNOWN = new Set([
  ...['texts', 'files', 'file_versions', 'artifacts', 'changes', 'operations', 'reversals', 'tool_calls'],
  ...['events', 'compactions', 'jobs', 'attempts', 'checkpoints', 'drafts', 'turns', 'schedules'],
  ...['accounts', 'sessions', 'tokens', 'migrations', 'model_calls', 'answers'],
])

interface Table {
  name: string
  /** What its rows are told apart by, in order. */
  keys: string[]
  texts: string[]
}

/** Page by page, all texts of the tables that nobody has thought of. */
export async function* otherWords(read: Reader): AsyncGenerator<string[]> {
  const names = await read.all<{ name: string }>(sql`select name from pragma_table_list where type = 'table'`)
  for (const { name } of names) {
    if (KNOWN.has(name) || name.startsWith('sqlite_')) continue
    const table = await tableNamed(read, name)
    if (table.texts.length > 0) yield* wordsOf(read, table)
  }
}

async function tableNamed(read: Reader, name: string): Promise<Table> {
  const columns = await read.all<{ name: string; type: string; pk: number }>(sql`
    select name, type, pk from pragma_table_info(${name}) order by pk`)
  const keys = columns.filter(({ pk }) => pk > 0).map((column) => column.name)
  const texts = columns.filter(({ type }) => !/^(INTEGER|INT|REAL|BLOB)$/.test(type)).map((column) => column.name)
  return { name, keys: keys.length > 0 ? keys : ['rowid'], texts }
}

async function* wordsOf(read: Reader, { name, keys, texts }: Table): AsyncGenerator<string[]> {
  const key = keys.map((each) => sql.identifier(each))
  const order = sql.join(key, sql`, `)
  const words = sql.join(
    texts.map((each) => sql`coalesce(${sql.identifier(each)}, '')`),
    sql` || ' ' || `,
  )
  const named = sql.join(
    key.map((each, i) => sql`${each} as ${sql.identifier(`key${i}`)}`),
    sql`, `,
  )
  for (let last: unknown[] | undefined; ; ) {
    const after = last ? sql`where (${order}) > (${sql.join(last.map(value), sql`, `)})` : sql``
    const rows = await read.all<Record<string, unknown> & { words: string }>(sql`
      select ${named}, ${words} as words from ${sql.identifier(name)} ${after} order by ${order} limit ${PAGE}`)
    yield rows.map((row) => row.words)
    if (rows.length < PAGE) return
    last = keys.map((_, i) => rows.at(-1)![`key${i}`])
  }
}

function value(of: unknown): SQL {
  return sql`${of}`
}

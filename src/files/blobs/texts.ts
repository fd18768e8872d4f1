import { Buffer, isUtf8 } from 'node:buffer'
import { sql } from 'drizzle-orm'
import type { Database, Reader } from '../../db/open.ts'
import type { Tx } from '../../db/writer.ts'
import { type BlobRef, blobMissing, mustBeHash } from './blob.ts'
import { compress, decompress } from './zstd.ts'

/** Longest text that is kept in the database. */
export const MOST_TEXT_BYTES = 4 * 1024 ** 2
/** What was put so lately needs no word that it was put again: it is safe from collection for long enough. */
const FRESH_MS = 3_600_000
/** Shorter ones are kept whole: there is nothing to gain. */
const LEAST_DELTA_BYTES = 256

export interface TextsDeps {
  db: Pick<Database, 'read' | 'write'>
  now: () => number
}

/** A text, and the hash of one that it came from, if any. */
export interface NewText extends BlobRef {
  content: Uint8Array
  like?: string | undefined
}

/** True for what is kept in the database: UTF-8 without NUL, not too long. */
export function isText(content: Uint8Array): boolean {
  return content.byteLength <= MOST_TEXT_BYTES && !content.includes(0) && isUtf8(content)
}

/** Keeps a text; resolves when it is committed. */
export async function putText({ db, now }: TextsDeps, text: NewText): Promise<void> {
  const at = now()
  const putAt = await lastPut(db.read, text.hash)
  if (putAt !== undefined && putAt > at - FRESH_MS) return
  const packed = putAt === undefined ? await pack(db.read, text) : undefined
  await db.write((tx) => keep(tx, text, at, packed))
}

/** Keeps a text in the caller's transaction. */
export function putTextIn(tx: Tx, at: number, text: NewText): Promise<void> {
  return keep(tx, text, at)
}

/** A text's bytes; undefined when there is none of that hash. @throws DomainError `blob_missing` when it is damaged */
export async function readText(read: Reader, hash: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const [row] = await read.all<Packed & { base: ArrayBuffer | null; baseBytes: number | null }>(sql`
    select t.content, t.bytes, w.content as base, w.bytes as baseBytes
    from texts t left join texts w on w.id = t.base where t.hash = ${bytesOf(hash)}`)
  if (!row) return undefined
  try {
    const base = row.base ? await decompress(new Uint8Array(row.base), row.baseBytes!) : undefined
    return await decompress(new Uint8Array(row.content), row.bytes, base)
  } catch (cause) {
    throw blobMissing(hash, cause)
  }
}

interface Packed {
  content: ArrayBuffer
  bytes: number
}

/** A text as it is kept: what differs from a base, or all of it. */
interface Row {
  content: Uint8Array
  base?: { id: number; hash: Uint8Array }
}

async function lastPut(read: Reader, hash: string): Promise<number | undefined> {
  const [row] = await read.all<{ putAt: number }>(sql`
    select put_at as putAt from texts where hash = ${bytesOf(hash)}`)
  return row?.putAt
}

/** As what was put again, where it is there already; so it is safe from collection from this transaction on. */
async function keep(tx: Tx, text: NewText, at: number, packed?: Row): Promise<void> {
  if (!packed && (await putAgain(tx, text, at))) return
  if (await insert(tx, text, at, packed ?? (await pack(tx, text)))) return
  await insert(tx, text, at, { content: await compress(text.content) }) // its base was collected in the meantime
}

async function putAgain(tx: Tx, { hash }: NewText, at: number): Promise<boolean> {
  const { rowsAffected } = await tx.run(sql`
    update texts set put_at = max(put_at, ${at}) where hash = ${bytesOf(hash)}`)
  return rowsAffected > 0
}

/** False when its base is not what it was. */
async function insert(tx: Tx, { hash, bytes }: NewText, at: number, { content, base }: Row): Promise<boolean> {
  const isBaseThere = base
    ? sql`exists (select 1 from texts where id = ${base.id} and hash = ${base.hash} and base is null)`
    : sql`true`
  const { rowsAffected } = await tx.run(sql`
    insert into texts (hash, base, bytes, put_at, content)
    select ${bytesOf(hash)}, ${base?.id ?? null}, ${bytes}, ${at}, ${content} where ${isBaseThere}
    on conflict (hash) do update set put_at = max(put_at, excluded.put_at)`)
  return rowsAffected > 0
}

/**
 * A text for its row. It is kept as what differs from the last whole one as long as that saves half, and until all that
 * differs from that one takes as much as a whole: then the next whole one costs least over time.
 */
async function pack(read: Reader, { content, like }: NewText): Promise<Row> {
  const whole = await compress(content)
  const base = like && content.byteLength >= LEAST_DELTA_BYTES ? await baseFor(read, like) : undefined
  if (!base) return { content: whole }
  const delta = await compress(content, base.content)
  const pays = delta.byteLength * 2 <= whole.byteLength && base.spent + delta.byteLength <= whole.byteLength
  return pays ? { content: delta, base } : { content: whole }
}

/** The whole text on which the text of a hash stands, or that text itself; with the bytes of all that stands on it. */
async function baseFor(read: Reader, hash: string) {
  const [row] = await read.all<Packed & { id: number; hash: ArrayBuffer; spent: number }>(sql`
    select w.id, w.hash, w.content, w.bytes,
      (select total(length(content)) from texts where base = w.id) as spent
    from texts t join texts w on w.id = coalesce(t.base, t.id) where t.hash = ${bytesOf(hash)}`)
  if (!row || row.bytes < LEAST_DELTA_BYTES) return undefined
  const { id, spent } = row
  return {
    id,
    spent,
    hash: new Uint8Array(row.hash),
    content: await decompress(new Uint8Array(row.content), row.bytes),
  }
}

/** A hash as the database has it. */
export function bytesOf(hash: string): Uint8Array {
  return Buffer.from(mustBeHash(hash), 'hex')
}

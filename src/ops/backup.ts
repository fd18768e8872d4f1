import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type SQL, sql } from 'drizzle-orm'
import { lookAt } from '../db/look.ts'
import { shippedMigrations } from '../db/migrate.ts'
import type { Database, Reader } from '../db/open.ts'
import { Conflict } from '../errors.ts'
import { type Blobs, isBlobMissing } from '../files/blobs.ts'
import { DATABASE, KEY, MANIFEST, type Manifest } from './manifest.ts'
import { type TarContent, tarOf } from './tar.ts'
import { VERSION } from './version.ts'

/** Hashes read in one turn of the event loop. */
const PAGE = 1_000

export interface BackupDeps {
  db: Database
  blobs: Blobs
  /** The data directory. */
  data: string
  now: () => number
  newId: () => string
}

export interface BackupOptions {
  /** With `secret.key`, which signs links to previews. */
  includeKey: boolean
}

/**
 * A backup as a tar, made while it is read: the database as it is now (`VACUUM INTO`, beside running work), the blobs that
 * it refers to, and a manifest. Nothing but the copy of the database is written, and that goes when the stream ends.
 * @throws DomainError `disk_full`; Conflict `backup_needs_file`
 */
export async function backupOf(deps: BackupDeps, options: BackupOptions): Promise<ReadableStream<Uint8Array>> {
  const copy = await copyDatabase(deps)
  const chunks = tarOf(contents(deps, copy, options), deps.now())
  const forget = () => rmSync(copy, { force: true })
  return new ReadableStream({
    async pull(controller) {
      try {
        const { value, done } = await chunks.next()
        if (!done) return controller.enqueue(value)
        controller.close()
      } catch (error) {
        controller.error(error)
      }
      forget()
    },
    async cancel() {
      await chunks.return(undefined)
      forget()
    },
  })
}

async function copyDatabase({ db, data, newId }: BackupDeps): Promise<string> {
  const folder = join(data, 'backups', 'unfinished')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (const name of readdirSync(folder)) removeLeftover(join(folder, name))
  const path = join(folder, `${newId()}.db`)
  await db.copyTo(path)
  return path
}

/** One process owns the data directory: what is older than it was left by one that died. */
function removeLeftover(path: string): void {
  if (statSync(path).mtimeMs < performance.timeOrigin) rmSync(path, { force: true })
}

async function* contents(
  { blobs, data, now }: BackupDeps,
  copy: string,
  { includeKey }: BackupOptions,
): AsyncGenerator<TarContent> {
  using look = await lookAt(copy)
  const database = hashed(Bun.file(copy))
  yield { name: DATABASE, ...database }
  const key = includeKey ? hashed(Bun.file(join(data, KEY))) : null
  if (key) yield { name: KEY, ...key }
  const sums = { count: 0, bytes: 0 }
  const missing: string[] = []
  for await (const hash of hashesIn(look.read)) {
    const found = await openIfThere(blobs, hash)
    if (!found) {
      missing.push(hash)
      continue
    }
    const blob = hashed(found)
    yield { name: `blobs/${hash}`, ...blob }
    sums.count++
    sums.bytes += blob.bytes
    if (blob.sha256() !== hash) missing.push(hash)
  }
  const manifest: Manifest = {
    format: 1,
    hearth: VERSION,
    migration: shippedMigrations().at(-1)!.name,
    madeAt: now(),
    counts: await countsIn(look.read),
    database: { bytes: database.bytes, sha256: database.sha256() },
    blobs: sums,
    texts: await sumOfTexts(look.read),
    missing,
    key: key?.sha256() ?? null,
  }
  const text = new TextEncoder().encode(`${JSON.stringify(manifest, null, 2)}\n`)
  yield { name: MANIFEST, bytes: text.byteLength, content: once(text) }
}

async function openIfThere(blobs: Blobs, hash: string): Promise<Blob | null> {
  try {
    return await blobs.open(hash)
  } catch (error) {
    if (isBlobMissing(error)) return null
    throw error
  }
}

/** Content whose hash is known once it has been read. */
function hashed(file: Blob): Omit<TarContent, 'name'> & { sha256: () => string } {
  const hasher = new Bun.CryptoHasher('sha256')
  async function* content() {
    for await (const chunk of file.stream()) {
      hasher.update(chunk)
      yield chunk
    }
  }
  let digest: string | undefined
  return { bytes: file.size, content: content(), sha256: () => (digest ??= hasher.digest('hex')) }
}

async function* once(bytes: Uint8Array) {
  yield bytes
}

/** The hashes of all blobs that the database refers to and does not hold itself, each once. */
export async function* hashesIn(read: Reader): AsyncGenerator<string> {
  const inside = await textsIn(read)
  for (let after = ''; ; ) {
    const rows = await read.all<{ hash: string; inside: number }>(sql`
      select hash, ${inside} as inside from (
        select distinct hash from file_versions where hash > ${after} order by hash limit ${PAGE}) named`)
    yield* rows.filter((row) => !row.inside).map(({ hash }) => hash)
    if (rows.length < PAGE) break
    after = rows.at(-1)!.hash
  }
  const others = await read.all<{ hash: string }>(sql`
    select distinct hash from artifacts named
    where hash not in (select hash from file_versions) and not ${inside} order by hash`)
  yield* others.map(({ hash }) => hash)
}

/** Whether what is `named` is a text of the database: there were none of those before migration 18. */
async function textsIn(read: Reader): Promise<SQL> {
  const [table] = await read.all(sql`select 1 from sqlite_master where type = 'table' and name = 'texts'`)
  return table ? sql`exists (select 1 from texts where texts.hash = unhex(named.hash))` : sql`false`
}

async function countsIn(read: Reader): Promise<Manifest['counts']> {
  const [counts] = await read.all<Manifest['counts']>(sql`select
    (select count(*) from projects) as projects, (select count(*) from files where deleted = 0) as files,
    (select count(*) from jobs) as jobs, (select count(*) from accounts) as accounts`)
  return counts!
}

async function sumOfTexts(read: Reader): Promise<Manifest['texts']> {
  const [sum] = await read.all<Manifest['texts']>(sql`
    select count(*) as count, coalesce(sum(bytes), 0) as bytes from texts`)
  return sum!
}

/** @throws Conflict `backup_needs_file` */
export function databaseFile(databaseUrl: string): string {
  if (databaseUrl.startsWith('file:')) return databaseUrl.slice('file:'.length)
  throw new Conflict(
    'backup_needs_file',
    'The database is on a libSQL server, which has backups of its own. Make one there, and copy the folder blobs/ here.',
  )
}

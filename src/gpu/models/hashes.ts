import { stat } from 'node:fs/promises'
import { eq } from 'drizzle-orm'
import type { Database } from '../../db/open.ts'
import { DomainError } from '../../errors.ts'
import { hashFile } from './hashing.ts'
import { modelFiles } from './tables.ts'

/** Names a state of a file: another size, time, device or inode is another file. */
export interface Stamped {
  path: string
  bytes: number
  stamp: string
}

export interface Hashes {
  /** What is known of a file as it is; undefined where it was never hashed, or has changed since. */
  known(file: Stamped): string | undefined
  /** A file that is known to hold this, as it is now. */
  holding(sha256: string): Stamped | undefined
  /** Hashes a file unless it is known, and remembers it. @throws DomainError `model_changed` when it is written to meanwhile */
  of(file: Stamped, signal?: AbortSignal, heard?: (bytes: number) => void): Promise<string>
  /** Remembers what was hashed elsewhere. */
  note(file: Stamped, sha256: string): Promise<void>
  /** Reads it again whatever is known of it, and remembers what it holds now. @throws DomainError `model_changed` */
  again(file: Stamped, signal?: AbortSignal, heard?: (bytes: number) => void): Promise<string>
  forget(path: string): Promise<void>
}

export interface HashesDeps {
  db: Database
  now: () => number
}

/** What the files of models hold, each read once. */
export async function openHashes({ db, now }: HashesDeps): Promise<Hashes> {
  const rows = new Map((await db.read.select().from(modelFiles)).map((row) => [row.path, row]))
  const known = ({ path, stamp }: Stamped) => {
    const row = rows.get(path)
    return row?.stamp === stamp ? row.sha256 : undefined
  }
  const note = async ({ path, bytes, stamp }: Stamped, sha256: string) => {
    const row = { path, bytes, stamp, sha256, at: now() }
    await db.write((tx) => tx.insert(modelFiles).values(row).onConflictDoUpdate({ target: modelFiles.path, set: row }))
    rows.set(path, row)
  }
  const again: Hashes['again'] = async (file, signal, heard) => {
    const now = await stampOf(file.path) // what was seen of it may be old
    const sha256 = await hashFile(file.path, signal, heard, now.bytes)
    if ((await stampOf(file.path)).stamp !== now.stamp) throw changed(file)
    await note(now, sha256)
    return sha256
  }
  return {
    known,
    note,
    again,
    holding: (sha256) => [...rows.values()].find((row) => row.sha256 === sha256),
    of: async (file, signal, heard) => known(file) ?? (await again(file, signal, heard)),
    async forget(path) {
      await db.write((tx) => tx.delete(modelFiles).where(eq(modelFiles.path, path)))
      rows.delete(path)
    },
  }
}

/** The next look sees what has become of it. */
function changed({ path }: Stamped): DomainError {
  return new DomainError(
    'model_changed',
    `${path} was written to while it was read. It is read again when that is over.`,
    {
      retryable: true,
      context: { path },
    },
  )
}

/** @throws the system's own error when there is no such file, or when it is none */
export async function stampOf(path: string): Promise<Stamped> {
  const found = await stat(path, { bigint: true })
  if (!found.isFile()) throw Object.assign(new Error(`${path} is no file`), { code: 'ENOENT' })
  const { size, mtimeNs, dev, ino } = found
  return { path, bytes: Number(size), stamp: `${size}:${mtimeNs}:${dev}:${ino}` }
}

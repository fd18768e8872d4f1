import { stat } from 'node:fs/promises'
import { eq } from 'drizzle-orm'
import type { Database } from '../../db/open.ts'
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
  /** Hashes a file unless it is known, and remembers it. */
  of(file: Stamped, signal?: AbortSignal, heard?: (bytes: number) => void): Promise<string>
  /** Remembers what was hashed elsewhere. */
  note(file: Stamped, sha256: string): Promise<void>
  /** Reads it again whatever is known of it, and remembers what it holds now. */
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
    const sha256 = await hashFile(file.path, signal, heard)
    const after = await stampOf(file.path)
    if (after.stamp === file.stamp) await note(file, sha256) // else it was written to meanwhile: the next scan sees that
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

/** @throws the system's own error when there is no such file */
export async function stampOf(path: string): Promise<Stamped> {
  const { size, mtimeNs, dev, ino } = await stat(path, { bigint: true })
  return { path, bytes: Number(size), stamp: `${size}:${mtimeNs}:${dev}:${ino}` }
}

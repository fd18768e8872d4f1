import type { Database } from '../../db/open.ts'
import { type BlobRef, refOf } from './blob.ts'
import { type Disk, oldFiles, readIfLikeText, removeFile } from './disk.ts'
import { type Names, notIndexed, notInWords, turn } from './names.ts'
import { oldTexts, removeTexts, textsSince } from './old-texts.ts'
import { isText, MOST_TEXT_BYTES, putText } from './texts.ts'

/** Most contents that are looked for at once in what has no index. */
const MOST_LOOKED_FOR = 20_000

export interface Collecting {
  names: Names[]
  /** What was put since then, ms, is left alone: it may be about to be named. */
  before: number
  signal: AbortSignal
}

export interface Collected {
  /** Contents that nothing named, and the bytes that they took. */
  removed: number
  bytes: number
  /** Texts of earlier versions that were taken from the disk into the database. */
  taken: number
}

interface Store {
  db: Pick<Database, 'read' | 'write'>
  disk: Disk
  now: () => number
}

/**
 * Removes the contents that nothing names, some at a time. What is put again in the meantime stays, since that dates it
 * anew: in the database a removal asks for the date in its own transaction, on the disk in the same step.
 */
export async function collect(store: Store, collecting: Collecting): Promise<Collected> {
  const sum: Collected = { removed: 0, bytes: 0, taken: 0 }
  // a whole text goes only when all that stood on it has gone: in the second round
  for (let round = 1; round <= 2 && (await collectTexts(store, collecting, sum)); round++);
  await collectFiles(store, collecting, sum)
  await takeIn(store, collecting, sum)
  return sum
}

/** Says whether some went. */
async function collectTexts({ db }: Store, collecting: Collecting, sum: Collected): Promise<boolean> {
  const before = sum.removed
  for await (const texts of unnamed(db, collecting, oldTexts(db.read, collecting.before))) {
    const gone = new Set(await removeTexts(db, texts, collecting.before))
    for (const text of texts) if (gone.has(text.hash)) count(sum, text)
  }
  return sum.removed > before
}

async function collectFiles(store: Store, collecting: Collecting, sum: Collected): Promise<void> {
  const { before } = collecting
  const remove = (file: BlobRef) => removeFile(store.disk, file.hash, before) && count(sum, file)
  async function* onDiskAlone(): AsyncGenerator<BlobRef[]> {
    for (const files of oldFiles(store.disk, before)) {
      const inside = await textsSince(store.db.read, hashesOf(files), before)
      for (const { hash } of files) if (inside.has(hash)) removeFile(store.disk, hash, before)
      yield files.filter(({ hash }) => !inside.has(hash))
    }
  }
  for await (const files of unnamed(store.db, collecting, onDiskAlone())) files.forEach(remove)
}

/** Texts that an earlier version put on the disk go into the database; the file goes a day later, when nobody reads it any more. */
async function takeIn(store: Store, { before, signal }: Collecting, sum: Collected): Promise<void> {
  for (const files of oldFiles(store.disk, before)) {
    const inside = await textsSince(store.db.read, hashesOf(files), Number.MAX_SAFE_INTEGER)
    for (const { hash, bytes } of files) {
      if (bytes > MOST_TEXT_BYTES || inside.has(hash)) continue
      const content = await readIfLikeText(store.disk, hash)
      if (!content || !isText(content) || refOf(content).hash !== hash) continue
      await putText(store, { hash, bytes, content })
      sum.taken++
    }
    await turn(signal)
  }
}

/** Those of all pages that no room names. */
async function* unnamed(
  { read }: Store['db'],
  { names, signal }: Collecting,
  pages: AsyncIterable<BlobRef[]>,
): AsyncGenerator<BlobRef[]> {
  let left: BlobRef[] = []
  const sifted = async () => {
    const hashes = new Set(await notInWords(read, names, hashesOf(left), signal))
    return left.filter(({ hash }) => hashes.has(hash))
  }
  for await (const page of pages) {
    const hashes = new Set(await notIndexed(read, names, hashesOf(page)))
    left.push(...page.filter(({ hash }) => hashes.has(hash)))
    await turn(signal)
    if (left.length < MOST_LOOKED_FOR) continue
    yield await sifted()
    left = []
  }
  yield await sifted()
}

function hashesOf(blobs: BlobRef[]): string[] {
  return blobs.map(({ hash }) => hash)
}

function count(sum: Collected, { bytes }: BlobRef): void {
  sum.removed++
  sum.bytes += bytes
}

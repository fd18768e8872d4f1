import { rm } from 'node:fs/promises'
import type { Database, Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { Invalid } from '../errors.ts'
import { type BlobRef, isBlobMissing, refOf, sha256 } from './blobs/blob.ts'
import { type Collected, type Collecting, collect } from './blobs/collect.ts'
import {
  type Disk,
  fileOnDisk,
  openDisk,
  putFileOnDisk,
  putOnDisk,
  readFromDisk,
  readShortFromDisk,
  takeFileOnDisk,
  verifyOnDisk,
} from './blobs/disk.ts'
import { isText, MOST_TEXT_BYTES, putText, putTextIn, readText } from './blobs/texts.ts'

export { type BlobRef, blobMissing, isBlobMissing } from './blobs/blob.ts'

export interface PutOptions {
  /** The hash of the content that this one came from: of a text only what differs is then kept. */
  like?: string | undefined
}

/**
 * Content-addressed storage: what was put is never changed, and the same content is kept once. Text (UTF-8 without NUL, at
 * most 4 MB) is in the database, everything else on the disk; whoever reads need not know where.
 */
export interface Blobs {
  /** Resolves when the bytes are there to stay. @throws DomainError `disk_full`, `disk_unwritable`, `disk_failed`, or of the database */
  put(content: Uint8Array | string, options?: PutOptions): Promise<BlobRef>
  /** As `put`, for a file of any size; it stays where it is. */
  putFile(path: string): Promise<BlobRef>
  /**
   * As `putFile`, for a file in the data directory that nobody else has or writes to, and whose hash is known from its writing: it
   * is moved, so that a large one is on the disk once.
   */
  takeFile(path: string, blob: BlobRef): Promise<void>
  /** As `put`, in the caller's transaction. @throws Invalid `not_text` when it is too long, or holds NUL */
  putIn(tx: Tx, text: string, options?: PutOptions): Promise<BlobRef>
  /** @throws DomainError `blob_missing` */
  read(hash: string): Promise<Uint8Array<ArrayBuffer>>
  /** The text, by the caller's own connection; a byte order mark stays. @throws DomainError `blob_missing`; Invalid `not_text` */
  readIn(read: Reader, hash: string): Promise<string>
  /** The bytes to stream or slice: a file's are read when they are wanted. @throws DomainError `blob_missing` */
  open(hash: string): Promise<Blob>
  /** Whether the bytes still are what their name says. */
  verify(hash: string): Promise<'good' | 'damaged' | 'missing'>
  /** Removes what nothing names and was put long enough ago. */
  collect(collecting: Collecting): Promise<Collected>
}

export interface BlobsDeps {
  db: Pick<Database, 'read' | 'write'>
  /** Where the bytes are that are not in the database. */
  folder: string
  now: () => number
}

/** Opens (and makes) the store; what a crash left half-written is removed. */
export function openBlobs({ db, folder, now }: BlobsDeps): Blobs {
  const store = { db, now, disk: openDisk(folder, now) }
  return {
    put: (content, options) => put(store, bytesIn(content), options),
    putFile: (path) => putFile(store, path),
    takeFile: (path, blob) => takeFile(store, path, blob),
    putIn: (tx, text, options) => putIn(store, tx, text, options),
    read: (hash) => read(store, hash),
    readIn: (reader, hash) => readIn(store, reader, hash),
    open: async (hash) => {
      const text = await readText(db.read, hash)
      return text ? new Blob([text]) : fileOnDisk(store.disk, hash)
    },
    verify: (hash) => verify(store, hash),
    collect: (collecting) => collect(store, collecting),
  }
}

interface Store {
  db: BlobsDeps['db']
  disk: Disk
  now: () => number
}

async function put(store: Store, content: Uint8Array, { like }: PutOptions = {}): Promise<BlobRef> {
  const blob = refOf(content)
  if (isText(content)) await putText(store, { ...blob, content, like })
  else await putOnDisk(store.disk, content, blob)
  return blob
}

async function putFile(store: Store, path: string): Promise<BlobRef> {
  const file = Bun.file(path)
  const content = file.size <= MOST_TEXT_BYTES && (await file.exists()) ? await file.bytes() : null
  return content && isText(content) ? put(store, content) : putFileOnDisk(store.disk, path)
}

async function takeFile(store: Store, path: string, blob: BlobRef): Promise<void> {
  const content = blob.bytes <= MOST_TEXT_BYTES ? await Bun.file(path).bytes() : null
  if (!content || !isText(content)) return takeFileOnDisk(store.disk, path, blob)
  await put(store, content)
  await rm(path)
}

async function putIn({ now }: Store, tx: Tx, text: string, { like }: PutOptions = {}): Promise<BlobRef> {
  const content = bytesIn(text)
  if (!isText(content)) throw notText()
  const blob = refOf(content)
  await putTextIn(tx, now(), { ...blob, content, like })
  return blob
}

/** On the disk are also the texts that an earlier version of Hearth put there. */
async function read({ db, disk }: Store, hash: string): Promise<Uint8Array<ArrayBuffer>> {
  return (await readText(db.read, hash)) ?? readFromDisk(disk, hash)
}

async function readIn({ disk }: Store, reader: Reader, hash: string): Promise<string> {
  const content = (await readText(reader, hash)) ?? readShortFromDisk(disk, hash, MOST_TEXT_BYTES)
  if (!content || !isText(content)) throw notText()
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(content)
}

async function verify({ db, disk }: Store, hash: string): Promise<'good' | 'damaged' | 'missing'> {
  try {
    const text = await readText(db.read, hash)
    if (text) return sha256(text) === hash ? 'good' : 'damaged'
  } catch (error) {
    if (isBlobMissing(error)) return 'damaged'
    throw error
  }
  return verifyOnDisk(disk, hash)
}

function bytesIn(content: Uint8Array | string): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content
}

function notText(): Invalid {
  return new Invalid('not_text', 'This is no text of at most 4 MB, so it can’t be worked on as one.')
}

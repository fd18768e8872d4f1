import { closeSync, constants, fsyncSync, mkdirSync, openSync, rmSync, statSync } from 'node:fs'
import { chmod, copyFile, type FileHandle, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BunFile } from 'bun'
import { explainFiles } from '../db/faults.ts'
import { DomainError } from '../errors.ts'

/** What stands for content: its SHA-256 in lower-case hex, and its size. */
export interface BlobRef {
  hash: string
  bytes: number
}

/** Content-addressed storage: what was put is never changed, and the same content is kept once. */
export interface Blobs {
  /** Resolves when the bytes are on disk to stay. @throws DomainError `disk_full`, `disk_unwritable`, `disk_failed` */
  put(content: Uint8Array | string): Promise<BlobRef>
  /** As `put`, for a file of any size; it stays where it is. */
  putFile(path: string): Promise<BlobRef>
  /** @throws DomainError `blob_missing` */
  read(hash: string): Promise<Uint8Array<ArrayBuffer>>
  /** The bytes as a file to stream or slice. Not looked at: a missing one fails when it is read. */
  open(hash: string): BunFile
  /** Whether the bytes still are what their name says. */
  verify(hash: string): Promise<'good' | 'damaged' | 'missing'>
}

/** Opens (and makes) the store in `folder`; what a crash left half-written is removed. */
export function openBlobs(folder: string): Blobs {
  const unfinished = join(folder, 'tmp')
  rmSync(unfinished, { recursive: true, force: true })
  for (const path of [unfinished, ...shelvesIn(folder)]) mkdirSync(path, { recursive: true, mode: 0o700 })
  flushNames(folder)
  let count = 0
  const store = { folder, fresh: () => join(unfinished, String(++count)) }
  return {
    put: (content) => put(store, typeof content === 'string' ? new TextEncoder().encode(content) : content),
    putFile: (path) => putFile(store, path),
    read: (hash) => read(store, hash),
    open: (hash) => Bun.file(placeOf(store, hash)),
    verify: (hash) => verify(store, hash),
  }
}

/** The error of content that should be in the store and is not, or not whole. */
export function blobMissing(hash: string, cause?: unknown): DomainError {
  return new DomainError('blob_missing', 'The content of this file is gone from the disk. Restore the last backup.', {
    severity: 'critical',
    context: { hash },
    cause,
  })
}

interface Store {
  folder: string
  /** A path that no other write uses, for what is not complete yet. */
  fresh: () => string
}

async function put(store: Store, content: Uint8Array): Promise<BlobRef> {
  const blob = { hash: new Bun.CryptoHasher('sha256').update(content).digest('hex'), bytes: content.byteLength }
  if (has(store, blob)) return blob
  await complete(store, async (path) => {
    await flushed(path, 'wx', (file) => file.writeFile(content))
    return blob
  })
  return blob
}

/** The copy is hashed, not the original: whoever goes on writing to that can't change what was kept. */
function putFile(store: Store, source: string): Promise<BlobRef> {
  return complete(store, async (path) => {
    await copyFile(source, path, constants.COPYFILE_FICLONE)
    await chmod(path, 0o600)
    await flushed(path, 'r+')
    return hashOf(path)
  })
}

async function read(store: Store, hash: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await Bun.file(placeOf(store, hash)).bytes()
  } catch (cause) {
    throw blobMissing(hash, cause)
  }
}

async function verify(store: Store, hash: string): Promise<'good' | 'damaged' | 'missing'> {
  const path = placeOf(store, hash)
  if (!(await Bun.file(path).exists())) return 'missing'
  return (await hashOf(path)).hash === hash ? 'good' : 'damaged'
}

/** Has `make` write to a fresh path, then gives the result its name: all of it is there, or nothing. */
async function complete(store: Store, make: (path: string) => Promise<BlobRef>): Promise<BlobRef> {
  const path = store.fresh()
  try {
    const blob = await make(path)
    await giveName(store, path, blob)
    return blob
  } catch (error) {
    await rm(path, { force: true })
    throw explainFiles(error)
  }
}

async function giveName(store: Store, path: string, blob: BlobRef): Promise<void> {
  if (has(store, blob)) return rm(path)
  const place = placeOf(store, blob.hash)
  await rename(path, place)
  await flushed(dirname(place), 'r')
}

/** True when it is kept already. One of another size was damaged from outside, and is replaced. */
function has(store: Store, { hash, bytes }: BlobRef): boolean {
  return statSync(placeOf(store, hash), { throwIfNoEntry: false })?.size === bytes
}

function placeOf({ folder }: Store, hash: string): string {
  if (!/^[0-9a-f]{64}$/.test(hash)) throw new Error(`“${hash}” is not the hash of a blob.`)
  return join(folder, hash.slice(0, 2), hash)
}

async function hashOf(path: string): Promise<BlobRef> {
  const hasher = new Bun.CryptoHasher('sha256')
  for await (const chunk of Bun.file(path).stream()) hasher.update(chunk)
  return { hash: hasher.digest('hex'), bytes: (await stat(path)).size }
}

/** Opens a file or folder, works on it, and returns when the disk has it. */
async function flushed(path: string, flags: string, work?: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, flags, 0o600)
  try {
    await work?.(file)
    await file.sync()
  } finally {
    await file.close()
  }
}

function flushNames(folder: string): void {
  const handle = openSync(folder, 'r')
  fsyncSync(handle)
  closeSync(handle)
}

/** A folder for each first byte of a hash. */
function shelvesIn(folder: string): string[] {
  return Array.from({ length: 256 }, (_, byte) => join(folder, byte.toString(16).padStart(2, '0')))
}

import {
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs'
import { chmod, copyFile, type FileHandle, open, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { BunFile } from 'bun'
import { explainFiles } from '../../db/faults.ts'
import { type BlobRef, blobMissing, HASH, mustBeHash } from './blob.ts'

/** What tells a text from most that is none. */
const BEGINNING_BYTES = 4_096

/** Contents as files, named by their hash. The time of such a file is when somebody put it last. */
export interface Disk {
  folder: string
  /** A path that no other write uses, for what is not complete yet. */
  fresh: () => string
  now: () => number
}

/** Opens (and makes) the folder; what a crash left half-written is removed. */
export function openDisk(folder: string, now: () => number): Disk {
  const unfinished = join(folder, 'tmp')
  rmSync(unfinished, { recursive: true, force: true })
  for (const path of [unfinished, ...shelvesIn(folder)]) mkdirSync(path, { recursive: true, mode: 0o700 })
  flushNames(folder)
  let count = 0
  return { folder, now, fresh: () => join(unfinished, String(++count)) }
}

/** Resolves when it is on the disk to stay. @throws DomainError `disk_full`, `disk_unwritable`, `disk_failed` */
export async function putOnDisk(disk: Disk, content: Uint8Array, blob: BlobRef): Promise<void> {
  if (putAgain(disk, blob)) return
  await complete(disk, async (path) => {
    await flushed(path, 'wx', (file) => file.writeFile(content))
    return blob
  })
}

/** As `putOnDisk`, for a file of any size. The copy is hashed, not the original: whoever goes on writing to that can't change what was kept. */
export function putFileOnDisk(disk: Disk, source: string): Promise<BlobRef> {
  return complete(disk, async (path) => {
    await copyFile(source, path, constants.COPYFILE_FICLONE)
    await chmod(path, 0o600)
    await flushed(path, 'r+')
    return hashOf(path)
  })
}

/** As `putFileOnDisk`, for a file on the same disk that nobody else has or writes to: it is moved, and gone in any case. */
export async function takeFileOnDisk(disk: Disk, source: string, blob: BlobRef): Promise<void> {
  try {
    await flushed(source, 'r+')
    await giveName(disk, source, blob)
  } catch (error) {
    await rm(source, { force: true })
    throw explainFiles(error)
  }
}

/** @throws DomainError `blob_missing` */
export async function readFromDisk(disk: Disk, hash: string): Promise<Uint8Array<ArrayBuffer>> {
  const place = placeOf(disk, hash)
  try {
    return await Bun.file(place).bytes()
  } catch (cause) {
    throw blobMissing(hash, cause)
  }
}

/** All of a file at once, unless it is longer than `most` bytes: then null. @throws DomainError `blob_missing` */
export function readShortFromDisk(disk: Disk, hash: string, most: number): Uint8Array | null {
  const place = placeOf(disk, hash)
  try {
    return statSync(place).size <= most ? readFileSync(place) : null
  } catch (cause) {
    throw blobMissing(hash, cause)
  }
}

/** Its bytes are not looked at. @throws DomainError `blob_missing` */
export async function fileOnDisk(disk: Disk, hash: string): Promise<BunFile> {
  const file = Bun.file(placeOf(disk, hash))
  if (!(await file.exists())) throw blobMissing(hash)
  return file
}

export async function verifyOnDisk(disk: Disk, hash: string): Promise<'good' | 'damaged' | 'missing'> {
  const path = placeOf(disk, hash)
  if (!(await Bun.file(path).exists())) return 'missing'
  return (await hashOf(path)).hash === hash ? 'good' : 'damaged'
}

/** Has `make` write to a fresh path, then gives the result its name: all of it is there, or nothing. */
async function complete(disk: Disk, make: (path: string) => Promise<BlobRef>): Promise<BlobRef> {
  const path = disk.fresh()
  try {
    const blob = await make(path)
    await giveName(disk, path, blob)
    return blob
  } catch (error) {
    await rm(path, { force: true })
    throw explainFiles(error)
  }
}

async function giveName(disk: Disk, path: string, blob: BlobRef): Promise<void> {
  if (putAgain(disk, blob)) return rm(path)
  const place = placeOf(disk, blob.hash)
  date(path, disk.now())
  renameSync(path, place)
  await flushed(dirname(place), 'r')
}

/**
 * True when it is kept already; one of another size was damaged from outside, and is replaced. Looking and dating are one
 * step, as looking and removing are in a collection, so that neither comes between the other's two halves.
 */
function putAgain(disk: Disk, { hash, bytes }: BlobRef): boolean {
  const place = placeOf(disk, hash)
  if (statSync(place, { throwIfNoEntry: false })?.size !== bytes) return false
  date(place, disk.now())
  return true
}

function date(path: string, at: number): void {
  utimesSync(path, at / 1_000, at / 1_000)
}

function placeOf({ folder }: Disk, hash: string): string {
  return join(folder, mustBeHash(hash).slice(0, 2), hash)
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

/** Shelf by shelf, all files that were put before a moment. */
export function* oldFiles(disk: Disk, before: number): Generator<BlobRef[]> {
  for (const shelf of shelvesIn(disk.folder))
    yield readdirSync(shelf)
      .filter((name) => HASH.test(name))
      .map((hash) => ({ hash, stat: statSync(join(shelf, hash), { throwIfNoEntry: false }) }))
      .filter(({ stat }) => stat && stat.mtimeMs < before)
      .map(({ hash, stat }) => ({ hash, bytes: stat!.size }))
}

/** Removes a file that nobody has put again since a moment: one step, into which no put can come. */
export function removeFile(disk: Disk, hash: string, before: number): boolean {
  const place = placeOf(disk, hash)
  const found = statSync(place, { throwIfNoEntry: false })
  if (!found || found.mtimeMs >= before) return false
  rmSync(place)
  return true
}

/** All of a file that may be text: what has a NUL near its beginning, as pictures do, is not read to its end. */
export async function readIfLikeText(disk: Disk, hash: string): Promise<Uint8Array | null> {
  const file = Bun.file(placeOf(disk, hash))
  const beginning = await file.slice(0, BEGINNING_BYTES).bytes()
  return beginning.includes(0) ? null : await file.bytes()
}

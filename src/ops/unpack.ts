import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { diskFull, isNoSpace } from '../db/faults.ts'
import { BLOB, DATABASE, KEY, MANIFEST, Manifest } from './manifest.ts'
import { entriesOf, type TarEntry, unreadable } from './tar.ts'

const MOST_MANIFEST_BYTES = 64 * 1024 ** 2

export interface Unpacked {
  manifest: Manifest
  /** Hashes of the blobs in `<folder>/blobs`, all whole. */
  blobs: Set<string>
}

/**
 * Unpacks a backup into `folder`, which is made, and checks the hash of all that it holds. Whatever has a name that no
 * backup has is refused, so that nothing can be written elsewhere. @throws DomainError `backup_unreadable`, `disk_full`
 */
export async function unpack(path: string, folder: string): Promise<Unpacked> {
  mkdirSync(join(folder, 'blobs'), { recursive: true, mode: 0o700 })
  const hashes = new Map<string, string>()
  for await (const entry of entriesOf(path)) {
    if (!isOurs(entry.name)) throw unreadable('it holds a name that Hearth does not write')
    if (hashes.has(entry.name)) throw unreadable('it holds the same name twice')
    hashes.set(entry.name, await unpackEntry(path, entry, join(folder, entry.name)))
  }
  return checked(await manifestIn(folder, hashes), hashes)
}

/** The manifest of a backup, found without unpacking. @throws DomainError `backup_unreadable` */
export async function readManifest(path: string): Promise<Manifest> {
  for await (const { name, at, bytes } of entriesOf(path))
    if (name === MANIFEST && bytes < MOST_MANIFEST_BYTES)
      return parseManifest(
        await Bun.file(path)
          .slice(at, at + bytes)
          .text(),
      )
  throw unreadable('it has no manifest, so its end is missing')
}

function isOurs(name: string): boolean {
  return name === DATABASE || name === KEY || name === MANIFEST || BLOB.test(name)
}

async function unpackEntry(path: string, { at, bytes }: TarEntry, place: string): Promise<string> {
  try {
    await using file = await open(place, 'wx', 0o600)
    const hash = createHash('sha256')
    for await (const chunk of Bun.file(path)
      .slice(at, at + bytes)
      .stream()) {
      hash.update(chunk)
      await writeAll(file, chunk)
    }
    await file.sync()
    return hash.digest('hex')
  } catch (error) {
    throw isNoSpace(error) ? diskFull(error) : error
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) at += (await file.write(chunk, at)).bytesWritten
}

async function manifestIn(folder: string, hashes: Map<string, string>): Promise<Manifest> {
  if (!hashes.has(MANIFEST)) throw unreadable('it has no manifest, so its end is missing')
  return parseManifest(await Bun.file(join(folder, MANIFEST)).text())
}

function parseManifest(text: string): Manifest {
  try {
    return Manifest.parse(JSON.parse(text))
  } catch {
    throw unreadable('its manifest is damaged, or of a newer Hearth') // the parser would quote the file
  }
}

function checked(manifest: Manifest, hashes: Map<string, string>): Unpacked {
  if (hashes.get(DATABASE) !== manifest.database.sha256) throw unreadable('its database is damaged or missing')
  if ((hashes.get(KEY) ?? null) !== manifest.key) throw unreadable('its secret key is damaged or missing')
  const named = [...hashes].flatMap(([name, hash]) => (BLOB.test(name) ? [{ name: BLOB.exec(name)![1]!, hash }] : []))
  const missing = new Set(manifest.missing)
  const damaged = named.filter(({ name, hash }) => name !== hash && !missing.has(name))
  if (damaged.length > 0) throw unreadable(`${damaged.length} of its files are damaged`)
  if (named.length !== manifest.blobs.count) throw unreadable('some of its files are missing')
  return { manifest, blobs: new Set(named.filter(({ name, hash }) => name === hash).map(({ name }) => name)) }
}

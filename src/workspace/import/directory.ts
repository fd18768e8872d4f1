import { type FileHandle, open } from 'node:fs/promises'
import { type Entry, fromFdPromise, getFileNameLowLevel, type ZipFile } from 'yauzl'
import { bytes } from '../../web/format.ts'
import { HARMLESS_BYTES, MOST_ENTRIES, MOST_GROWTH, MOST_IN_FILE, MOST_UNPACKED } from './limits.ts'
import { badZip, ImportTooBig, noFile, tooManyFiles } from './refusals.ts'

/** The record at the end of a zip: APPNOTE.TXT 4.3.16. */
const END = 0x06054b50
const END_BYTES = 22
const LONGEST_COMMENT = 0xffff
const ZIP64_LOCATOR = 0x07064b50
const ZIP64_LOCATOR_BYTES = 20
const STORED = 0
const DEFLATED = 8
/** The upper half of the external attributes, where Unix keeps what a thing is: stat(2). */
const TYPE = 0o170000
const KINDS: ReadonlyMap<number, string> = new Map([
  [0o120000, 'a link to another place'],
  [0o060000, 'a device'],
  [0o020000, 'a device'],
  [0o010000, 'a pipe'],
  [0o140000, 'a socket'],
])

/** A file of a zip, as its directory tells of it. */
export interface ZipEntry {
  name: string
  entry: Entry
  /** Where in the zip the next thing begins: its bytes end before that. */
  ends: number
}

export interface OpenZip extends AsyncDisposable {
  handle: FileHandle
  file: ZipFile
  entries: ZipEntry[]
}

/**
 * Opens a zip and believes its directory only where nothing can be read in two ways: one end record that the whole file leads up
 * to, as many entries as it says. Nothing is unpacked. @throws Invalid `zip_…`, `import_…`
 */
export async function openZip(path: string): Promise<OpenZip> {
  const handle = await open(path, 'r')
  const closing = { [Symbol.asyncDispose]: () => handle.close() }
  try {
    const { size } = await handle.stat()
    const end = await endRecord(handle, size)
    const file = await fromFdPromise(handle.fd, { autoClose: false, decodeStrings: false, validateEntrySizes: true })
    const all = await directory(file, end)
    const entries = inOrder(all, end.directory)
    mustNotGrow(entries, size)
    return { handle, file, entries, ...closing }
  } catch (error) {
    await handle.close()
    throw fromYauzl(error)
  }
}

/** What yauzl says is in its own words: a fault of the directory, unless it is ours or the disk's. */
function fromYauzl(error: unknown): unknown {
  const ownWords = error instanceof Error && error.constructor === Error && !('code' in error)
  return ownWords || error instanceof RangeError ? badZip('zip_unreadable', {}, error) : error
}

interface End {
  /** Where the directory begins and ends, and how many entries it says it has. */
  directory: number
  stop: number
  count: number
}

async function endRecord(handle: FileHandle, size: number): Promise<End> {
  const tail = Buffer.alloc(Math.min(size, END_BYTES + LONGEST_COMMENT + ZIP64_LOCATOR_BYTES))
  const start = size - tail.length
  await handle.read(tail, 0, tail.length, start)
  const found: number[] = []
  for (let at = tail.length - END_BYTES; at >= 0; at--)
    if (tail.readUInt32LE(at) === END && at + END_BYTES + tail.readUInt16LE(at + 20) === tail.length) found.push(at)
  const [at, ...others] = found
  if (at === undefined) throw badZip('zip_unreadable')
  if (others.length > 0) throw badZip('zip_ambiguous')
  const locator = at - ZIP64_LOCATOR_BYTES
  if (locator >= 0 && tail.readUInt32LE(locator) === ZIP64_LOCATOR) throw badZip('zip_unsupported', { why: 'ZIP64' })
  const [disk, firstDisk, here, count] = [4, 6, 8, 10].map((offset) => tail.readUInt16LE(at + offset))
  if (disk !== 0 || firstDisk !== 0 || here !== count) throw badZip('zip_unsupported', { why: 'parts' })
  const [length, directory] = [tail.readUInt32LE(at + 12), tail.readUInt32LE(at + 16)]
  if (directory + length !== start + at) throw badZip('zip_ambiguous')
  return { directory, stop: start + at, count: count! }
}

async function directory(file: ZipFile, { stop, count }: End): Promise<{ name: string; entry: Entry }[]> {
  if (count > MOST_ENTRIES) throw tooManyFiles(MOST_ENTRIES)
  const all: { name: string; entry: Entry }[] = []
  for await (const entry of file.eachEntry()) {
    const name = nameOf(entry)
    mustBeReadable(name, entry)
    all.push({ name, entry })
  }
  // The library reads as many as are announced: what stands after them, another program would read.
  if ((file as unknown as { readEntryCursor: number }).readEntryCursor !== stop) throw badZip('zip_ambiguous')
  return all
}

function mustBeReadable(name: string, entry: Entry): void {
  const { compressionMethod, uncompressedSize, externalFileAttributes } = entry
  if (entry.isEncrypted()) throw badZip('zip_encrypted', { path: name })
  const kind = KINDS.get((externalFileAttributes >>> 16) & TYPE)
  if (kind) throw noFile(name, kind)
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) throw badZip('zip_unsupported', { path: name })
  if (uncompressedSize > MOST_IN_FILE)
    throw new ImportTooBig(`“${name}” is larger than ${bytes(MOST_IN_FILE)}.`, MOST_IN_FILE)
}

/** In the order in which they lie in the zip, each with where it must have ended. */
function inOrder(all: { name: string; entry: Entry }[], directory: number): ZipEntry[] {
  const sorted = all.toSorted((a, b) => offsetOf(a.entry) - offsetOf(b.entry))
  return sorted.map(({ name, entry }, i) => {
    const next = sorted[i + 1]
    const ends = next ? offsetOf(next.entry) : directory
    return { name, entry, ends }
  })
}

function mustNotGrow(entries: ZipEntry[], size: number): void {
  const unpacked = entries.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0)
  if (unpacked > HARMLESS_BYTES && unpacked > size * MOST_GROWTH) throw badZip('zip_bomb', { size, unpacked })
  if (unpacked > MOST_UNPACKED)
    throw new ImportTooBig(`Unpacked, this is more than ${bytes(MOST_UNPACKED)}.`, MOST_UNPACKED)
}

function offsetOf({ relativeOffsetOfLocalHeader }: Entry): number {
  return relativeOffsetOfLocalHeader
}

/** UTF-8 where it is said, or where the bytes are that and nothing else would write them; else the code page of the first PCs. */
function nameOf(entry: Entry): string {
  const { generalPurposeBitFlag: flags, fileNameRaw, extraFields } = entry
  const said = getFileNameLowLevel(flags, fileNameRaw, extraFields, true)
  const utf8 = textOf(fileNameRaw)
  if ((flags & 0x800) !== 0 && utf8 === undefined) throw badZip('zip_unreadable', { why: 'a name that is no UTF-8' })
  const asPlain = getFileNameLowLevel(flags, fileNameRaw, [], true)
  return said === asPlain && utf8 !== undefined ? utf8 : said
}

function textOf(raw: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(raw)
  } catch {
    return undefined // the answer to the question
  }
}

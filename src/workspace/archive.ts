import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import type { Reader } from '../db/open.ts'
import { DomainError } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import { kindOf } from '../files/languages.ts'
import { projectPath } from '../files/paths.ts'
import { filesAsOf, filesOf, openFile } from './files.ts'

/** What a zip without its 64-bit extension can hold. */
const MAX_BYTES = 2 ** 32 - 2 ** 20
const MAX_FILES = 2 ** 16 - 1
const LEVEL = 6
/** Zip knows no earlier date; two days on, so that no time zone goes back behind it. */
const EARLIEST = Date.UTC(1980, 0, 3)
const UNIX = 3
const REGULAR_FILE_0644 = 0o100644 << 16

export interface ArchiveDeps {
  read: Reader
  blobs: Blobs
}

/** A file that goes into a zip. */
export interface ZipSource {
  path: string
  bytes: number
  /** ms since the epoch */
  at: number
  open(): Promise<Blob>
}

/**
 * All files of a project, as they are or as they were just after a change, as a zip that is made while it is read, by path. A
 * file that can't be read breaks the stream, so that no one takes half an archive for a whole one.
 * @throws DomainError `archive_too_big`; NotFound `unknown_change`
 */
export async function zipOf(
  { read, blobs }: ArchiveDeps,
  project: string,
  change?: string,
): Promise<ReadableStream<Uint8Array>> {
  const files = change === undefined ? await filesOf(read, project) : await filesAsOf(read, project, change)
  return zipStream(files.map((file) => ({ ...file, open: () => openFile({ blobs }, file) })))
}

/** The files as a zip. @throws DomainError `archive_too_big` */
export function zipStream(files: ZipSource[]): ReadableStream<Uint8Array> {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  if (bytes > MAX_BYTES || files.length > MAX_FILES)
    throw new DomainError('archive_too_big', 'The project is too big for one zip. Download its files one by one.', {
      context: { bytes, files: files.length },
    })
  return streamOf(zipChunks(files))
}

/** Chunk by chunk: no more of any file is in memory than what was just read of it. */
async function* zipChunks(files: ZipSource[]): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = []
  const zip = new Zip((error, chunk) => {
    if (error) throw error
    ready.push(chunk)
  })
  for (const file of files) {
    const entry = entryFor(file)
    zip.add(entry)
    for await (const chunk of (await file.open()).stream()) {
      entry.push(chunk)
      yield* ready.splice(0)
    }
    entry.push(new Uint8Array(0), true)
  }
  zip.end()
  yield* ready.splice(0)
}

function entryFor({ path, at }: ZipSource): ZipDeflate | ZipPassThrough {
  const name = projectPath(path)
  const entry = kindOf(path) === 'text' ? new ZipDeflate(name, { level: LEVEL }) : new ZipPassThrough(name)
  return Object.assign(entry, { mtime: Math.max(at, EARLIEST), os: UNIX, attrs: REGULAR_FILE_0644 })
}

function streamOf(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: () => void chunks.return(undefined),
  })
}

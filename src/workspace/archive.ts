import { Zip, ZipDeflate, ZipPassThrough } from 'fflate'
import type { Reader } from '../db/open.ts'
import { DomainError } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import { kindOf } from '../files/languages.ts'
import { projectPath } from '../files/paths.ts'
import { filesOf, openFile, type ProjectFile } from './files.ts'

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

/**
 * All present files of a project as a zip that is made while it is read, by path. A file that can't be read breaks the
 * stream, so that no one takes half an archive for a whole one. @throws DomainError `archive_too_big`
 */
export async function zipOf(deps: ArchiveDeps, project: string): Promise<ReadableStream<Uint8Array>> {
  const files = await filesOf(deps.read, project)
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  if (bytes > MAX_BYTES || files.length > MAX_FILES)
    throw new DomainError('archive_too_big', 'The project is too big for one zip. Download its files one by one.', {
      context: { bytes, files: files.length },
    })
  return streamOf(zipChunks(deps.blobs, files))
}

/** Chunk by chunk: no more of any file is in memory than what was just read of it. */
async function* zipChunks(blobs: Blobs, files: ProjectFile[]): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = []
  const zip = new Zip((error, chunk) => {
    if (error) throw error
    ready.push(chunk)
  })
  for (const file of files) {
    const entry = entryFor(file)
    zip.add(entry)
    for await (const chunk of (await openFile({ blobs }, file)).stream()) {
      entry.push(chunk)
      yield* ready.splice(0)
    }
    entry.push(new Uint8Array(0), true)
  }
  zip.end()
  yield* ready.splice(0)
}

function entryFor({ path, at }: ProjectFile): ZipDeflate | ZipPassThrough {
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

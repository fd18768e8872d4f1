import type { Readable } from 'node:stream'
import { crc32 } from 'node:zlib'
import type { OpenZip, ZipEntry } from './directory.ts'
import { badZip } from './refusals.ts'

/**
 * The bytes of a file of a zip, as they are unpacked. They end only when they are all there and what the directory promised:
 * header, size, sum. @throws Invalid `zip_ambiguous`, `zip_overlapping`, `zip_damaged`
 */
export async function* unpacked({ file }: OpenZip, { name, entry, ends }: ZipEntry): AsyncGenerator<Uint8Array> {
  try {
    const local = await file.readLocalFileHeaderPromise(entry, { minimal: false })
    const same =
      local.fileName.equals(entry.fileNameRaw) &&
      local.compressionMethod === entry.compressionMethod &&
      ((local.generalPurposeBitFlag ^ entry.generalPurposeBitFlag) & 1) === 0
    if (!same) throw badZip('zip_ambiguous', { path: name })
    if (local.fileDataStart + entry.compressedSize > ends) throw badZip('zip_overlapping', { path: name })
    let sum = 0
    for await (const chunk of (await file.openReadStreamPromise(entry)) as Readable) {
      sum = crc32(chunk, sum)
      yield chunk
    }
    if (sum !== entry.crc32) throw badZip('zip_damaged', { path: name })
  } catch (error) {
    throw isFault(error) ? badZip('zip_damaged', { path: name }, error) : error
  }
}

/** What the library and zlib say of bytes that are wrong, in their own words. */
function isFault(error: unknown): boolean {
  if (!(error instanceof Error) || error.constructor.name === 'Invalid') return false
  const { code } = error as { code?: string }
  return code === undefined || code.startsWith('Z_') || code.startsWith('ERR_')
}

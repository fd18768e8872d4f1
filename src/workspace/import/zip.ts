import { crc32, inflateRawSync } from 'node:zlib'
import type { Entry } from 'yauzl'
import type { OpenZip, ZipEntry } from './directory.ts'
import { badZip } from './refusals.ts'

/** A file up to this size, in bytes, is unpacked at once. */
const SMALL = 2 ** 18

/**
 * The bytes of a file of a zip, as they are unpacked. They end only when they are all there and what the directory promised:
 * header, size, sum. @throws Invalid `zip_ambiguous`, `zip_overlapping`, `zip_damaged`
 */
export async function* unpacked(
  { file, handle }: OpenZip,
  { name, entry, ends }: ZipEntry,
): AsyncGenerator<Uint8Array> {
  try {
    const local = await file.readLocalFileHeaderPromise(entry, { minimal: false })
    const same =
      local.fileName.equals(entry.fileNameRaw) &&
      local.compressionMethod === entry.compressionMethod &&
      ((local.generalPurposeBitFlag ^ entry.generalPurposeBitFlag) & 1) === 0
    if (!same) throw badZip('zip_ambiguous', { path: name })
    if (local.fileDataStart + entry.compressedSize > ends) throw badZip('zip_overlapping', { path: name })
    let sum = 0
    for await (const chunk of contentOf({ file, handle }, entry, local.fileDataStart)) {
      sum = crc32(chunk, sum)
      yield chunk
    }
    if (sum !== entry.crc32) throw badZip('zip_damaged', { path: name })
  } catch (error) {
    throw isFault(error) ? badZip('zip_damaged', { path: name }, error) : error
  }
}

/** A small file at once: ten thousand of them would spend their time on making streams. */
async function* contentOf(
  { file, handle }: Pick<OpenZip, 'file' | 'handle'>,
  entry: Entry,
  start: number,
): AsyncGenerator<Uint8Array> {
  const { compressedSize, uncompressedSize } = entry
  if (Math.max(compressedSize, uncompressedSize) > SMALL) return yield* await file.openReadStreamPromise(entry)
  const packed = Buffer.alloc(compressedSize)
  const { bytesRead } = compressedSize > 0 ? await handle.read(packed, 0, compressedSize, start) : { bytesRead: 0 }
  const whole = entry.isCompressed() ? inflateRawSync(packed, { maxOutputLength: uncompressedSize + 1 }) : packed
  if (bytesRead !== compressedSize || whole.length !== uncompressedSize) throw new Error('not the size that was said')
  if (whole.length > 0) yield whole
}

/** What the library and zlib say of bytes that are wrong, in their own words. */
function isFault(error: unknown): boolean {
  if (!(error instanceof Error) || error.constructor.name === 'Invalid') return false
  const { code } = error as { code?: string }
  return code === undefined || code.startsWith('Z_') || code.startsWith('ERR_')
}

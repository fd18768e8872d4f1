import type { BlobRef, Blobs } from '../files/blobs.ts'
import { readFileBytes } from './files.ts'

/**
 * The text of a file with its byte order mark, so that what is edited and written back is the same bytes wherever nothing
 * changed; undefined when it is no UTF-8. @throws DomainError `blob_missing`
 */
export async function exactText(deps: { blobs: Blobs }, file: BlobRef): Promise<string | undefined> {
  const bytes = await readFileBytes(deps, file)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined // what can't be read exactly can't be written back
  }
}

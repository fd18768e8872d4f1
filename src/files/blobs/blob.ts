import { DomainError } from '../../errors.ts'

export const HASH = /^[0-9a-f]{64}$/

/** What stands for content: its SHA-256 in lower-case hex, and its size. */
export interface BlobRef {
  hash: string
  bytes: number
}

/** @throws Error when it is no hash: one from outside must never become a path or a key */
export function mustBeHash(hash: string): string {
  if (!HASH.test(hash)) throw new Error(`“${hash}” is not the hash of a blob.`)
  return hash
}

export function refOf(content: Uint8Array): BlobRef {
  return { hash: sha256(content), bytes: content.byteLength }
}

export function sha256(content: Uint8Array): string {
  return new Bun.CryptoHasher('sha256').update(content).digest('hex')
}

/** The error of content that should be in the store and is not, or not whole. */
export function blobMissing(hash: string, cause?: unknown): DomainError {
  return new DomainError('blob_missing', 'The content of this file is gone from the disk. Restore the last backup.', {
    severity: 'critical',
    context: { hash },
    cause,
  })
}

export function isBlobMissing(error: unknown): boolean {
  return error instanceof DomainError && error.code === 'blob_missing'
}

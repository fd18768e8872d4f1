import { z } from 'zod'

/** The entries of a backup; each blob is `blobs/<its hash>`. The manifest comes last: only a whole backup has one. */
export const DATABASE = 'hearth.db'
export const KEY = 'secret.key'
export const MANIFEST = 'manifest.json'
export const BLOB = /^blobs\/([0-9a-f]{64})$/

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const Whole = z.number().int().min(0)

/** What a backup says of itself. */
export const Manifest = z.object({
  format: z.literal(1),
  hearth: z.string(),
  /** The newest migration that the database has been through. */
  migration: z.string(),
  /** ms since the epoch */
  madeAt: Whole,
  counts: z.object({ projects: Whole, files: Whole, jobs: Whole, accounts: Whole }),
  database: z.object({ bytes: Whole, sha256: Sha256 }),
  /** The contents beside the database. */
  blobs: z.object({ count: Whole, bytes: Whole }),
  /** The texts in it; a backup of before migration 18 has none. */
  texts: z.object({ count: Whole, bytes: Whole }).default({ count: 0, bytes: 0 }),
  /** Hashes of blobs that were gone or damaged already when the backup was made. */
  missing: z.array(Sha256),
  /** The hash of `secret.key`, where it was included. */
  key: Sha256.nullable(),
})

export type Manifest = z.infer<typeof Manifest>

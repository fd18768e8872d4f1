import { and, eq } from 'drizzle-orm'
import type { Database, Reader } from '../../db/open.ts'
import { Conflict } from '../../errors.ts'
import type { ModelProfile } from '../profile.ts'
import { modelLicences } from './tables.ts'

/** When this person took the licence of a model as it reads now; null: never. */
export async function acceptedAt(read: Reader, profile: ModelProfile, by: string): Promise<number | null> {
  const { author, model, wordsSha256, at } = modelLicences
  const mine = and(eq(author, by), eq(model, profile.id), eq(wordsSha256, wordsOf(profile)))
  const [row] = await read.select({ at }).from(modelLicences).where(mine)
  return row?.at ?? null
}

/** Notes who has read and taken the licence of a model, and which words they saw. */
export async function acceptLicence(
  { db, now }: { db: Database; now: () => number },
  profile: ModelProfile,
  by: string,
): Promise<void> {
  const row = { author: by, model: profile.id, licence: profile.licence.id, wordsSha256: wordsOf(profile), at: now() }
  await db.write((tx) => tx.insert(modelLicences).values(row).onConflictDoNothing())
}

/** @throws Conflict `licence_needed` with the licence */
export async function mustBeAccepted(read: Reader, profile: ModelProfile, by: string): Promise<void> {
  if ((await acceptedAt(read, profile, by)) !== null) return
  throw new Conflict(
    'licence_needed',
    `${profile.label} has the licence “${profile.licence.name}”. Read it, and accept it first.`,
    {
      context: { model: profile.id, licence: profile.licence },
    },
  )
}

/** A licence whose words, or whose countries, have changed must be read again. */
function wordsOf({ licence }: ModelProfile): string {
  const { id, name, url = '', terms, notIn, commercial } = licence
  return new Bun.CryptoHasher('sha256').update(JSON.stringify([id, name, url, terms, notIn, commercial])).digest('hex')
}

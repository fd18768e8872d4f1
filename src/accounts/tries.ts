import { and, count, eq, gt, lte, min, or } from 'drizzle-orm'
import type { Database } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { Forbidden } from '../errors.ts'
import { sha256 } from './secrets.ts'
import { signInTries } from './tables.ts'

const MOST_TRIES = 10
const WINDOW_MS = 15 * 60_000

export interface TriesDeps {
  db: Database
  now: () => number
}

/**
 * Counts one try for the account and for the address, before any password is looked at; a refused one doesn't count.
 * @throws Forbidden `too_many_tries` with `retryAfterMs`
 */
export function countTry({ db, now }: TriesDeps, email: string, address: string): Promise<void> {
  return db.write(async (tx) => {
    const at = now()
    await tx.delete(signInTries).where(or(lte(signInTries.at, at - WINDOW_MS), gt(signInTries.at, at))) // or by a clock that ran ahead
    for (const key of [accountKey(email), `address:${address}`]) await refuseTooMany(tx, key, at)
    await tx.insert(signInTries).values([
      { key: accountKey(email), at },
      { key: `address:${address}`, at },
    ])
  })
}

/** Forgives an account its tries. The address keeps its own: one good password must not pay for guessing at others. */
export async function forgiveAccount(tx: Tx, email: string): Promise<void> {
  await tx.delete(signInTries).where(eq(signInTries.key, accountKey(email)))
}

async function refuseTooMany(tx: Tx, key: string, at: number): Promise<void> {
  const [row] = await tx
    .select({ tries: count(), oldest: min(signInTries.at) })
    .from(signInTries)
    .where(and(eq(signInTries.key, key), gt(signInTries.at, at - WINDOW_MS)))
  if (row!.tries < MOST_TRIES) return
  const retryAfterMs = row!.oldest! + WINDOW_MS - at
  const minutes = Math.ceil(retryAfterMs / 60_000)
  throw new Forbidden(
    'too_many_tries',
    `Too many tries to sign in. Wait ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}, then try again.`,
    { retryable: true, retryAfterMs },
  )
}

/** A hash: what was typed may be anything, a password in the wrong field too. */
function accountKey(email: string): string {
  return `account:${sha256(email)}`
}

import { and, eq, lte, or } from 'drizzle-orm'
import type { Tx } from '../db/writer.ts'
import type { AccountsDeps } from './accounts.ts'
import { newSecret, sha256 } from './secrets.ts'
import { type AccountRow, accounts, sessions } from './tables.ts'

const DAY_MS = 24 * 3_600_000
const IDLE_MS = 14 * DAY_MS
export const ABSOLUTE_MS = 90 * DAY_MS
/** How stale `last_seen_at` may be: a write per request would be one per click. */
export const SEEN_EVERY_MS = 3_600_000
const AGENT_LENGTH = 200

/** Where a sign-in comes from. */
export interface Origin {
  address: string
  agent: string
}

/** Opens a session under a new secret, which only the cookie holds, and sweeps out what has expired. */
export async function openSession(
  { now }: Pick<AccountsDeps, 'now'>,
  tx: Tx,
  account: string,
  { address, agent }: Origin,
): Promise<string> {
  const secret = newSecret()
  const at = now()
  await tx.delete(sessions).where(or(lte(sessions.expiresAt, at), lte(sessions.lastSeenAt, at - IDLE_MS)))
  await tx.insert(sessions).values({
    hash: sha256(secret),
    account,
    createdAt: at,
    lastSeenAt: at,
    expiresAt: at + ABSOLUTE_MS,
    address,
    agent: agent.slice(0, AGENT_LENGTH),
  })
  return secret
}

/** Whose session a cookie's secret is: 14 days after the last sign of life, 90 days after sign-in at the latest, nobody's. */
export async function sessionOf(
  deps: Pick<AccountsDeps, 'db' | 'now' | 'log'>,
  secret: string,
): Promise<AccountRow | null> {
  const hash = sha256(secret)
  const [found] = await deps.db.read
    .select({ session: sessions, account: accounts })
    .from(sessions)
    .innerJoin(accounts, eq(accounts.id, sessions.account))
    .where(eq(sessions.hash, hash))
  if (!found || found.account.disabledAt !== null) return null
  const { expiresAt, lastSeenAt } = found.session
  const at = deps.now()
  if (expiresAt <= at || lastSeenAt + IDLE_MS <= at) return null
  if (at - lastSeenAt >= SEEN_EVERY_MS) await markSeen(deps, hash, lastSeenAt)
  return found.account
}

export async function endSession(tx: Tx, secret: string): Promise<string | undefined> {
  const [ended] = await tx
    .delete(sessions)
    .where(eq(sessions.hash, sha256(secret)))
    .returning()
  return ended?.account
}

/** A disk that refuses this write must not keep a person from reading. */
async function markSeen(
  { db, now, log }: Pick<AccountsDeps, 'db' | 'now' | 'log'>,
  hash: string,
  before: number,
): Promise<void> {
  const stale = and(eq(sessions.hash, hash), eq(sessions.lastSeenAt, before))
  try {
    await db.write(async (tx) => void (await tx.update(sessions).set({ lastSeenAt: now() }).where(stale)))
  } catch (error) {
    log.warn('a session could not be marked as seen', { error })
  }
}

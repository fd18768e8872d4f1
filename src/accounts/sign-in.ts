import { eq } from 'drizzle-orm'
import type { Tx } from '../db/writer.ts'
import { Invalid } from '../errors.ts'
import { type Account, type AccountsDeps, accountOf, rowByEmail } from './accounts.ts'
import { normalEmail } from './emails.ts'
import { PRESENT_PARAMETERS } from './hasher.ts'
import { MAX_BYTES } from './passwords.ts'
import { endSession, type Origin, openSession } from './sessions.ts'
import { type AccountRow, accounts } from './tables.ts'
import { countTry, forgiveAccount } from './tries.ts'

export interface SignIn extends Origin {
  email: string
  password: string
  /** The secret of the session that the browser held so far, if any: it ends. */
  previous?: string | undefined
}

export interface SignedIn {
  account: Account
  /** The secret for the cookie; a new one at each sign-in. */
  session: string
}

/**
 * Lets somebody in, or not; the answer and its time don't tell whether the account exists.
 * @throws Forbidden `too_many_tries`; Invalid `sign_in_failed`; DomainError `sign_in_busy`
 */
export async function signIn(deps: AccountsDeps, { email, password, previous, ...origin }: SignIn): Promise<SignedIn> {
  const address = normalEmail(email)
  await countTry(deps, address, origin.address)
  const row = await rowByEmail(deps.db.read, address)
  const good = await deps.hasher.verify(withinLimit(password), row?.passwordHash)
  if (!good || !row) {
    deps.log.warn('a sign-in failed', { address: origin.address, account: row?.id })
    throw signInFailed()
  }
  const rehashed = row.passwordHash.startsWith(PRESENT_PARAMETERS) ? undefined : await deps.hasher.hash(password)
  const session = await deps.db.write((tx) => letIn(deps, tx, row, { ...origin, previous, rehashed }))
  return { account: accountOf(row), session }
}

/** Opens the first session of an account that was made a moment ago by the same person. */
export function signInNew(deps: AccountsDeps, account: Account, origin: Origin): Promise<string> {
  return deps.db.write((tx) => letIn(deps, tx, account, origin))
}

/** Ends a session. One that is unknown or over already is no error: the person is signed out. */
export function signOut({ db, events }: Pick<AccountsDeps, 'db' | 'events'>, session: string): Promise<void> {
  return db.write(async (tx) => {
    const account = await endSession(tx, session)
    if (account) await events.append(tx, { type: 'account.signed_out', by: `person:${account}`, data: { account } })
  })
}

async function letIn(
  deps: AccountsDeps,
  tx: Tx,
  { id, email }: Pick<AccountRow, 'id' | 'email'>,
  { previous, rehashed, ...origin }: Origin & { previous?: string | undefined; rehashed?: string | undefined },
): Promise<string> {
  await forgiveAccount(tx, email)
  if (rehashed) await tx.update(accounts).set({ passwordHash: rehashed }).where(eq(accounts.id, id))
  if (previous) await endSession(tx, previous)
  const { address } = origin
  await deps.events.append(tx, { type: 'account.signed_in', by: `person:${id}`, data: { account: id, address } })
  return openSession(deps, tx, id, origin)
}

/** No account has a longer one; hashing a megabyte for a stranger would be work for nothing. */
function withinLimit(password: string): string {
  return Buffer.byteLength(password) <= MAX_BYTES ? password : ''
}

function signInFailed(): Invalid {
  return new Invalid('sign_in_failed', 'The e-mail or the password is not right. Check both and try again.')
}

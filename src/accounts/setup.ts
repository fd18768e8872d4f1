import { and, eq, isNull } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { Conflict, type DomainError, Forbidden } from '../errors.ts'
import { type Account, type AccountsDeps, hasAccounts, insertAccount } from './accounts.ts'
import { emailOf } from './emails.ts'
import { checkPassword } from './passwords.ts'
import { newSecret, sha256 } from './secrets.ts'
import { setupLinks } from './tables.ts'

const LINK_LIVES_MS = 30 * 60_000

export interface SetupLink {
  /** Path and query of the link, to be put behind the server's address: `/setup?token=…`. */
  path: string
  token: string
  expiresAt: number
}

/** Makes the one-time link to the first account, in place of any earlier one. @throws Conflict `already_set_up` */
export function createSetupLink({ db, now }: Pick<AccountsDeps, 'db' | 'now'>): Promise<SetupLink> {
  const token = newSecret()
  const expiresAt = now() + LINK_LIVES_MS
  return db.write(async (tx) => {
    if (await hasAccounts(tx)) throw alreadySetUp()
    await tx.delete(setupLinks)
    await tx.insert(setupLinks).values({ hash: sha256(token), expiresAt })
    return { path: `/setup?token=${token}`, token, expiresAt }
  })
}

/**
 * Makes the first account, the owner's, and uses the link up. Of two at once, one wins.
 * @throws Conflict `already_set_up`; Forbidden `setup_link_unknown`, `setup_link_used`, `setup_link_expired`;
 * Invalid `bad_email`, `password_…`
 */
export async function setUp(
  deps: AccountsDeps,
  { token, email, password }: { token: string; email: string; password: string },
): Promise<Account> {
  await checkSetupLink(deps, deps.db.read, token)
  const address = emailOf(email)
  checkPassword(password, address)
  const passwordHash = await deps.hasher.hash(password)
  return deps.db.write(async (tx) => {
    await checkSetupLink(deps, tx, token)
    const link = and(eq(setupLinks.hash, sha256(token)), isNull(setupLinks.usedAt))
    await tx.update(setupLinks).set({ usedAt: deps.now() }).where(link)
    return insertAccount(deps, tx, { email: address, passwordHash, role: 'owner' })
  })
}

/** Says why a link can't be used, before anybody types a password. Throws as `setUp` does. */
export async function checkSetupLink({ now }: Pick<AccountsDeps, 'now'>, read: Reader, token: string): Promise<void> {
  const [link] = await read
    .select()
    .from(setupLinks)
    .where(eq(setupLinks.hash, sha256(token)))
  if (link && link.usedAt !== null)
    throw new Forbidden('setup_link_used', 'This set-up link has been used. Sign in instead.')
  if (await hasAccounts(read)) throw alreadySetUp()
  if (!link)
    throw new Forbidden(
      'setup_link_unknown',
      'This is not the present set-up link. Open the one that Hearth printed when it started.',
    )
  if (link.expiresAt <= now())
    throw new Forbidden(
      'setup_link_expired',
      'This set-up link has expired: it works for 30 minutes. Restart Hearth to get a new one.',
    )
}

/** True for an error that no other input would mend: the form is of no use any more. */
export function spoilsSetup(error: DomainError): boolean {
  return error.code.startsWith('setup_link_') || error.code === 'already_set_up'
}

function alreadySetUp(): Conflict {
  return new Conflict('already_set_up', 'Hearth is set up already. Sign in instead.')
}

import { and, asc, eq, isNull } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { Forbidden, Invalid, NotFound } from '../errors.ts'
import type { Actor } from '../web/guard.ts'
import { type AccountsDeps, rowByEmail } from './accounts.ts'
import { normalEmail } from './emails.ts'
import { SCOPES, type Scope, scopesOfRole } from './roles.ts'
import { newSecret, sha256 } from './secrets.ts'
import { SEEN_EVERY_MS } from './sessions.ts'
import { type AccountRow, accounts, type TokenRow, tokens } from './tables.ts'

const MARK = 'hth_'
const SHOWN_LENGTH = MARK.length + 6
const NAME_LENGTH = 80

type TokensDeps = Pick<AccountsDeps, 'db' | 'events' | 'now' | 'newId' | 'log'>

/** A token as its owner may see it again: never the secret. */
export type Token = Omit<TokenRow, 'hash'>

export interface NewToken {
  name: string
  /** Whose it is, by e-mail. */
  account: string
  /** Without any: `read` and `write`, as far as the account's role goes. */
  scopes?: readonly string[] | undefined
  expiresAt?: number | null | undefined
  by?: string
  /** The most that whoever asks may hand out; all scopes when not said. */
  within?: readonly string[]
}

/**
 * Makes a token for a program. `secret` is shown this once; the database has its hash.
 * @throws Invalid `bad_token_name`, `unknown_scope`, `bad_expiry`; NotFound `unknown_account`; Forbidden `scope_too_wide`
 */
export async function createToken(
  deps: TokensDeps,
  { name, account, scopes, expiresAt = null, by, within = SCOPES }: NewToken,
): Promise<{ token: Token; secret: string }> {
  const label = nameOf(name)
  const wanted = scopes && scopesIn(scopes)
  if (expiresAt !== null && !(expiresAt > deps.now())) throw badExpiry()
  const secret = `${MARK}${newSecret()}`
  return deps.db.write(async (tx) => {
    const owner = await rowByEmail(tx, normalEmail(account))
    if (!owner) throw new NotFound('account', account)
    const row: TokenRow = {
      id: deps.newId(),
      account: owner.id,
      name: label,
      hash: sha256(secret),
      prefix: secret.slice(0, SHOWN_LENGTH),
      scopes: grantable(owner, within, wanted),
      createdAt: deps.now(),
      expiresAt,
      lastUsedAt: null,
      revokedAt: null,
    }
    await tx.insert(tokens).values(row)
    const data = { token: row.id, account: owner.id, name: label, scopes: row.scopes, expiresAt }
    await deps.events.append(tx, { type: 'token.created', by: by ?? `person:${owner.id}`, data })
    return { token: tokenFacts(row), secret }
  })
}

/** Whose token a bearer's secret is, and what it was made for; null when it is unknown, expired, revoked or its account disabled. */
export async function tokenOf(
  deps: Pick<TokensDeps, 'db' | 'now' | 'log'>,
  secret: string,
): Promise<{ account: AccountRow; token: Token } | null> {
  if (!secret.startsWith(MARK)) return null
  const [found] = await deps.db.read
    .select({ token: tokens, account: accounts })
    .from(tokens)
    .innerJoin(accounts, eq(accounts.id, tokens.account))
    .where(and(eq(tokens.hash, sha256(secret)), isNull(tokens.revokedAt), isNull(accounts.disabledAt)))
  if (!found) return null
  const { expiresAt, lastUsedAt } = found.token
  const at = deps.now()
  if (expiresAt !== null && expiresAt <= at) return null
  if (at - (lastUsedAt ?? 0) >= SEEN_EVERY_MS) await markUsed(deps, found.token)
  return { account: found.account, token: tokenFacts(found.token) }
}

/** The tokens of one account that have not been revoked, oldest first. */
export async function tokensOf(read: Reader, account: string): Promise<Token[]> {
  const mine = and(eq(tokens.account, account), isNull(tokens.revokedAt))
  return (await read.select().from(tokens).where(mine).orderBy(asc(tokens.createdAt), asc(tokens.id))).map(tokenFacts)
}

/** Ends a token at once: one's own, or with the scope admin anybody's. @throws NotFound `unknown_token`, also for another's */
export function revokeToken({ db, events, now }: TokensDeps, id: string, actor: Actor): Promise<void> {
  return db.write(async (tx) => {
    const [token] = await tx
      .select()
      .from(tokens)
      .where(and(eq(tokens.id, id), isNull(tokens.revokedAt)))
    const may = token && (token.account === actor.id || actor.scopes.includes('admin'))
    if (!may) throw new NotFound('token', id)
    await tx.update(tokens).set({ revokedAt: now() }).where(eq(tokens.id, id))
    const data = { token: id, account: token.account, name: token.name }
    await events.append(tx, { type: 'token.revoked', by: `person:${actor.id}`, data })
  })
}

function nameOf(text: string): string {
  const name = text.replace(/\p{C}/gu, ' ').trim()
  if (name !== '' && [...name].length <= NAME_LENGTH) return name
  throw new Invalid(
    'bad_token_name',
    `Give the token a name of 1 to ${NAME_LENGTH} characters that says what uses it.`,
    {
      context: { field: 'name' },
    },
  )
}

function scopesIn(names: readonly string[]): Scope[] {
  const known = SCOPES.filter((scope) => names.includes(scope))
  if (names.length > 0 && names.every((name) => known.some((scope) => scope === name))) return known
  throw new Invalid('unknown_scope', `A token’s scopes are one or more of ${SCOPES.join(', ')}.`, {
    context: { field: 'scopes', known: SCOPES },
  })
}

/** A token can do no more than its account, and no more than whoever makes it. */
function grantable({ role }: AccountRow, within: readonly string[], wanted: Scope[] | undefined): Scope[] {
  const most = scopesOfRole(role).filter((scope) => within.includes(scope))
  const given = wanted ?? most.filter((scope) => scope !== 'admin')
  if (given.length > 0 && given.every((scope) => most.includes(scope))) return given
  throw new Forbidden('scope_too_wide', `That is more than this account may do: ${most.join(', ') || 'nothing'}.`, {
    context: { field: 'scopes', allowed: most },
  })
}

function badExpiry(): Invalid {
  return new Invalid(
    'bad_expiry',
    'The token would have expired already. Choose a time in the future, in milliseconds.',
    {
      context: { field: 'expiresAt' },
    },
  )
}

function tokenFacts({ hash: _, ...facts }: TokenRow): Token {
  return facts
}

/** A disk that refuses this write must not keep a program from reading. */
async function markUsed({ db, now, log }: Pick<TokensDeps, 'db' | 'now' | 'log'>, { id }: TokenRow): Promise<void> {
  try {
    await db.write(async (tx) => void (await tx.update(tokens).set({ lastUsedAt: now() }).where(eq(tokens.id, id))))
  } catch (error) {
    log.warn('a token could not be marked as used', { error, token: id })
  }
}

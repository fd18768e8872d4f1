import { asc, count, eq, sql } from 'drizzle-orm'
import { isUniqueViolation } from '../db/faults.ts'
import type { Database, Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { Conflict, Invalid } from '../errors.ts'
import type { EventLog } from '../events/append.ts'
import type { Log } from '../log.ts'
import { emailOf } from './emails.ts'
import type { Hasher } from './hasher.ts'
import { checkPassword } from './passwords.ts'
import { ROLES, type Role } from './roles.ts'
import { type AccountRow, accounts } from './tables.ts'

export interface AccountsDeps {
  db: Database
  events: EventLog
  now: () => number
  newId: () => string
  hasher: Hasher
  log: Log
}

/** An account as others may see it: no hash. */
export interface Account {
  id: string
  email: string
  role: Role
  createdAt: number
}

export interface NewAccount {
  email: string
  password: string
  /** Without it the first account is the owner's, every later one a member's. */
  role?: string | undefined
  by?: string
}

/**
 * Adds somebody. @throws Invalid `bad_email`, `password_…`, `unknown_role`, `first_is_owner`; Conflict `email_taken`
 */
export async function addAccount(deps: AccountsDeps, { email, password, role, by }: NewAccount): Promise<Account> {
  const address = emailOf(email)
  const wanted = role === undefined ? undefined : roleOf(role)
  checkPassword(password, address)
  const passwordHash = await deps.hasher.hash(password)
  return deps.db.write(async (tx) => {
    const first = !(await hasAccounts(tx))
    if (first && wanted !== undefined && wanted !== 'owner') throw firstIsOwner()
    return insertAccount(deps, tx, { email: address, passwordHash, role: wanted ?? (first ? 'owner' : 'member'), by })
  })
}

/** Puts a checked account in and says so, in the transaction of the caller. @throws Conflict `email_taken` */
export async function insertAccount(
  { events, now, newId }: AccountsDeps,
  tx: Tx,
  { by, ...checked }: { email: string; passwordHash: string; role: Role; by?: string | undefined },
): Promise<Account> {
  const row = { id: newId(), ...checked, createdAt: now(), disabledAt: null }
  try {
    await tx.insert(accounts).values(row)
  } catch (error) {
    if (isUniqueViolation(error)) throw emailTaken()
    throw error
  }
  const { id: account, email, role } = row
  await events.append(tx, { type: 'account.created', by: by ?? `person:${account}`, data: { account, email, role } })
  return accountOf(row)
}

export async function hasAccounts(read: Reader): Promise<boolean> {
  const [row] = await read.select({ many: count() }).from(accounts)
  return row!.many > 0
}

/** The row of somebody who may come in; undefined for the unknown and the disabled. `email` in its stored spelling. */
export async function rowByEmail(read: Reader, email: string): Promise<AccountRow | undefined> {
  const [row] = await read.select().from(accounts).where(eq(accounts.email, email))
  return row?.disabledAt === null ? row : undefined
}

/** The addresses of these accounts, also of disabled ones, by id. */
export async function emailsOf(read: Reader, ids: string[]): Promise<Map<string, string>> {
  const rows = await read
    .select({ id: accounts.id, email: accounts.email })
    .from(accounts)
    .where(sql`${accounts.id} in (select value from json_each(${JSON.stringify(ids)}))`)
  return new Map(rows.map(({ id, email }) => [id, email]))
}

/** The oldest owner: who commands on this machine speak for. */
export async function firstOwner(read: Reader): Promise<Account | undefined> {
  const rows = await read.select().from(accounts).where(eq(accounts.role, 'owner')).orderBy(asc(accounts.createdAt))
  const row = rows.find(({ disabledAt }) => disabledAt === null)
  return row && accountOf(row)
}

export function accountOf({ id, email, role, createdAt }: AccountRow): Account {
  return { id, email, role, createdAt }
}

function roleOf(text: string): Role {
  const role = ROLES.find((name) => name === text)
  if (role) return role
  throw new Invalid('unknown_role', `There is no such role. A role is one of ${ROLES.join(', ')}.`, {
    context: { field: 'role', known: ROLES },
  })
}

function firstIsOwner(): Invalid {
  return new Invalid('first_is_owner', 'The first account is the owner’s. Add it without a role, then the others.', {
    context: { field: 'role' },
  })
}

function emailTaken(): Conflict {
  return new Conflict('email_taken', 'There is an account with this e-mail already. Use another address.', {
    context: { field: 'email' },
  })
}

import { z } from 'zod'
import { says } from '../web/openapi.ts'
import { ROLES, SCOPES } from './roles.ts'

const Time = z.number().int().describe('ms since the epoch')
const Role = z.enum(ROLES)
const Scopes = z.array(z.enum(SCOPES))

const AccountForm = z.object({ id: z.string(), email: z.string(), role: Role, createdAt: Time }).meta({ id: 'Account' })

const TokenForm = z
  .object({
    id: z.string(),
    account: z.string(),
    name: z.string(),
    prefix: z.string(),
    scopes: Scopes,
    createdAt: Time,
    expiresAt: Time.nullable(),
    lastUsedAt: Time.nullable(),
    revokedAt: Time.nullable(),
  })
  .meta({ id: 'Token' })

const TAG = 'Accounts'

/** What the API of accounts and tokens says of itself. */
export const ACCOUNT_SAYS = {
  me: says('getMe', TAG, 'Who is asking', () => ({
    200: {
      says: 'The account, the way it came in, and what it may do.',
      form: z.object({
        account: AccountForm.omit({ createdAt: true }).meta({ id: 'Me' }),
        via: z.enum(['session', 'token', 'local']),
        scopes: Scopes,
      }),
    },
  })),
  tokens: says('listTokens', TAG, 'Your tokens', () => ({
    200: { says: 'Never their secrets.', form: z.object({ items: z.array(TokenForm) }) },
  })),
  createToken: says('createToken', TAG, 'Make a token', () => ({
    201: { says: 'The secret is shown this once.', form: z.object({ token: TokenForm, secret: z.string() }) },
  })),
  revokeToken: says('revokeToken', TAG, 'Revoke a token', () => ({ 204: { says: 'It opens nothing any more.' } })),
  createAccount: says('createAccount', TAG, 'Add an account', () => ({
    201: { says: 'The account.', form: z.object({ account: AccountForm }) },
  })),
}

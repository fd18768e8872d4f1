import { Forbidden } from '../errors.ts'
import type { Actor, Authenticate } from '../web/guard.ts'
import { type AccountsDeps, firstOwner } from './accounts.ts'
import type { SessionCookie } from './cookie.ts'
import { LOCAL_MARK } from './local.ts'
import { type Scope, scopeFor, scopesOfRole, scopesOfToken } from './roles.ts'
import { sameSecret } from './secrets.ts'
import { sessionOf } from './sessions.ts'
import type { AccountRow } from './tables.ts'
import { tokenOf } from './tokens.ts'

/** An empty bearer is one too: it must not fall back on the cookie. */
const BEARER = /^bearer(?:\s+|$)(.*)$/i
/** Who may do nothing else may still leave. */
const ALWAYS_ALLOWED = new Set(['/sign-out'])

export interface AuthenticateDeps extends Pick<AccountsDeps, 'db' | 'now' | 'log'> {
  cookie: SessionCookie
  /** The secret that this server announced to commands on the same machine; undefined when it announced none. */
  localSecret: string | undefined
}

/**
 * Who sends a request: by its bearer token, by the local secret, else by its session cookie; null for nobody. A bad
 * bearer is nobody, whatever the cookie says. @throws Forbidden `scope_missing`, `viewer_reads_only`
 */
export function authenticate(deps: AuthenticateDeps): Authenticate {
  return async (request) => {
    const bearer = bearerOf(request)
    const actor = bearer === undefined ? await bySession(deps, request) : await byBearer(deps, bearer)
    if (actor) refuseBeyondScopes(actor, request)
    return actor
  }
}

async function bySession(deps: AuthenticateDeps, request: Request): Promise<Actor | null> {
  const secret = deps.cookie.read(request)
  const account = secret ? await sessionOf(deps, secret) : null
  return account && actorOf(account, 'session', scopesOfRole(account.role))
}

async function byBearer(deps: AuthenticateDeps, bearer: string): Promise<Actor | null> {
  if (bearer.startsWith(LOCAL_MARK)) return byLocalSecret(deps, bearer.slice(LOCAL_MARK.length))
  const found = await tokenOf(deps, bearer)
  return found && actorOf(found.account, 'token', scopesOfToken(found.account.role, found.token.scopes))
}

/** Whoever can read the server's own file is the owner of the machine, before there is any account too. */
async function byLocalSecret({ db, localSecret }: AuthenticateDeps, secret: string): Promise<Actor | null> {
  if (localSecret === undefined || !sameSecret(secret, localSecret)) return null
  const owner = (await firstOwner(db.read)) ?? { id: 'local', email: '', role: 'owner' as const }
  return actorOf(owner, 'local', scopesOfRole('owner'))
}

function refuseBeyondScopes(actor: Actor, request: Request): void {
  const needed = scopeFor(request.method)
  if (actor.scopes.includes(needed) || ALWAYS_ALLOWED.has(new URL(request.url).pathname)) return
  if (actor.role === 'viewer') throw viewerReadsOnly()
  throw new Forbidden('scope_missing', `This token has no “${needed}” scope. Make one that has it.`, {
    context: { needed },
  })
}

function viewerReadsOnly(): Forbidden {
  return new Forbidden('viewer_reads_only', 'Your account may look but not change anything. Ask the owner for more.')
}

function actorOf(
  { id, email, role }: Pick<AccountRow, 'id' | 'email' | 'role'>,
  via: Actor['via'],
  scopes: Scope[],
): Actor {
  return { id, email, role, via, scopes }
}

function bearerOf(request: Request): string | undefined {
  return BEARER.exec(request.headers.get('authorization') ?? '')?.[1]
}

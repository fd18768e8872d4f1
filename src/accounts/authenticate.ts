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
/** Git's own client knows no bearer: it sends a token as the password of any name. */
const BASIC = /^basic\s+([A-Za-z0-9+/]+=*)$/i
const FOR_GIT = /^\/git\//
/** Who may do nothing else may still leave. */
const ALWAYS_ALLOWED = new Set(['/sign-out'])

export interface AuthenticateDeps extends Pick<AccountsDeps, 'db' | 'now' | 'log'> {
  cookie: SessionCookie
  /** The secret that this server announced to commands on the same machine; undefined when it announced none. */
  localSecret: string | undefined
}

/**
 * Who sends a request: by its bearer token (under `/git/` also as the password of Basic), by the local secret, else by its
 * session cookie; null for nobody. A bad bearer is nobody, whatever the cookie says. @throws Forbidden `scope_missing`, `viewer_reads_only`
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
  const { pathname } = new URL(request.url)
  const needed = scopeFor(request.method, pathname)
  if (actor.scopes.includes(needed) || ALWAYS_ALLOWED.has(pathname)) return
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
  const sent = request.headers.get('authorization') ?? ''
  const basic = FOR_GIT.test(new URL(request.url).pathname) ? BASIC.exec(sent)?.[1] : undefined
  return basic === undefined ? BEARER.exec(sent)?.[1] : passwordIn(basic)
}

/** What stands after the colon; all of it where there is none, so that it is somebody unknown. */
function passwordIn(basic: string): string {
  const pair = Buffer.from(basic, 'base64').toString('utf8')
  return pair.slice(pair.indexOf(':') + 1)
}

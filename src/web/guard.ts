import { Elysia } from 'elysia'
import { Unauthenticated } from '../errors.ts'

/** Who is asking. */
export interface Actor {
  id: string
  email: string
  role: 'owner' | 'member' | 'viewer'
  via: 'session' | 'token' | 'local'
  scopes: string[]
}

export type Authenticate = (request: Request) => Promise<Actor | null>

export type Guard = ReturnType<typeof guard>

/**
 * The door. A room's routes `.use(guard)` to see `actor`; `app.ts` puts them all inside one
 * `.guard({ signedIn: true }, …)`, so that a route which forgot is closed too. Nobody signed in:
 * Unauthenticated, which `errors` answers with a 401 or the way to the sign-in page.
 */
export function guard(authenticate: Authenticate) {
  const asked = new WeakMap<Request, Promise<Actor | null>>()
  const actorOf = async (request: Request): Promise<Actor> => {
    const known = asked.get(request) ?? authenticate(request)
    asked.set(request, known)
    const actor = await known
    if (!actor) throw new Unauthenticated()
    return actor
  }
  return new Elysia({ name: 'guard' })
    .macro('signedIn', { transform: async ({ request }) => void (await actorOf(request)) })
    .onParse({ as: 'scoped' }, async ({ request }) => void (await actorOf(request))) // before a body is read
    .onTransform({ as: 'scoped' }, async ({ request }) => void (await actorOf(request)))
    .resolve({ as: 'scoped' }, async ({ request }) => ({ actor: await actorOf(request) }))
}

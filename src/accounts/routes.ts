import { Elysia } from 'elysia'
import { z } from 'zod'
import { DomainError, Forbidden, Invalid } from '../errors.ts'
import type { Actor, Guard } from '../web/guard.ts'
import { type PageData, page } from '../web/page.ts'
import { statusOf } from '../web/problems.ts'
import { type AccountsDeps, addAccount } from './accounts.ts'
import { ACCOUNT_SAYS } from './answers.ts'
import type { SessionCookie } from './cookie.ts'
import { SCOPES } from './roles.ts'
import { signOut } from './sign-in.ts'
import { createToken, revokeToken, tokensOf } from './tokens.ts'

export interface AccountRoutesDeps extends AccountsDeps {
  door: Guard
  cookie: SessionCookie
  /** What the layout draws around a page of this person. */
  shell: (actor: Actor, title: string) => Promise<PageData['shell']>
}

const NEW_TOKEN = z.object({
  name: z.string('takes the name of what will use the token'),
  scopes: z.array(z.string()).optional(),
  expiresAt: z.number('takes milliseconds since the epoch').nullish(),
  account: z.string().optional(),
})
const NEW_ACCOUNT = z.object({
  email: z.string('takes an e-mail address'),
  password: z.string('takes a password'),
  role: z.string().optional(),
})
const TOKEN_FORM = z.object({ name: z.string().catch('') }).catch({ name: '' })

/** What somebody who is in can do with accounts, sessions and tokens. */
export const accountRoutes = (deps: AccountRoutesDeps) =>
  new Elysia({ name: 'accounts' })
    .use(deps.door)
    .post('/sign-out', ({ request }) => leave(deps, request))
    .get('/account/tokens', ({ request, actor }) => tokensPage(deps, request, actor))
    .post('/account/tokens', ({ request, actor, body }) =>
      takeTokenForm(deps, request, actor, TOKEN_FORM.parse(body).name),
    )
    .post('/account/tokens/:id/removal', async ({ params, actor }) => {
      await revokeToken(deps, params.id, actor)
      return new Response(null, { status: 303, headers: { location: '/account/tokens' } })
    })
    .get(
      '/api/me',
      ({ actor: { id, email, role, via, scopes } }) => ({ account: { id, email, role }, via, scopes }),
      ACCOUNT_SAYS.me,
    )
    .get('/api/tokens', async ({ actor }) => ({ items: await tokensOf(deps.db.read, actor.id) }), ACCOUNT_SAYS.tokens)
    .post('/api/tokens', ({ body, actor }) => makeToken(deps, actor, body).then(created), {
      body: NEW_TOKEN,
      ...ACCOUNT_SAYS.createToken,
    })
    .delete(
      '/api/tokens/:id',
      async ({ params, actor }) => {
        await revokeToken(deps, params.id, actor)
        return new Response(null, { status: 204 })
      },
      ACCOUNT_SAYS.revokeToken,
    )
    .post('/api/accounts', ({ body, actor }) => makeAccount(deps, actor, body).then(created), {
      body: NEW_ACCOUNT,
      ...ACCOUNT_SAYS.createAccount,
    })

async function leave(deps: AccountRoutesDeps, request: Request): Promise<Response> {
  const session = deps.cookie.read(request)
  if (session) await signOut(deps, session)
  const headers = { location: '/sign-in', 'set-cookie': deps.cookie.takeBack(), 'cache-control': 'no-store' }
  return new Response(null, { status: 303, headers })
}

/** Another's token is made only on the machine itself, which could read the database anyway. */
async function makeToken(deps: AccountRoutesDeps, actor: Actor, { account, ...asked }: z.infer<typeof NEW_TOKEN>) {
  if (actor.via === 'token' && !actor.scopes.includes('admin')) throw adminOnly()
  if (account !== undefined && account !== actor.email && actor.via !== 'local') throw notForOthers()
  const owner = account ?? actor.email
  if (owner === '') throw whose()
  const within = actor.via === 'local' ? SCOPES : actor.scopes
  return createToken(deps, { ...asked, account: owner, by: `person:${actor.id}`, within })
}

async function makeAccount(deps: AccountRoutesDeps, actor: Actor, asked: z.infer<typeof NEW_ACCOUNT>) {
  if (actor.role !== 'owner') throw new Forbidden('owner_only', 'Only the owner adds accounts. Ask for one.')
  if (!actor.scopes.includes('admin')) throw adminOnly()
  return { account: await addAccount(deps, { ...asked, by: `person:${actor.id}` }) }
}

async function tokensPage(
  deps: AccountRoutesDeps,
  request: Request,
  actor: Actor,
  { made = null, error = null }: { made?: string | null; error?: DomainError | null } = {},
): Promise<Response> {
  const [shell, tokens] = await Promise.all([deps.shell(actor, 'API tokens'), tokensOf(deps.db.read, actor.id)])
  return page(request, 'accounts/tokens', { shell, tokens, made, error }, { status: error ? statusOf(error) : 200 })
}

async function takeTokenForm(deps: AccountRoutesDeps, request: Request, actor: Actor, name: string): Promise<Response> {
  try {
    const { secret } = await makeToken(deps, actor, { name })
    return tokensPage(deps, request, actor, { made: secret })
  } catch (error) {
    if (error instanceof DomainError) return tokensPage(deps, request, actor, { error })
    throw error
  }
}

function created(body: object): Response {
  return Response.json(body, { status: 201, headers: { 'cache-control': 'no-store' } })
}

function adminOnly(): Forbidden {
  return new Forbidden('scope_missing', 'This token has no “admin” scope. Make one that has it.', {
    context: { needed: 'admin' },
  })
}

function notForOthers(): Forbidden {
  return new Forbidden('own_tokens_only', 'A token is made by the one who will use it. Let them sign in and make it.')
}

function whose(): Invalid {
  return new Invalid('account_missing', 'There is no account yet. Add one first, then make its token.', {
    context: { field: 'account' },
  })
}

import { Elysia } from 'elysia'
import { z } from 'zod'
import { DomainError } from '../errors.ts'
import type { Authenticate } from '../web/guard.ts'
import { page } from '../web/page.ts'
import { statusOf } from '../web/problems.ts'
import { type AccountsDeps, hasAccounts } from './accounts.ts'
import { addressOf } from './address.ts'
import type { SessionCookie } from './cookie.ts'
import { localPath } from './next.ts'
import type { Origin } from './sessions.ts'
import { checkSetupLink, setUp, spoilsSetup } from './setup.ts'
import { signIn, signInNew } from './sign-in.ts'

export interface PublicAccountsDeps extends AccountsDeps {
  cookie: SessionCookie
  authenticate: Authenticate
  /** True when an outside URL is set, so that a proxy stands in front. */
  proxied: boolean
}

/** A field of a form; what is missing or sent twice is empty. */
const FIELD = z.string().catch('')
const SETUP_FORM = z
  .object({ token: FIELD, email: FIELD, password: FIELD })
  .catch({ token: '', email: '', password: '' })
const SIGN_IN_FORM = z
  .object({ next: FIELD, email: FIELD, password: FIELD })
  .catch({ next: '', email: '', password: '' })

/** The doors: `/setup` and `/sign-in`, for those who are nobody yet. */
export const publicAccountRoutes = (deps: PublicAccountsDeps) =>
  new Elysia({ name: 'accounts-public' })
    .get('/setup', ({ request, query }) => showSetup(deps, request, FIELD.parse(query.token)))
    .post('/setup', ({ request, server, body }) => {
      const form = SETUP_FORM.parse(body)
      return takeSetup(deps, request, form, originOf(deps, request, server?.requestIP(request)?.address))
    })
    .get('/sign-in', ({ request, query }) => showSignIn(deps, request, FIELD.parse(query.next)))
    .post('/sign-in', ({ request, server, body }) => {
      const form = SIGN_IN_FORM.parse(body)
      return takeSignIn(deps, request, form, originOf(deps, request, server?.requestIP(request)?.address))
    })

async function showSetup(deps: PublicAccountsDeps, request: Request, token: string): Promise<Response> {
  try {
    await checkSetupLink(deps, deps.db.read, token)
    return setupForm(request, { token, email: '', error: null })
  } catch (error) {
    return setupRefused(request, { token, email: '' }, error)
  }
}

async function takeSetup(
  deps: PublicAccountsDeps,
  request: Request,
  form: z.infer<typeof SETUP_FORM>,
  origin: Origin,
): Promise<Response> {
  try {
    const account = await setUp(deps, form)
    return comeIn(deps, await signInNew(deps, account, origin), '/')
  } catch (error) {
    return setupRefused(request, form, error)
  }
}

async function showSignIn(deps: PublicAccountsDeps, request: Request, next: string): Promise<Response> {
  if (!(await hasAccounts(deps.db.read))) return notSetUp(request)
  if (await deps.authenticate(request)) return goTo(localPath(next))
  return signInForm(request, { next: localPath(next), email: '', error: null })
}

async function takeSignIn(
  deps: PublicAccountsDeps,
  request: Request,
  { email, password, next }: z.infer<typeof SIGN_IN_FORM>,
  origin: Origin,
): Promise<Response> {
  if (!(await hasAccounts(deps.db.read))) return notSetUp(request)
  try {
    const previous = deps.cookie.read(request)
    const { session } = await signIn(deps, { email, password, previous, ...origin })
    return comeIn(deps, session, localPath(next))
  } catch (error) {
    return signInForm(request, { next: localPath(next), email, error: ours(error) })
  }
}

function comeIn({ cookie }: PublicAccountsDeps, session: string, location: string): Response {
  return goTo(location, { 'set-cookie': cookie.give(session) })
}

function goTo(location: string, headers: Record<string, string> = {}): Response {
  return new Response(null, { status: 303, headers: { location, 'cache-control': 'no-store', ...headers } })
}

function setupRefused(request: Request, { token, email }: { token: string; email: string }, error: unknown): Response {
  const known = ours(error)
  if (!spoilsSetup(known)) return setupForm(request, { token, email, error: known })
  const signIn = known.code !== 'setup_link_unknown' && known.code !== 'setup_link_expired'
  const data = { heading: 'This link can’t be used', message: known.message, steps: [], signIn }
  return page(request, 'accounts/closed', { shell: shellOf('Set up'), ...data }, { status: statusOf(known) })
}

function setupForm(request: Request, data: FormData & { token: string }): Response {
  return page(request, 'accounts/setup', { shell: shellOf('Set up'), ...data }, answerTo(data.error))
}

function signInForm(request: Request, data: FormData & { next: string }): Response {
  return page(request, 'accounts/sign-in', { shell: shellOf('Sign in'), ...data }, answerTo(data.error))
}

/** For a stranger who comes before the owner did: where the link is to be found, never the link. */
function notSetUp(request: Request): Response {
  const data = {
    heading: 'This Hearth has no owner yet',
    message: 'If it is yours, make the first account with the set-up link.',
    steps: [
      'Look at the terminal or the log where Hearth was started: it printed the link there.',
      'Open the link within 30 minutes. It works once; a restart prints a new one.',
    ],
    signIn: false,
  }
  return page(request, 'accounts/closed', { shell: shellOf('Not set up yet'), ...data })
}

interface FormData {
  email: string
  error: DomainError | null
}

function answerTo(error: DomainError | null): { status: number; headers: Record<string, string> } {
  if (!error) return { status: 200, headers: {} }
  const wait = error.retryAfterMs
  return {
    status: statusOf(error),
    headers: wait === undefined ? {} : { 'retry-after': String(Math.ceil(wait / 1000)) },
  }
}

/** What the form can show; a bug goes on to whoever names incidents. */
function ours(error: unknown): DomainError {
  if (error instanceof DomainError) return error
  throw error
}

/** The outer frame of a page for a stranger: no account, so no side bar. */
function shellOf(title: string) {
  return { title, account: null, projects: [], current: null, machine: null, demo: false }
}

function originOf({ proxied }: PublicAccountsDeps, request: Request, peer: string | undefined): Origin {
  return { address: addressOf(request, peer, { proxied }), agent: request.headers.get('user-agent') ?? '' }
}

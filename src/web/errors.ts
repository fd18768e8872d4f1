import { Elysia, ValidationError } from 'elysia'
import { explainStorage } from '../db/faults.ts'
import { DomainError, Invalid, NotFound, Unauthenticated } from '../errors.ts'
import type { Log } from '../log.ts'
import { fragment, isPartial, page } from './page.ts'
import { type Problem, problemOf } from './problems.ts'

export interface ErrorDeps {
  log: Log
  /** Names an incident, so that a person can quote it and the log has it. */
  newId: () => string
}

/** Answers for everything that is thrown, in the form that the caller reads: problem JSON, a page or a part of one. Mount it first. */
export function errors(deps: ErrorDeps) {
  return new Elysia({ name: 'errors' }).onError({ as: 'global' }, ({ error, code, request }) =>
    errorResponse(deps, request, explained(deps.log, request, inOurWords(error, code))),
  )
}

/** The answer to one error. */
function errorResponse(deps: ErrorDeps, request: Request, error: unknown): Response {
  const problem = problemOf(error, deps.newId)
  const headers = retryAfter(error)
  if (problem.incident) report(deps.log, request, problem.incident, error)
  if (isGit(request)) return forGit(problem, headers)
  if (wantsJson(request)) return json(problem, headers)
  if (error instanceof Unauthenticated) return toSignIn(request)
  return readable(request, problem, headers)
}

/** Elysia's own errors in our words. Its validation error carries the whole body: only the place and the rule are taken. */
function inOurWords(error: unknown, code: unknown): unknown {
  if (error instanceof ValidationError) return invalidInput(error)
  if (code === 'NOT_FOUND') return new PageNotFound()
  if (code === 'PARSE') return ownCause(error) ?? new Invalid('bad_body', 'The body can’t be read. Check its form.')
  if (code === 'INVALID_COOKIE_SIGNATURE') return new Unauthenticated()
  return error
}

/** What the database refused to read, as what a person can do about it: that is for the log, too. */
function explained(log: Log, request: Request, error: unknown): unknown {
  if (error instanceof DomainError) return error
  const known = explainStorage(error)
  if (known !== error) log.error('the database could not be read', { path: new URL(request.url).pathname, error })
  return known
}

class PageNotFound extends NotFound {
  override name = 'PageNotFound'
  override message = 'There is nothing at this address. Check it, or go on from the start page.'
  constructor() {
    super('page', '')
  }
}

function invalidInput(error: ValidationError): Invalid {
  const [first] = error.all as { path?: unknown; message?: unknown; summary?: unknown }[]
  const field = fieldName(first?.path)
  const rule = String(first?.message ?? 'has a wrong form')
  return new Invalid('invalid_input', field ? `${field}: ${rule}` : rule, { context: { in: error.type, field } })
}

function fieldName(path: unknown): string | null {
  if (Array.isArray(path)) return path.join('.') || null
  return typeof path === 'string' ? path.replace(/^\//, '').replaceAll('/', '.') || null : null
}

/** Who asks is found out before the body is read, so the database may have had its say as well. */
function ownCause(error: unknown): DomainError | undefined {
  const cause = explainStorage((error as Error).cause)
  return cause instanceof DomainError ? cause : undefined
}

function report(log: Log, request: Request, incident: string, error: unknown): void {
  log.error('a request failed', { incident, method: request.method, path: new URL(request.url).pathname, error })
}

/** What programs ask for, whatever they say that they accept: no sign-in page would help them. */
const FOR_PROGRAMS = /^\/(api\/|health\/|metrics$)/

function wantsJson(request: Request): boolean {
  if (FOR_PROGRAMS.test(new URL(request.url).pathname)) return true
  const accept = request.headers.get('accept') ?? ''
  return /json/.test(accept) && !accept.includes('text/html')
}

function json(problem: Problem, headers: Record<string, string>): Response {
  return Response.json(problem, {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  })
}

/** Git shows plain text to the person at the terminal, and asks for a token when it is told to. */
function forGit({ status, detail }: Problem, headers: Record<string, string>): Response {
  const ask: Record<string, string> =
    status === 401 ? { 'www-authenticate': 'Basic realm="Hearth: a token as the password", charset="UTF-8"' } : {}
  return new Response(`${detail}\n`, {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', ...headers, ...ask },
  })
}

function isGit(request: Request): boolean {
  return new URL(request.url).pathname.startsWith('/git/')
}

/** A page, or for htmx the message alone, put where messages go and not into the part that was asked for. */
function readable(request: Request, problem: Problem, headers: Record<string, string>): Response {
  const { status } = problem
  if (isPartial(request)) {
    const place = { 'hx-retarget': '#notice', 'hx-reswap': 'innerHTML' }
    return fragment('errors/_error', { problem }, { status, headers: { ...headers, ...place } })
  }
  return page(request, 'errors/page', { shell: { title: problem.title }, problem }, { status, headers })
}

/** The way to the sign-in page and back again. */
function toSignIn(request: Request): Response {
  const { pathname, search } = new URL(request.url)
  const next = request.method === 'GET' && !isPartial(request) ? `${pathname}${search}` : '/'
  const location = next === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`
  const headers = { 'cache-control': 'no-store', vary: 'HX-Request-Type' }
  if (isPartial(request)) return new Response(null, { status: 401, headers: { ...headers, 'hx-redirect': location } })
  return new Response(null, { status: 303, headers: { ...headers, location } })
}

function retryAfter(error: unknown): Record<string, string> {
  if (!(error instanceof DomainError) || error.retryAfterMs === undefined) return {}
  return { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))) }
}

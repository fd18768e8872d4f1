import type { Reader } from '../db/open.ts'
import { DomainError, NotFound } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import { mediaTypeOf } from '../files/languages.ts'
import { fileAt, openFile, type ProjectFile } from './files.ts'
import { previewKey } from './preview-key.ts'
import { type LinkDeps, previewPath, readToken } from './preview-link.ts'
import { contentResponse } from './ranges.ts'
import { decodePath, encodePath } from './urls.ts'

const INDEX = 'index.html'

export interface PreviewDeps {
  read: Reader
  blobs: Blobs
  now: () => number
  /** The data directory, which keeps the key. */
  data: string
  /** The app's origins as this request's browser reaches them: they alone may show a preview in a frame. Without: this host, any port. */
  appOrigins?: (request: Request) => string[]
}

export interface Preview {
  /** Where a file is previewed, below the preview's origin: `/<token>/<path>`. */
  path(project: string, path: string): string
  /**
   * Answers for the preview's own origin: generated files as what they are, shut in a sandbox. It sets no cookie,
   * reads none, and knows nothing but files.
   */
  handle(request: Request): Promise<Response>
}

/** @throws DomainError `secret_damaged` */
export function openPreview({ read, blobs, now, data, appOrigins = sameHost }: PreviewDeps): Preview {
  const deps = { read, blobs, now, key: previewKey(data) }
  return {
    path: (project, path) => previewPath(deps, project, path),
    async handle(request) {
      const response = await answer(deps, request).catch(failed)
      for (const [name, value] of Object.entries(sandbox(appOrigins(request)))) response.headers.set(name, value)
      return request.method === 'HEAD' ? new Response(null, response) : response
    },
  }
}

interface AnswerDeps extends LinkDeps {
  read: Reader
  blobs: Blobs
}

async function answer(deps: AnswerDeps, request: Request): Promise<Response> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return notice(405, 'A preview can only be looked at.', { allow: 'GET, HEAD' })
  const { pathname } = new URL(request.url)
  const [, token = '', rest] = /^\/([^/]*)(?:\/(.*))?$/s.exec(pathname) ?? []
  const opened = readToken(deps, token)
  if (opened === 'forged') return notice(404, 'There is nothing at this address.')
  if (opened === 'expired')
    return notice(410, 'This preview link has run out. Open the preview from its project again.')
  if (rest === undefined) return moved(`/${token}/`)
  const path = decodePath(rest)
  const file = path === undefined ? undefined : await fileFor(deps.read, opened.project, path)
  if (file) return fileResponse(deps, request, file)
  const folder = path && (await fileFor(deps.read, opened.project, `${path}/`))
  return folder ? moved(`/${token}/${encodePath(path)}/`) : notice(404, 'The project has no such file (yet).')
}

/** A folder is its index page. */
async function fileFor(read: Reader, project: string, path: string): Promise<ProjectFile | undefined> {
  try {
    return await fileAt(read, project, path === '' || path.endsWith('/') ? path + INDEX : path)
  } catch (error) {
    if (error instanceof NotFound) return undefined
    throw error
  }
}

async function fileResponse(deps: AnswerDeps, request: Request, file: ProjectFile): Promise<Response> {
  const { path, version, bytes } = file
  const headers = {
    etag: `"${version}"`,
    'cache-control': 'private, no-cache',
    'content-type': mediaTypeOf(path),
    'content-length': String(bytes),
  }
  if (request.headers.get('if-none-match') === headers.etag) return new Response(null, { status: 304, headers })
  return contentResponse(request, await openFile(deps, file), headers)
}

function failed(error: unknown): Response {
  if (error instanceof DomainError) return notice(500, error.message)
  throw error
}

function sameHost(request: Request): string[] {
  const { protocol, hostname } = new URL(request.url)
  return [`${protocol}//${hostname}:*`]
}

function moved(location: string): Response {
  return new Response(null, { status: 302, headers: { location, 'cache-control': 'no-store' } })
}

function notice(status: number, sentence: string, headers: Record<string, string> = {}): Response {
  const page = `<!doctype html><html lang="en"><meta charset="utf-8"><title>Preview</title>
<style>body{font:16px/1.5 system-ui;margin:4rem auto;max-width:32rem;padding:0 1rem;color-scheme:light dark}</style>
<p>${sentence}</p></html>`
  return new Response(page, {
    status,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', ...headers },
  })
}

/**
 * Scripts run, but in an origin of their own that reaches nothing but the project's files. The files may be read from
 * there (`access-control-allow-origin`): module scripts and fonts need it, and who has the link has them anyway.
 */
function sandbox(appOrigins: string[]): Record<string, string> {
  const policy = [
    'sandbox allow-scripts allow-forms allow-popups',
    "default-src 'self' data: blob:",
    "script-src 'self' 'unsafe-inline' blob:",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "media-src 'self' data: blob:",
    "font-src 'self' data:",
    "connect-src 'self' data: blob:",
    "object-src 'none'",
    "base-uri 'self'",
    "form-action 'self'",
    `frame-ancestors ${appOrigins.join(' ') || "'none'"}`,
  ]
  return {
    'content-security-policy': policy.join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'cross-origin',
    'access-control-allow-origin': '*',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  }
}

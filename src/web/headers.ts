import { Elysia } from 'elysia'

export interface HeaderOptions {
  /** The origin that shows generated pages in a frame, as this request's browser reaches it; null when there is none. */
  previewOrigin?: (request: Request) => string | null
}

/** The same for every answer. */
export const FIXED_HEADERS: Readonly<Record<string, string>> = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Puts the security headers on every answer of the app that mounts it first; a header that a route set itself stays. */
export function securityHeaders({ previewOrigin = () => null }: HeaderOptions = {}) {
  const policyFor = policyMemo()
  const headersFor = (request: Request) => ({
    'content-security-policy': policyFor(previewOrigin(request)),
    ...FIXED_HEADERS,
  })
  return new Elysia({ name: 'security-headers' })
    .onRequest(({ request, set }) => {
      Object.assign(set.headers, headersFor(request))
    })
    .mapResponse({ as: 'global' }, ({ request, responseValue, set }) => {
      if (!(responseValue instanceof Response)) return
      if (complete.has(responseValue)) set.headers = {}
      else addMissing(responseValue.headers, headersFor(request))
    })
}

const complete = new WeakSet<Response>()

/** Says that an answer has all headers already. To add one takes a copy of it, and an open stream keeps that: 1.4 KB each. */
export function withAllHeaders(response: Response): Response {
  complete.add(response)
  return response
}

/** The same text for all answers of the same origin: open streams keep theirs. */
function policyMemo() {
  let known: { origin: string | null; policy: string } | undefined
  return (origin: string | null) => {
    if (!known || known.origin !== origin) known = { origin, policy: contentPolicy(origin) }
    return known.policy
  }
}

/** No inline script or style, no eval, nothing from elsewhere; frames only from the preview's origin. */
function contentPolicy(previewOrigin: string | null): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "media-src 'self'",
    "manifest-src 'self'",
    `frame-src ${previewOrigin ?? "'none'"}`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

function addMissing(headers: Headers, wanted: Record<string, string>): void {
  for (const [name, value] of Object.entries(wanted)) if (!headers.has(name)) headers.set(name, value)
}

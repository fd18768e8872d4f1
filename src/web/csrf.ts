import { Elysia } from 'elysia'
import { Forbidden } from '../errors.ts'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

export interface CsrfOptions {
  /** The outside URL, when a proxy stands in front; else the Host header says who we are. */
  url?: string | undefined
}

/** Refuses what another site makes a signed-in browser send. @throws Forbidden `cross_site`. */
export function csrf(options: CsrfOptions = {}) {
  return new Elysia({ name: 'csrf' }).onRequest(({ request }) => {
    if (!comesFromUs(request, options)) throw crossSite()
  })
}

/**
 * Whether a request may act with the browser's cookies. `same-site` is not enough: generated pages live on the same
 * host, another port. Browsers send no Sec-Fetch-Site to a plain-HTTP LAN address: there, Origin decides.
 */
function comesFromUs(request: Request, { url }: CsrfOptions = {}): boolean {
  const { headers } = request
  if (SAFE.has(request.method) || carriesToken(headers)) return true
  const site = headers.get('sec-fetch-site')
  if (site) return site === 'same-origin' || (site === 'none' && headers.get('sec-fetch-mode') === 'navigate')
  const origin = headers.get('origin')
  if (origin) return isOurs(origin, url, headers.get('host') ?? new URL(request.url).host)
  return !headers.has('cookie') // no browser, and nothing of a person's to abuse: the guard decides
}

function carriesToken(headers: Headers): boolean {
  return /^bearer\s/i.test(headers.get('authorization') ?? '')
}

function isOurs(origin: string, url: string | undefined, host: string): boolean {
  if (!URL.canParse(origin)) return false
  if (url && new URL(url).origin === origin) return true
  return new URL(origin).host === host
}

function crossSite(): Forbidden {
  return new Forbidden(
    'cross_site',
    'This request came from another site, so nothing was done. Open Hearth itself and try again.',
  )
}

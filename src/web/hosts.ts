import { Elysia } from 'elysia'
import type { Log } from '../log.ts'

const LOOPBACK = /^(localhost|.+\.localhost|127(\.\d{1,3}){3}|\[::1\])$/
/** Longest body that the runtime lets through, in bytes. */
const MOST_BODY = 2 ** 32
const PLAIN = {
  'content-type': 'text/plain; charset=utf-8',
  'content-security-policy': "sandbox; default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
}

export interface HostOptions {
  /** The address that the server listens on. */
  bound: string
  /** The outside URLs, which a proxy on this machine passes on. */
  urls: (string | undefined)[]
}

export type HostCheck = (request: Request) => Response | undefined

/**
 * Answers requests that are not for this server. On a loopback address nobody comes by another name than this
 * machine's, but a page of a stranger whose name was made to point here. A host that is none would break what reads URLs.
 */
export function hostCheck({ bound, urls }: HostOptions): HostCheck {
  const alone = LOOPBACK.test(bound.includes(':') ? `[${bound}]` : bound)
  const ours = new Set(urls.flatMap((url) => (url ? [new URL(url).hostname] : [])))
  return ({ url }) => {
    if (!URL.canParse(url)) return plain(400, 'The Host header is not the name of a server. Mend the request.')
    const { hostname } = new URL(url)
    if (!alone || LOOPBACK.test(hostname) || ours.has(hostname)) return undefined
    return plain(421, `Hearth is not known as ${hostname}. Set HEARTH_URL if a proxy passes this name on.`)
  }
}

/** The same for an app: mount it before all that looks at URLs. */
export function hosts(check: HostCheck) {
  return new Elysia({ name: 'hosts' }).onRequest(({ request }) => check(request))
}

/**
 * What both listeners share. The runtime's own page for an error that nothing caught would show the source code, and
 * a port that others may share would give them a part of the requests.
 */
export function listenerOptions(log: Log) {
  return {
    development: false,
    maxRequestBodySize: MOST_BODY, // each route has a limit of its own, lower than this
    reusePort: false,
    error(error: Error) {
      log.error('a request could not be answered', { error })
      return plain(500, 'Hearth made a mistake and wrote it to its log. Try again.')
    },
  }
}

function plain(status: number, sentence: string): Response {
  return new Response(`${sentence}\n`, { status, headers: PLAIN })
}

/** The same host as the request's, at another port: an origin of its own. */
export function originAt(request: Request, port: number): string {
  const url = new URL(request.url)
  return `${url.protocol}//${url.hostname}:${port}`
}

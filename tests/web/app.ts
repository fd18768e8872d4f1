import { Elysia } from 'elysia'
import { openLog } from '../../src/log.ts'
import { type BodyOptions, bodies } from '../../src/web/body.ts'
import { type CsrfOptions, csrf } from '../../src/web/csrf.ts'
import { errors } from '../../src/web/errors.ts'
import { type HeaderOptions, securityHeaders } from '../../src/web/headers.ts'

export type EdgeOptions = CsrfOptions & HeaderOptions & BodyOptions

/** The edge kit as app.ts mounts it, with nothing behind it yet, and the log lines that it wrote. */
export function edge(options: EdgeOptions = {}) {
  const lines: string[] = []
  const log = openLog('debug', (line) => lines.push(line))
  const app = new Elysia()
    .use(errors({ log, newId: () => 'incident-1' }))
    .use(securityHeaders(options))
    .use(csrf(options))
    .use(bodies(options))
  return { app, lines }
}

/** A request to a path of the app. */
export function at(path: string, init: RequestInit = {}): Request {
  return new Request(`http://localhost${path}`, init)
}

/** A POST of JSON as a program would send it. */
export function posted(path: string, body: unknown, headers: Record<string, string> = {}): Request {
  return at(path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  })
}

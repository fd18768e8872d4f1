import { ABSOLUTE_MS } from './sessions.ts'

const NAME = 'hearth_session'

/** The session's cookie. Over HTTPS it is bound to the host and never sent in the clear; a plain-HTTP LAN can't have that. */
export interface SessionCookie {
  /** The secret that the request's cookie holds. */
  read(request: Request): string | undefined
  /** The `Set-Cookie` that hands a secret out. */
  give(secret: string): string
  /** The `Set-Cookie` that takes it back. */
  takeBack(): string
}

/** @param url the outside URL, when there is one */
export function sessionCookie(url: string | undefined): SessionCookie {
  const secure = url?.startsWith('https://') ?? false
  const name = secure ? `__Host-${NAME}` : NAME
  const write = (value: string, maxAge: number) =>
    new Bun.Cookie(name, value, { path: '/', httpOnly: true, sameSite: 'lax', secure, maxAge }).toString()
  return {
    read: (request) => new Bun.CookieMap(request.headers.get('cookie') ?? '').get(name) || undefined,
    give: (secret) => write(secret, ABSOLUTE_MS / 1000),
    takeBack: () => write('', 0),
  }
}

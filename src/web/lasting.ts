import { isAway } from '../db/remote.ts'
import type { Authenticate } from './guard.ts'

/** How soon a stream ends whose reader has signed out, or whose token was revoked. */
const ASK_AGAIN_MS = 10_000

/** A response that stays open. */
export interface Closable {
  close(): void
}

/** The responses that stay open for one session or token: each is closed when that is no longer let in. */
export interface Watch {
  add(open: Closable): void
  delete(open: Closable): void
}

/** The responses that stay open, each only as long as the one who asked for it may still ask. */
export interface Lasting extends Disposable {
  /** Who watches over what is opened for the request. */
  watch(request: Request): Watch
}

interface Visit extends Watch {
  /** The request as it was: its own object need not outlive the answer. */
  request: Request
  open: Set<Closable>
}

/** Asks again for each who has streams open, once per session or token and not per stream. */
export function openLasting(authenticate: Authenticate, askAgainMs = ASK_AGAIN_MS): Lasting {
  const visits = new Map<string, Visit>()
  const timer = setInterval(() => {
    for (const visit of visits.values()) void askAgain(visit)
  }, askAgainMs)

  async function askAgain({ request, open }: Visit): Promise<void> {
    if (await isLetIn(request)) return
    for (const each of [...open]) each.close()
  }

  async function isLetIn(request: Request): Promise<boolean> {
    try {
      return (await authenticate(request)) !== null
    } catch (error) {
      return isAway(error) // forbidden now; a disk that fails ends streams too, and they come back
    }
  }

  function newVisit(key: string, request: Request): Visit {
    const open = new Set<Closable>()
    const visit: Visit = {
      request,
      open,
      add(each) {
        visits.set(key, visit)
        open.add(each)
      },
      delete(each) {
        open.delete(each)
        if (open.size === 0 && visits.get(key) === visit) visits.delete(key)
      },
    }
    return visit
  }

  return {
    watch(request) {
      const key = `${request.headers.get('authorization')} ${request.headers.get('cookie')}`
      return visits.get(key) ?? newVisit(key, copyOf(request))
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

function copyOf({ url, headers }: Request): Request {
  return new Request(url, { headers: new Headers(headers) })
}

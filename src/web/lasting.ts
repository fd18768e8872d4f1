import { isAway } from '../db/remote.ts'
import type { Authenticate } from './guard.ts'

/** How soon a stream ends whose reader has signed out, or whose token was revoked. */
const ASK_AGAIN_MS = 10_000

/** The responses that stay open, each only as long as the one who asked for it may still ask. */
export interface Lasting extends Disposable {
  /** Calls `cut` when the request would no longer be let in. Returns how to stop watching. */
  watch(request: Request, cut: () => void): () => void
}

interface Visit {
  /** The request as it was: its own object need not outlive the answer. */
  request: Request
  cuts: Set<() => void>
}

/** Asks again for each who has streams open, once per session or token and not per stream. */
export function openLasting(authenticate: Authenticate, askAgainMs = ASK_AGAIN_MS): Lasting {
  const visits = new Map<string, Visit>()
  const timer = setInterval(() => {
    for (const visit of visits.values()) void askAgain(visit)
  }, askAgainMs)

  async function askAgain({ request, cuts }: Visit): Promise<void> {
    if (await isLetIn(request)) return
    for (const cut of [...cuts]) cut()
  }

  async function isLetIn(request: Request): Promise<boolean> {
    try {
      return (await authenticate(request)) !== null
    } catch (error) {
      return isAway(error) // forbidden now; a disk that fails ends streams too, and they come back
    }
  }

  return {
    watch(request, cut) {
      const key = `${request.headers.get('authorization')} ${request.headers.get('cookie')}`
      const visit = visits.get(key) ?? { request: copyOf(request), cuts: new Set() }
      visits.set(key, visit)
      visit.cuts.add(cut)
      return () => {
        visit.cuts.delete(cut)
        if (visit.cuts.size === 0 && visits.get(key) === visit) visits.delete(key)
      }
    },
    [Symbol.dispose]: () => clearInterval(timer),
  }
}

function copyOf({ url, headers }: Request): Request {
  return new Request(url, { headers: new Headers(headers) })
}

import { DomainError } from '../../errors.ts'
import { isAllowed } from './hosts.ts'

const MOST_HOPS = 10
const REDIRECTS = new Set([301, 302, 303, 307, 308])
/** A server that says nothing for so long has hung. */
const SILENCE_MS = 60_000

export interface ReachDeps {
  /** Hosts that a model may come from. */
  hosts: string[]
  /** A key for the host that an address names, shown to no other. */
  keyFor?: ((url: URL) => string | undefined) | undefined
  silenceMs?: number
}

export interface Answer extends AsyncDisposable {
  response: Response
  /** Call it with each chunk: else the connection counts as hung. */
  heard(): void
}

/**
 * Asks for a file, over as many hosts as it takes, each of which must be one of those that are allowed. It is given up when it falls silent.
 * @throws DomainError `download_host`, `download_failed`; what the signal says when it aborts
 */
export async function reach(
  deps: ReachDeps,
  address: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Answer> {
  const silence = silenceFor(deps.silenceMs ?? SILENCE_MS)
  const both = AbortSignal.any([signal, silence.signal])
  try {
    let url = mustBeAllowed(address, deps.hosts)
    for (let hop = 0; hop < MOST_HOPS; hop++) {
      const response = await fetch(url, {
        ...REQUEST,
        headers: { ...headers, ...keyAt(deps, url, address) },
        signal: both,
      })
      silence.heard()
      const to = REDIRECTS.has(response.status) ? response.headers.get('location') : null
      if (to === null) return { response, heard: silence.heard, [Symbol.asyncDispose]: () => letGo(response, silence) }
      await response.body?.cancel()
      url = mustBeAllowed(new URL(to, url), deps.hosts)
    }
    throw new DomainError('download_failed', `${url.host} sends from one address to the next, without an end.`)
  } catch (error) {
    silence[Symbol.dispose]()
    throw signal.aborted ? signal.reason : away(error, address)
  }
}

/** No limit of its own: large files take hours. What is compressed on the way can't be gone on with. */
const REQUEST = { redirect: 'manual', timeout: false, decompress: false } as RequestInit

/** What goes wrong on the way is tried again, and goes on where it was. */
export function away(cause: unknown, address: string): DomainError {
  if (cause instanceof DomainError) return cause
  const { host } = new URL(address)
  return new DomainError('download_failed', `The connection to ${host} broke. It goes on from there.`, {
    retryable: true,
    cause,
  })
}

function mustBeAllowed(address: string | URL, hosts: string[]): URL {
  if (isAllowed(address, hosts)) return new URL(address)
  const { host } = URL.parse(address) ?? { host: 'that address' }
  const says = `Models may not be downloaded from ${host || 'there'}: add it to HEARTH_MODEL_HOSTS if you trust it, and use https.`
  throw new DomainError('download_host', says, { context: { host } })
}

/** A key is for the host that was asked first: a store that it sends on to gets none. */
function keyAt({ keyFor }: ReachDeps, url: URL, address: string): Record<string, string> {
  const key = url.host === new URL(address).host ? keyFor?.(url) : undefined
  return key ? { authorization: `Bearer ${key}` } : {}
}

async function letGo({ body }: Response, silence: Disposable): Promise<void> {
  silence[Symbol.dispose]()
  if (body && !body.locked) await body.cancel().catch(() => {}) // it broke: that was said where it was read
}

function silenceFor(ms: number) {
  const gone = new AbortController()
  const timer = setTimeout(() => gone.abort(new Error('the server has fallen silent')), ms)
  return { signal: gone.signal, heard: () => void timer.refresh(), [Symbol.dispose]: () => clearTimeout(timer) }
}

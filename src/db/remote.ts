import { DomainError } from '../errors.ts'

/** How long a libSQL server may take for one answer, ms. */
const ANSWER_MS = 20_000

type Fetch = (request: Request) => Promise<Response>

export interface RemoteOptions {
  answerMs?: number | undefined
  /** How often a request is sent before it has failed: more than once only where each is a read and nothing else. */
  tries?: number
}

/**
 * What a client of a libSQL server fetches with: the whole answer or an error in words, never a part of one, and never a wait
 * without end. @throws DomainError `database_unreachable`, `database_slow`, `database_refused`
 */
export function remoteFetch({ answerMs = ANSWER_MS, tries = 1 }: RemoteOptions = {}): Fetch {
  return async (request) => {
    const { url, headers } = request
    const init = { method: request.method, headers, body: request.body && (await request.arrayBuffer()) }
    for (let left = tries - 1; ; left--)
      try {
        return await answerTo(url, init, answerMs)
      } catch (error) {
        if (left <= 0 || !isUnreachable(error)) throw error
      }
  }
}

async function answerTo(url: string, init: RequestInit, answerMs: number): Promise<Response> {
  const response = await wholeAnswer(url, init, answerMs)
  if (response.ok) return response
  if (response.status === 401 || response.status === 403) throw refused(response.status)
  throw unreachable(new Error(`status ${response.status}: ${(await response.text()).slice(0, 200)}`))
}

async function wholeAnswer(url: string, init: RequestInit, answerMs: number): Promise<Response> {
  const signal = AbortSignal.timeout(answerMs)
  try {
    const response = await fetch(url, { ...init, signal })
    return new Response(await response.arrayBuffer(), response)
  } catch (cause) {
    throw signal.aborted ? slow(answerMs, cause) : unreachable(cause)
  }
}

/** True when the libSQL server could not be reached or did not answer: nothing is known to be wrong with what was asked. */
export function isAway(error: unknown): boolean {
  return AWAY.has(saidInWords(error)?.code ?? '')
}

/** True when it could not be reached, or has forgotten the transaction, so that asking again costs little time. */
export function isUnreachable(error: unknown): boolean {
  const said = saidInWords(error)
  return said ? said.code === 'database_unreachable' : isForgotten(error)
}

/** What is heard of a transaction when the failure that ended it was met in a savepoint's release: drizzle drops that one. */
function isForgotten(error: unknown): boolean {
  for (let at = error; at instanceof Error; at = at.cause)
    if ((at as Error & { code?: unknown }).code === 'TRANSACTION_CLOSED') return true
  return false
}

/** The server went away with a COMMIT in its hands, and did not come back soon enough to say what became of it. */
export function commitUnclear(cause: unknown): DomainError {
  return new DomainError(
    'commit_unclear',
    'The database server went away while this was being saved, so it may have been saved or not. Look first, then repeat it if it is missing.',
    { cause },
  )
}

/** The error in words that an error is, or was made of: the driver and drizzle put theirs around it. */
export function saidInWords(error: unknown): DomainError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof DomainError) return at
  return undefined
}

const AWAY = new Set(['database_unreachable', 'database_slow', 'commit_unclear'])

export function unreachable(cause: unknown): DomainError {
  return new DomainError(
    'database_unreachable',
    'The database server is not reachable. Hearth goes on by itself as soon as it is; check HEARTH_DATABASE_URL and the server.',
    { retryable: true, cause },
  )
}

function slow(answerMs: number, cause: unknown): DomainError {
  return new DomainError(
    'database_slow',
    `The database server has not answered for ${answerMs / 1000} s. Try again; check the server.`,
    { retryable: true, cause },
  )
}

function refused(status: number): DomainError {
  return new DomainError(
    'database_refused',
    'The database server refuses Hearth. Check HEARTH_DATABASE_TOKEN, then start Hearth again.',
    { severity: 'critical', context: { status } },
  )
}

import type { Clock } from '../clock.ts'
import { DomainError, errorFacts } from '../errors.ts'
import { closedSilently } from './closed-silently.ts'
import { addUsage, type Chunk, type ModelRequest, type Provider, type Usage } from './provider.ts'

const TRIES_AT_MOST = 3
/** The most that is waited before the second try, doubled for each after it. */
const FIRST_MS = 1_000
/** The longest wait that is made in the call when the vendor names one: in a longer one another model, or another job, had better go on. */
const ASKED_AT_MOST_MS = 10_000

/** What a second try may mend at once. A clock that ran out has cost its time already: that is for the next model, or for the job. */
const PASSING = new Set(['model_rate_limited', 'model_overloaded', 'model_unavailable'])

/** Chunks after which another try would say something twice, or pay twice for what was said. */
const ANSWERS = new Set<Chunk['type']>(['text', 'calling', 'call', 'finish'])

interface Deps {
  clock: Pick<Clock, 'awake' | 'sleep' | 'random'>
  /** True when there is no use in another try, since others have found the provider away. */
  isAway?(): boolean
}

/**
 * The same provider, asked up to 3 times as long as nothing has come of it. Each further try is told by a `retrying` chunk
 * before its wait: as long as the vendor asks for, up to 10 s, else up to 1 s and 2 s, at random, so that many jobs don't come
 * back at the same moment. Usage counts all tries. @throws DomainError `model_unavailable` also for a stream that ends
 * without an answer, or whatever the last try threw.
 */
export function withRetries(deps: Deps, provider: Provider): Provider {
  return { ...provider, stream: (request, signal) => retried(deps, provider, request, signal) }
}

async function* retried(
  deps: Deps,
  provider: Provider,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  let spent: Usage | undefined
  for (let tries = 1; ; tries++) {
    let usage = spent
    let answered = false
    let failure: DomainError
    try {
      for await (const chunk of provider.stream(request, signal)) {
        answered ||= ANSWERS.has(chunk.type)
        if (chunk.type === 'usage') usage = sum(spent, chunk)
        yield chunk.type === 'usage' ? { type: 'usage', ...usage! } : chunk
      }
      signal.throwIfAborted()
      if (answered) return
      failure = closedSilently(provider)
    } catch (error) {
      signal.throwIfAborted()
      if (answered || !(error instanceof DomainError)) throw error
      failure = error
    }
    const delayMs = delayAfter(deps, tries, failure)
    if (delayMs === undefined) throw failure
    spent = usage
    const until = deps.clock.awake() + delayMs
    yield { type: 'retrying', error: errorFacts(failure), delayMs }
    await deps.clock.sleep(Math.max(0, until - deps.clock.awake()), signal) // telling of it is part of the wait
    signal.throwIfAborted()
    if (deps.isAway?.()) throw failure
  }
}

function sum(spent: Usage | undefined, { type: _, ...said }: Usage & { type: 'usage' }): Usage {
  return spent ? addUsage(spent, said) : said
}

/** How long to wait before another try, in ms; undefined when there shall be none in this call. */
function delayAfter({ clock, isAway }: Deps, tries: number, failure: DomainError): number | undefined {
  if (tries === TRIES_AT_MOST || !PASSING.has(failure.code) || isAway?.()) return undefined
  const { retryAfterMs = 0 } = failure
  if (retryAfterMs > ASKED_AT_MOST_MS) return undefined
  return Math.max(retryAfterMs, Math.round(clock.random() * FIRST_MS * 2 ** (tries - 1)))
}

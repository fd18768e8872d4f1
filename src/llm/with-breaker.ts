import { DomainError } from '../errors.ts'
import type { Breakers, Outside } from '../jobs/breaker.ts'
import { closedSilently } from './closed-silently.ts'
import type { Chunk, ModelRequest, Provider } from './provider.ts'

/** What waiting mends. */
const OUTAGES = new Set([
  'model_rate_limited',
  'model_overloaded',
  'model_unavailable',
  'model_first_content_timeout',
  'model_idle_timeout',
  'model_total_timeout',
])

interface Deps {
  breakers: Breakers
}

/** What tells that a provider is there, if only to refuse. */
const ANSWERS = new Set<Chunk['type']>(['text', 'calling', 'call', 'finish'])

/** A provider as its breaker knows it. */
export function outsideOf({ name, label }: Provider): Outside {
  return { key: outsideKey(name), label }
}

export function outsideKey(provider: string): string {
  return `provider:${provider}`
}

/** The same provider, asked only while it is there: else, and when its failure shows that it is not, the job is snoozed. */
export function withBreaker(deps: Deps, provider: Provider): Provider {
  return { ...provider, stream: (request, signal) => guarded(deps, provider, request, signal) }
}

async function* guarded(
  { breakers }: Deps,
  provider: Provider,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  const passage = breakers.enter(outsideOf(provider))
  let answered = false
  try {
    for await (const chunk of provider.stream(request, signal)) {
      answered ||= ANSWERS.has(chunk.type)
      if (answered) passage.succeeded()
      yield chunk
    }
    if (!answered && !signal.aborted) throw closedSilently(provider)
  } catch (error) {
    if (signal.aborted || !(error instanceof DomainError)) throw error
    if (OUTAGES.has(error.code)) throw passage.failed(error)
    passage.succeeded() // it is there, if only to refuse
    throw error
  } finally {
    passage.left()
  }
}

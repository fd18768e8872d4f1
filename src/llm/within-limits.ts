import { requestBytes } from './cost.ts'
import type { ModelFacts } from './model-table.ts'
import type { ModelRequest, Provider } from './provider.ts'

/** Bytes of a request per token, on the safe side. */
const BYTES_PER_TOKEN = 3
/** Tokens that are always asked for: whether the prompt leaves room for them is for the vendor to say. */
const SHORTEST_ANSWER = 1_024

export type LimitsOf = (provider: string, model: string) => Pick<ModelFacts, 'context' | 'output'>

/**
 * The same provider, asked for no longer answer than its model can give, and its window can hold beside the prompt: vendors
 * refuse a request that wants more. An answer that ends there is cut, and gone on from.
 */
export function withinLimits(limitsOf: LimitsOf, provider: Provider): Provider {
  return { ...provider, stream: (request, signal) => provider.stream(limited(limitsOf, provider, request), signal) }
}

function limited(limitsOf: LimitsOf, { name }: Provider, request: ModelRequest): ModelRequest {
  const { context, output } = limitsOf(name, request.model)
  const room = Math.max(SHORTEST_ANSWER, context - Math.ceil(requestBytes(request) / BYTES_PER_TOKEN))
  return { ...request, maxOutputTokens: Math.min(request.maxOutputTokens, output, room) }
}

import type { z } from 'zod'
import type { PriceFor } from './prices.ts'
import { type ModelRequest, type Purpose, purposeOf, type Usage } from './provider.ts'
import { jsonSchema } from './tool-input.ts'

/** Bytes of a request per token, on the safe side: English text and code have 4. */
const CAREFUL_BYTES_PER_TOKEN = 3
/** What a picture of a usual size takes with the vendors that say how they count. */
const TOKENS_OF_A_PICTURE = 1_600
/** Bytes per token when an answer is counted that its provider did not count. */
const BYTES_PER_TOKEN = 4
/**
 * Output tokens that are reserved for a call: what an answer of its kind usually takes, and not the most that it may bring
 * (32,000 for a file), with which a small budget could never be used up. See docs/decisions/027.
 */
const USUAL_OUTPUT: Record<Purpose, number> = { plan: 4_000, write: 6_000, chat: 2_000, check: 2_000, summarise: 1_000 }

/** What one call takes, or will probably take. */
export interface Cost {
  inputTokens: number
  outputTokens: number
  /** Millionths of a US dollar. */
  costMicros: number
}

/** What a call will probably take. `inputTokens`: when somebody has counted them. */
export function estimatedCost(
  request: ModelRequest,
  priceFor: PriceFor,
  inputTokens = Math.ceil(requestBytes(request) / CAREFUL_BYTES_PER_TOKEN),
): Cost {
  const outputTokens = Math.min(request.maxOutputTokens, USUAL_OUTPUT[purposeOf(request.task)])
  return { inputTokens, outputTokens, costMicros: costOf({ inputTokens, outputTokens, cachedTokens: 0 }, priceFor) }
}

/** The money that tokens cost, in whole millionths of a dollar, never rounded down. */
export function costOf(
  { inputTokens, outputTokens, cachedTokens, cacheWriteTokens = 0 }: Usage,
  priceFor: PriceFor,
): number {
  const price = priceFor(inputTokens)
  if (!price) return 0
  const plain = Math.max(0, inputTokens - cachedTokens - cacheWriteTokens)
  const micros =
    plain * price.input +
    cachedTokens * price.cacheRead +
    cacheWriteTokens * price.cacheWrite +
    outputTokens * price.output
  return Math.ceil(micros)
}

/** The shapes of tools and answers as text: the same ones in every request. */
const shapes = new WeakMap<z.ZodType, string>()

/** All of a request that its provider counts: also the shapes of its tools, which are most of them, and of the answer. */
export function requestText({ system, context = '', messages, tools = [], schema }: ModelRequest): string {
  const turns = messages.map((message) =>
    message.role === 'tool'
      ? message.results.map(({ content }) => content).join('\n')
      : [message.content, ...(('calls' in message && message.calls) || []).map(({ input }) => input)].join('\n'),
  )
  const described = tools.map(({ name, description, zod }) => `${name} ${description} ${shapeText(zod)}`)
  return [system, context, ...turns, ...described, ...(schema ? [shapeText(schema.zod)] : [])].join('\n')
}

function shapeText(zod: z.ZodType): string {
  const text = shapes.get(zod) ?? JSON.stringify(jsonSchema(zod))
  shapes.set(zod, text)
  return text
}

/** The size of a request in words; a picture counts as many as take its tokens. */
export function requestBytes(request: ModelRequest): number {
  return Buffer.byteLength(requestText(request)) + pictureTokens(request) * CAREFUL_BYTES_PER_TOKEN
}

/** What the pictures of a request take, by a guess: vendors count by size, each in its way. */
export function pictureTokens({ messages }: Pick<ModelRequest, 'messages'>): number {
  const pictures = messages.map((message) => (message.role === 'user' ? (message.pictures?.length ?? 0) : 0))
  return pictures.reduce((sum, count) => sum + count, 0) * TOKENS_OF_A_PICTURE
}

/** The tokens of a text by its size alone. */
export function roughTokens(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN)
}

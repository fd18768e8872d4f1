import type { z } from 'zod'

/** One turn of a conversation with a model. The last turn of a request is always the user's: there is no prefill. */
export interface Message {
  role: 'user' | 'assistant'
  content: string
}

/**
 * What a request is about, for tracing and for the demo model. Never sent to a vendor.
 * `textSoFar` is what has been kept of the file when the request asks to go on with it.
 */
export type TaskFacts =
  | { kind: 'plan'; brief: string }
  | { kind: 'write' | 'repair'; brief: string; path: string; sentinel: string; textSoFar?: string }

/** The shape that an answer must have, when it is to be JSON. `name` is for vendors that want one. */
export interface AnswerSchema<T = unknown> {
  name: string
  zod: z.ZodType<T>
}

/** One question to a model. `model` is the vendor's own id. */
export interface ModelRequest {
  model: string
  /** The rules of the role: the same in every request of a kind, so that the vendor can cache it. */
  system: string
  /** What many requests share (the plan of a project): stands after `system` and is cached with it. */
  context?: string
  messages: Message[]
  maxOutputTokens: number
  schema?: AnswerSchema
  task: TaskFacts
}

/** Tokens of one stream. `inputTokens` counts cached ones too; `outputTokens` counts thinking. */
export interface Usage {
  inputTokens: number
  outputTokens: number
  cachedTokens: number
}

export type FinishReason = 'stop' | 'length' | 'refusal' | 'other'

/**
 * A piece of an answer. `usage` is cumulative: the last one of a stream holds. A stream that ends
 * without a `finish` was cut, whatever the vendor's library says.
 */
export type Chunk =
  | { type: 'text'; text: string }
  | { type: 'thinking' }
  | ({ type: 'usage' } & Usage)
  | { type: 'finish'; reason: FinishReason }

/** A vendor of language models, or the built-in demo. */
export interface Provider {
  name: string
  /** What a person reads wherever this provider's work shows. */
  label: string
  /** True when no model is behind it. */
  demo: boolean
  defaultModel: string
  /** The models to offer. */
  models: string[]
  /** Whether `model` can be asked for: also ids that are newer than the list. */
  takes(model: string): boolean
  /**
   * Asks once, without retries. Throws DomainErrors (`model_auth`, `model_rate_limited`, `model_overloaded`,
   * `model_unavailable`, `model_bad_request`, `unknown_model`), or the signal's reason once it is aborted.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<Chunk>
}

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 }

/** The sum of two usages. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
  }
}

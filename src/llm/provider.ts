import type { z } from 'zod'
import type { ErrorFacts } from '../errors.ts'

/**
 * One turn of a conversation with a model. The last turn of a request is the user's, or the results of the calls that the
 * assistant's turn before it made: there is no prefill.
 */
export type Message =
  | { role: 'user'; content: string; pictures?: Picture[] }
  | { role: 'assistant'; content: string; calls?: ToolCall[] }
  | { role: 'tool'; results: ToolResult[] }

/** What a model is shown beside the words of a turn. */
export interface Picture {
  /** A vendor takes some of them. */
  media: 'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif'
  base64: string
}

/** A model's wish to have a tool run. `input` is the JSON text as it was written: it may be broken, or of the wrong shape. */
export interface ToolCall {
  /** The vendor's id of the call, or one that its file made up where the vendor has none; unique in its turn. */
  id: string
  name: string
  input: string
  /**
   * What the vendor wants back with the call in the next request (Gemini's thought signature, Claude's thinking): written
   * by `signed`, so that no other model gets it.
   */
  signature?: string
}

export interface ToolResult {
  /** The call's id. */
  call: string
  name: string
  content: string
  /** True when the tool refused or failed; `content` says why. */
  failed?: boolean
}

/** What a model may call. */
export interface Tool {
  name: string
  description: string
  zod: z.ZodType
}

/** What a model is asked for: each purpose has a model and a fallback chain of its own. */
export const PURPOSES = ['plan', 'write', 'chat', 'check', 'summarise'] as const
export type Purpose = (typeof PURPOSES)[number]

/**
 * What a request is about, for tracing and for the demo model. Never sent to a vendor.
 * `textSoFar` is what has been kept of the file when the request asks to go on with it; `stage` names a planner's pass,
 * `clips` says whether they can be made here.
 */
/** Edits of a file are asked for, and not the whole of it: in which form, and what stands in it. */
export interface EditsAsked {
  form: 'search-replace' | 'diff'
  before: string
}

/** `clips`: the project has some. */
export interface FileFacts {
  brief: string
  clips?: boolean
  edits?: EditsAsked
}

export type TaskFacts =
  | { kind: 'plan'; brief: string; stage?: string; clips?: boolean }
  | ({ kind: 'write' | 'repair'; path: string; sentinel: string; textSoFar?: string } & FileFacts)
  | { kind: 'check'; brief: string }
  | { kind: 'chat'; brief: string }
  | { kind: 'summarise'; brief: string }

/** A request for one file. */
export type FileTask = Extract<TaskFacts, { path: string }>

export function isFileTask(task: TaskFacts): task is FileTask {
  return task.kind === 'write' || task.kind === 'repair'
}

const PURPOSE_OF: Record<TaskFacts['kind'], Purpose> = {
  plan: 'plan',
  write: 'write',
  repair: 'write',
  check: 'check',
  chat: 'chat',
  summarise: 'summarise',
}

export function purposeOf({ kind }: Pick<TaskFacts, 'kind'>): Purpose {
  return PURPOSE_OF[kind]
}

/** Who asks, for budgets and the books. Never sent to a vendor. */
export interface Account {
  /** The project. */
  scope: string | null
  /** `person:<id>`, whose budget it is. */
  person: string | null
  job: string | null
  attempt: number | null
}

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
  tools?: Tool[]
  task: TaskFacts
  account?: Account
  /** True when a person was not content with an answer to the same request: then none that was kept will do. */
  fresh?: boolean
}

/**
 * Tokens of one stream. `inputTokens` counts those that the vendor's cache gave (`cachedTokens`) or took
 * (`cacheWriteTokens`) too; `outputTokens` counts thinking.
 */
export interface Usage {
  inputTokens: number
  outputTokens: number
  cachedTokens: number
  cacheWriteTokens?: number
  /** Answers that Hearth had kept: they took no tokens. */
  keptAnswers?: number
}

/** `tools`: the model waits for the results of its calls. */
export type FinishReason = 'stop' | 'length' | 'refusal' | 'tools' | 'other'

/**
 * A piece of an answer. `usage` is cumulative: the last one of a stream holds. `calling` says that the input of a tool call
 * goes on arriving; `call` is the whole of it. `retrying`: nothing has come, and it is asked again after the delay. A stream that ends without a `finish` was cut, whatever the vendor's library says.
 */
export type Chunk =
  | { type: 'text'; text: string }
  | { type: 'thinking' }
  | { type: 'calling'; id: string; name: string; delta: string }
  | { type: 'call'; call: ToolCall }
  | ({ type: 'usage' } & Usage)
  | { type: 'retrying'; error: ErrorFacts; delayMs: number }
  | { type: 'finish'; reason: FinishReason }

/** A vendor of language models, or the built-in demo. */
export interface Provider {
  name: string
  /** What a person reads wherever this provider's work shows. */
  label: string
  /** True when no model is behind it. */
  demo: boolean
  /** Where it is asked: under the same name there may be another server tomorrow. */
  address?: string
  /** True when what it is asked stays in the own network. */
  local?: boolean
  /** Empty where it is not known which models there are. */
  defaultModel: string
  /** For work that a small model does as well, and cheaper. */
  smallModel?: string
  /** What stands in for the default when no other vendor does. */
  secondModel?: string
  /** The models to offer. */
  models: string[]
  /** Whether `model` can be asked for: also ids that are newer than the list. */
  takes(model: string): boolean
  /**
   * Asks once, without retries. Throws DomainErrors (`model_auth`, `model_billing`, `model_rate_limited`, `model_overloaded`,
   * `model_unavailable`, `model_bad_request`, `unknown_model`), or the signal's reason once it is aborted.
   */
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<Chunk>
  /** The vendor's own count of the tokens that `request` would send, where it has one. It costs nothing. Throws like `stream`. */
  countTokens?(request: ModelRequest, signal: AbortSignal): Promise<number>
}

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 }

/** The sum of two usages. */
export function addUsage(a: Usage, b: Usage): Usage {
  return {
    inputTokens: a.inputTokens + b.inputTokens,
    outputTokens: a.outputTokens + b.outputTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    cacheWriteTokens: (a.cacheWriteTokens ?? 0) + (b.cacheWriteTokens ?? 0),
    ...(a.keptAnswers || b.keptAnswers ? { keptAnswers: (a.keptAnswers ?? 0) + (b.keptAnswers ?? 0) } : {}),
  }
}

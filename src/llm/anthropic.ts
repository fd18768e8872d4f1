import type Anthropic from '@anthropic-ai/sdk'
import type {
  MessageCreateParamsStreaming,
  MessageParam,
  RawMessageStreamEvent,
  StopReason,
} from '@anthropic-ai/sdk/resources/messages/messages'
import { type VendorFailure, vendorError } from './failures.ts'
import type { Chunk, FinishReason, Message, ModelRequest, Provider, ToolResult, Usage } from './provider.ts'

const MODELS = ['claude-sonnet-5-5', 'claude-opus-5-5', 'claude-haiku-5-5', 'claude-fable-5-2', 'claude-opus-5']
const MODEL_ID = /^claude-[a-z0-9][a-z0-9.-]{0,80}$/
/** Models that know no adaptive thinking: they would refuse the request. */
const WITHOUT_ADAPTIVE_THINKING = /^claude-(?:[a-z]+-4(?:-[0-5])?(?:-\d{8})?$|[0-3])/

export interface AnthropicSettings {
  apiKey: string
  baseUrl: string
}

/** Claude, through the vendor's own library. One try a call: retries belong to the job engine. */
export function anthropicProvider({ apiKey, baseUrl }: AnthropicSettings): Provider {
  let library: Promise<Library> | undefined
  const open = () => {
    library ??= loadLibrary({ apiKey, baseUrl })
    return library
  }
  return {
    name: 'anthropic',
    label: 'Claude by Anthropic',
    demo: false,
    defaultModel: MODELS[0]!,
    models: MODELS,
    takes: (model) => MODEL_ID.test(model),
    stream: (request, signal) => stream(open, apiKey, request, signal),
  }
}

interface Library {
  client: Anthropic
  APIError: typeof Anthropic.APIError
  zodOutputFormat: typeof import('@anthropic-ai/sdk/helpers/zod').zodOutputFormat
}

/** Loads the vendor's library with the first question: a server that never asks stays small and starts sooner. */
async function loadLibrary({ apiKey, baseUrl }: AnthropicSettings): Promise<Library> {
  const { default: Anthropic } = await import('@anthropic-ai/sdk')
  const { zodOutputFormat } = await import('@anthropic-ai/sdk/helpers/zod')
  const client = new Anthropic({
    apiKey,
    baseURL: baseUrl,
    webhookKey: null,
    maxRetries: 0,
    logLevel: 'off', // its debug lines carry prompts
    openTelemetry: { traces: false, propagation: false },
  })
  return { client, APIError: Anthropic.APIError, zodOutputFormat }
}

async function* stream(
  open: () => Promise<Library>,
  apiKey: string,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  const library = await open()
  const read = eventReader()
  try {
    const events = await library.client.messages.create(body(library, request), { signal })
    for await (const event of events) yield* read(event)
  } catch (error) {
    signal.throwIfAborted()
    throw vendorError({ vendor: 'Anthropic', model: request.model, secret: apiKey }, failure(library, error))
  }
  signal.throwIfAborted() // the library ends an aborted stream as if it were whole
}

function body(
  { zodOutputFormat }: Library,
  { model, system, context, messages, maxOutputTokens, schema }: ModelRequest,
) {
  const stable = [system, context].filter((text) => text !== undefined && text !== '') as string[]
  const params: MessageCreateParamsStreaming = {
    model,
    max_tokens: maxOutputTokens,
    messages: messages.map(turn),
    stream: true,
    system: stable.map((text, i) => ({
      type: 'text',
      text,
      ...(i === stable.length - 1 ? { cache_control: { type: 'ephemeral' } } : {}),
    })),
  }
  // Thinking that is left out of the stream would look like a stall.
  if (!WITHOUT_ADAPTIVE_THINKING.test(model)) params.thinking = { type: 'adaptive', display: 'summarized' }
  if (schema) {
    const { type, schema: shape } = zodOutputFormat(schema.zod)
    params.output_config = { format: { type, schema: shape } }
  }
  return params
}

function turn(message: Message): MessageParam {
  if (message.role === 'user') return message
  if (message.role === 'tool') return { role: 'user', content: message.results.map(result) }
  const calls = (message.calls ?? []).map(({ id, name, input }) => ({
    type: 'tool_use' as const,
    id,
    name,
    input: JSON.parse(input || '{}'),
  }))
  if (calls.length === 0) return { role: 'assistant', content: message.content }
  const said = message.content === '' ? [] : [{ type: 'text' as const, text: message.content }]
  return { role: 'assistant', content: [...said, ...calls] }
}

function result({ call, content, failed }: ToolResult) {
  return { type: 'tool_result' as const, tool_use_id: call, content, is_error: failed ?? false }
}

function eventReader() {
  const usage: Usage = { inputTokens: 0, outputTokens: 0, cachedTokens: 0 }
  return function* read(event: RawMessageStreamEvent): Generator<Chunk> {
    if (event.type === 'message_start') {
      yield { type: 'usage', ...count(usage, event.message.usage) }
    } else if (event.type === 'content_block_start') {
      if (event.content_block.type.endsWith('thinking')) yield { type: 'thinking' }
    } else if (event.type === 'content_block_delta') {
      if (event.delta.type === 'text_delta') yield { type: 'text', text: event.delta.text }
      if (event.delta.type === 'thinking_delta') yield { type: 'thinking' }
    } else if (event.type === 'message_delta') {
      yield { type: 'usage', ...count(usage, event.usage) }
      if (event.delta.stop_reason) yield { type: 'finish', reason: finishReason(event.delta.stop_reason) }
    }
  }
}

interface VendorUsage {
  input_tokens?: number | null
  output_tokens?: number | null
  cache_creation_input_tokens?: number | null
  cache_read_input_tokens?: number | null
}

/** The vendor's counts are cumulative, and its `input_tokens` leaves out what the cache took or gave. */
function count(usage: Usage, said: VendorUsage | undefined): Usage {
  if (typeof said?.input_tokens === 'number') {
    usage.cachedTokens = said.cache_read_input_tokens ?? 0
    usage.cacheWriteTokens = said.cache_creation_input_tokens ?? 0
    usage.inputTokens = said.input_tokens + usage.cachedTokens + usage.cacheWriteTokens
  }
  usage.outputTokens = said?.output_tokens ?? usage.outputTokens
  return usage
}

const FINISH: Partial<Record<StopReason, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  refusal: 'refusal',
}

function finishReason(reason: StopReason): FinishReason {
  return FINISH[reason] ?? 'other'
}

function failure({ APIError }: Library, error: unknown): VendorFailure {
  if (!(error instanceof APIError)) return { said: error instanceof Error ? error.message : String(error) }
  return {
    status: error.status,
    type: error.type ?? undefined,
    said: error.apiMessage ?? error.message,
    requestId: error.requestID ?? undefined,
    headers: error.headers,
  }
}

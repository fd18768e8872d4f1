import type Anthropic from '@anthropic-ai/sdk'
import type { DomainError } from '../errors.ts'
import { eventReader } from './anthropic-events.ts'
import { requestInput } from './anthropic-request.ts'
import { type VendorFailure, vendorError } from './failures.ts'
import { modelsInTable, usualModels } from './model-table.ts'
import type { AnswerSchema, Chunk, ModelRequest, Provider } from './provider.ts'
import { pumped } from './pump.ts'
import type { Scheme } from './setup/vendors.ts'
import { fetchWith } from './vendor-fetch.ts'
import { failureIn, loadedOnce } from './vendor-library.ts'

const MODEL_ID = /^claude-[a-z0-9][a-z0-9.-]{0,80}$/

/** How the key is shown: gateways that speak the API of before October 2026 know only `x-api-key`. */
const HEADERS: Record<Scheme, (key: string) => Record<string, string>> = {
  bearer: (key) => ({ authorization: `Bearer ${key}`, 'anthropic-version': '2026-10-21' }),
  'x-api-key': (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
}

export interface AnthropicSettings {
  apiKey: string
  baseUrl: string
  scheme?: Scheme
}

/** Claude, through the vendor's own library. One try a call: what asks again stands around it. */
export function anthropicProvider(settings: AnthropicSettings): Provider {
  const models = modelsInTable('anthropic')
  const open = loadedOnce(() => loadLibrary(settings))
  return {
    name: 'anthropic',
    label: 'Claude by Anthropic',
    demo: false,
    ...usualModels('anthropic'),
    models,
    takes: (model) => MODEL_ID.test(model),
    stream: (request, signal) => stream(open, settings.apiKey, request, signal),
    countTokens: (request, signal) => countTokens(open, settings.apiKey, request, signal),
  }
}

interface Library {
  client: Anthropic
  APIError: typeof Anthropic.APIError
  zodOutputFormat: typeof import('@anthropic-ai/sdk/helpers/zod').zodOutputFormat
}

async function loadLibrary({ apiKey, baseUrl, scheme = 'bearer' }: AnthropicSettings): Promise<Library> {
  const { default: Anthropic } = await import('@anthropic-ai/sdk')
  const { zodOutputFormat } = await import('@anthropic-ai/sdk/helpers/zod')
  const client = new Anthropic({
    apiKey,
    baseURL: baseUrl,
    fetch: fetchWith(HEADERS[scheme](apiKey)),
    webhookKey: null,
    maxRetries: 0,
    logLevel: 'off', // its debug lines carry prompts
    openTelemetry: { traces: false, propagation: false },
  })
  return { client, APIError: Anthropic.APIError, zodOutputFormat }
}

function stream(
  open: () => Promise<Library>,
  apiKey: string,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncIterable<Chunk> {
  return pumped(signal, async (push, signal) => {
    const library = await open()
    const read = eventReader(request.model, push)
    try {
      const body = {
        ...requestInput(request),
        ...outputConfig(library, request.schema),
        max_tokens: request.maxOutputTokens,
        stream: true as const,
      }
      const events = await library.client.messages.create(body, { signal })
      for await (const event of events) {
        const full = read(event)
        if (full) await full
      }
    } catch (error) {
      signal.throwIfAborted()
      throw failed(library, apiKey, request, error)
    }
    signal.throwIfAborted() // the library ends an aborted stream as if it were whole
  })
}

async function countTokens(
  open: () => Promise<Library>,
  apiKey: string,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<number> {
  const library = await open()
  const body = { ...requestInput(request), ...outputConfig(library, request.schema) }
  try {
    return (await library.client.messages.countTokens(body, { signal })).input_tokens
  } catch (error) {
    signal.throwIfAborted()
    throw failed(library, apiKey, request, error)
  }
}

function outputConfig({ zodOutputFormat }: Library, schema: AnswerSchema | undefined) {
  if (!schema) return {}
  const { type, schema: shape } = zodOutputFormat(schema.zod)
  return { output_config: { format: { type, schema: shape } } }
}

function failed({ APIError }: Library, secret: string, { model }: ModelRequest, error: unknown): DomainError {
  return vendorError({ vendor: 'Anthropic', model, secret }, failureIn(error, APIError, failureOf))
}

function failureOf(error: InstanceType<Library['APIError']>): VendorFailure {
  return {
    status: error.status,
    type: error.type ?? undefined,
    said: error.apiMessage ?? error.message,
    requestId: error.requestID ?? undefined,
    headers: error.headers,
  }
}

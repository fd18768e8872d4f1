import type { ApiError, GoogleGenAI } from '@google/genai/web'
import type { DomainError } from '../errors.ts'
import { type VendorFailure, vendorError } from './failures.ts'
import { responseReader } from './google-answer.ts'
import { configOf, contentsOf } from './google-request.ts'
import { modelsInTable, usualModels } from './model-table.ts'
import type { Chunk, ModelRequest, Provider } from './provider.ts'
import { pumped } from './pump.ts'
import { type Fetch, fetchWith } from './vendor-fetch.ts'
import { failureIn, loadedOnce } from './vendor-library.ts'

const MODEL_ID = /^(?:gemini|gemma)-[a-z0-9]+(?:[.-][a-z0-9]+){0,12}$/

export interface GoogleSettings {
  apiKey: string
  baseUrl: string
}

/** Gemini, through the vendor's own library. One try a call: what asks again stands around it. */
export function googleProvider(settings: GoogleSettings): Provider {
  const models = modelsInTable('google')
  const open = loadedOnce(() => loadLibrary(settings))
  return {
    name: 'google',
    label: 'Gemini by Google',
    demo: false,
    ...usualModels('google'),
    models,
    takes: (model) => MODEL_ID.test(model),
    stream: (request, signal) => stream(open, settings.apiKey, request, signal),
    countTokens: (request, signal) => countTokens(open, settings.apiKey, request, signal),
  }
}

interface Library {
  client: GoogleGenAI
  ApiError: typeof ApiError
}

/**
 * The vendor's library in its form for browsers: the one for Node brings Google's sign-in for
 * servers, and reads the environment. Its `timeout` is never set: that is a deadline for a whole answer.
 */
async function loadLibrary({ apiKey, baseUrl }: GoogleSettings): Promise<Library> {
  const { GoogleGenAI, ApiError } = await import('@google/genai/web')
  const client = new GoogleGenAI({ apiKey, vertexai: false, apiVersion: 'v1beta', httpOptions: { baseUrl } })
  return { client, ApiError }
}

function stream(
  open: () => Promise<Library>,
  apiKey: string,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncIterable<Chunk> {
  return pumped(signal, async (push, signal) => {
    const library = await open()
    const read = responseReader(request)
    const call = beginCall(apiKey)
    try {
      const responses = await library.client.models.generateContentStream({
        model: request.model,
        contents: contentsOf(request),
        config: {
          ...configOf(request),
          abortSignal: signal,
          httpOptions: { fetch: call.fetch },
          automaticFunctionCalling: { disable: true },
          automaticContinuation: false, // it asks again by itself
        },
      })
      for await (const response of responses) {
        for (const chunk of read(response)) await push(chunk)
      }
    } catch (error) {
      signal.throwIfAborted()
      throw failed(library, apiKey, request, error, call.headers())
    }
  })
}

/** The vendor's library counts a conversation alone here, so that rules and tools are counted as if they were said in it. */
async function countTokens(
  open: () => Promise<Library>,
  apiKey: string,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<number> {
  const library = await open()
  const call = beginCall(apiKey)
  const { systemInstruction, tools = [] } = configOf(request)
  const parts = [...(systemInstruction?.parts ?? []), ...tools.map((tool) => ({ text: JSON.stringify(tool) }))]
  const first = parts.length === 0 ? [] : [{ role: 'user' as const, parts }]
  try {
    const counted = await library.client.models.countTokens({
      model: request.model,
      contents: [...first, ...contentsOf(request)],
      config: { abortSignal: AbortSignal.any([signal]), httpOptions: { fetch: call.fetch } },
    })
    return counted.totalTokens ?? 0
  } catch (error) {
    signal.throwIfAborted()
    throw failed(library, apiKey, request, error, call.headers())
  }
}

/** One call, whose headers are kept: the library forgets those of a failure. */
function beginCall(apiKey: string) {
  const ask = fetchWith({ 'x-goog-api-key': apiKey })
  let headers: Headers | undefined
  const fetch: Fetch = async (input, init) => {
    const response = await ask(input, init)
    headers = response.headers
    return response
  }
  return { fetch, headers: () => headers }
}

function failed(
  { ApiError }: Library,
  secret: string,
  { model }: ModelRequest,
  error: unknown,
  headers: Headers | undefined,
): DomainError {
  const read = ({ status, message }: ApiError): VendorFailure => {
    const said = saidIn(message)
    return { status, type: typeOf(status, said), said: said.message ?? message, headers: later(said, headers) }
  }
  return vendorError({ vendor: 'Google', model, secret }, failureIn(error, ApiError, read))
}

interface Said {
  message?: string
  status?: string
  details?: { reason?: string; retryDelay?: string }[]
}

/** The library's message is the body of the vendor's answer, after some words when it came inside a stream. */
function saidIn(message: string): Said {
  try {
    const { error } = JSON.parse(message.slice(message.indexOf('{')))
    return typeof error === 'object' && error !== null ? error : {}
  } catch {
    return {}
  }
}

/** The vendor has one status for a bad key and a bad request, and one for haste and for an account that can't pay. */
function typeOf(httpStatus: number, { status, message = '', details }: Said): string | undefined {
  const reasons = Array.isArray(details) ? details.map((detail) => detail?.reason) : []
  if (reasons.includes('API_KEY_INVALID') || /^API key (?:not valid|expired)/i.test(message))
    return 'authentication_error'
  if (httpStatus === 429 && /\bcredits are depleted\b/i.test(message)) return 'billing_error'
  if (httpStatus === 503) return 'overloaded_error'
  return status
}

/** How long to wait is told in the body. */
function later({ details }: Said, headers: Headers | undefined): Headers {
  const all = new Headers(headers)
  const delay = Array.isArray(details) ? details.find((detail) => detail?.retryDelay)?.retryDelay : undefined
  if (delay && !all.has('retry-after')) all.set('retry-after', delay)
  return all
}

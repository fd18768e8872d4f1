import type OpenAI from 'openai'
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions'
import { type VendorFailure, vendorError } from './failures.ts'
import { type ChatChunk, chunkReader } from './openai-answer.ts'
import { type ChatDialect, chatBody, type SchemaFormat } from './openai-request.ts'
import type { AnswerSchema, Chunk, ModelRequest, Provider } from './provider.ts'
import { jsonSchema, structureOf } from './tool-input.ts'
import { type Fetch, vendorFetch } from './vendor-fetch.ts'
import { failureIn, loadedOnce } from './vendor-library.ts'

/** What goes to a server: no trace of the library, nor of the machine that it runs on. */
const HEADERS = ['accept', 'authorization', 'content-type']
/** What servers answer that know no structured output. */
const REFUSALS_OF_A_SCHEMA = new Set([400, 422, 501])

export interface ChatSettings extends ChatDialect, Omit<Provider, 'demo' | 'stream'> {
  /** Whom a person would name when it fails. */
  vendor: string
  /** Undefined: no key is sent. */
  apiKey: string | undefined
  /** With or without the path of the API, `/v1`. */
  baseUrl: string
}

/** A server that speaks Chat Completions, through OpenAI's own library. One try a call, but for a schema that it refuses. */
export function chatProvider(settings: ChatSettings): Provider {
  const open = loadedOnce(() => loadLibrary(settings))
  const { name, label, defaultModel, smallModel, secondModel, models, takes } = settings
  return {
    name,
    label,
    demo: false,
    defaultModel,
    ...(smallModel ? { smallModel } : {}),
    ...(secondModel ? { secondModel } : {}),
    models,
    takes,
    stream: (request, signal) => stream(open, settings, request, signal),
  }
}

/** The root of a server's API: `/v1` where an address has no path of its own. */
export function apiRoot(address: string): string {
  const url = new URL(address)
  const path = url.pathname.replace(/\/+$/, '')
  return `${url.origin}${path === '' ? '/v1' : path}`
}

interface Library {
  client: OpenAI
  APIError: typeof OpenAI.APIError
  format(schema: AnswerSchema): unknown
  /** Models that have refused a schema. */
  withoutSchema: Set<string>
}

async function loadLibrary({ apiKey, baseUrl, mayRefuseSchemas }: ChatSettings): Promise<Library> {
  const { default: OpenAI } = await import('openai')
  const { zodResponseFormat } = await import('openai/helpers/zod')
  const client = new OpenAI({
    apiKey: apiKey ?? 'none', // it insists on one
    baseURL: apiRoot(baseUrl),
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    maxRetries: 0,
    logLevel: 'off', // its debug lines carry prompts
    fetch: fetchWith(apiKey),
  })
  return {
    client,
    APIError: OpenAI.APIError,
    format: (schema) =>
      mayRefuseSchemas
        ? looseFormat(schema, structureOf)
        : (strictFormat(zodResponseFormat, schema) ?? looseFormat(schema, jsonSchema)),
    withoutSchema: new Set(),
  }
}

/** The library adds headers of its own, and those that its environment variable names. */
function fetchWith(apiKey: string | undefined): Fetch {
  return (input, init) => {
    const given = new Headers(init?.headers)
    const kept = HEADERS.filter((name) => given.has(name) && !(name === 'authorization' && apiKey === undefined))
    const headers = Object.fromEntries(
      kept.map((name) => [name, name === 'authorization' ? `Bearer ${apiKey}` : given.get(name)!]),
    )
    return vendorFetch(input, { ...init, headers })
  }
}

type MakeFormat = typeof import('openai/helpers/zod').zodResponseFormat

/** The schema in the strict form, which vendors keep to the letter; undefined for one that has none. */
function strictFormat(make: MakeFormat, { zod, name }: AnswerSchema) {
  try {
    const { type, json_schema } = make(zod, name)
    return { type, json_schema }
  } catch {
    return undefined // an optional field, say
  }
}

function looseFormat({ zod, name }: AnswerSchema, shapeOf: typeof jsonSchema) {
  return { type: 'json_schema' as const, json_schema: { name, schema: shapeOf(zod) } }
}

async function* stream(
  open: () => Promise<Library>,
  settings: ChatSettings,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  const library = await open()
  const read = chunkReader()
  try {
    const chunks = await ask(library, settings, request, signal)
    for await (const chunk of chunks) yield* read(chunk as ChatChunk)
  } catch (error) {
    signal.throwIfAborted()
    const asked = { vendor: settings.vendor, model: request.model, secret: settings.apiKey ?? '' }
    throw vendorError(asked, failureIn(error, library.APIError, failureOf))
  }
  signal.throwIfAborted() // the library ends an aborted stream as if it were whole
}

/** Asks with the schema, and with its words alone where a server that may not know schemas refuses the request. */
async function ask(library: Library, settings: ChatSettings, request: ModelRequest, signal: AbortSignal) {
  const { client, withoutSchema, APIError } = library
  const create = (format: SchemaFormat) => {
    const body = chatBody(settings, request, format) as unknown as ChatCompletionCreateParamsStreaming
    return client.chat.completions.create(body, { signal })
  }
  if (withoutSchema.has(request.model)) return create('words')
  try {
    return await create(library.format)
  } catch (error) {
    if (!request.schema) throw error
    if (!settings.mayRefuseSchemas || !(error instanceof APIError) || !REFUSALS_OF_A_SCHEMA.has(error.status ?? 0))
      throw error
  }
  const chunks = await create('words')
  withoutSchema.add(request.model)
  return chunks
}

function failureOf(error: InstanceType<Library['APIError']>): VendorFailure {
  const body = error.error as { message?: unknown } | undefined
  const code: unknown = error.code
  return {
    status: error.status ?? (typeof code === 'number' ? code : undefined), // local servers tell a status in mid-stream
    type: error.type ?? undefined,
    code: typeof code === 'string' ? code : undefined,
    said: typeof body?.message === 'string' ? body.message : error.message,
    requestId: error.requestID ?? undefined,
    headers: error.headers,
  }
}

import { z } from 'zod'
import { type Clock, systemClock } from '../../clock.ts'
import { apiRoot } from '../openai-chat.ts'
import { type Fetch, vendorFetch, WireFault } from '../vendor-fetch.ts'
import type { Place } from './places.ts'
import type { Kind, Scheme } from './vendors.ts'

const BYTES_AT_MOST = 4 * 1_048_576 // a gateway's list of some hundred models takes about one
const MODELS_AT_MOST = 1_000

/** Whom to ask for its models, which costs nothing. */
export type Asked = Pick<Place, 'kind' | 'label' | 'apiKey' | 'scheme'> & { baseUrl: string }

/**
 * What came of it: the ids, or what is wrong, in a sentence without the key. `owner` is what some servers call themselves,
 * `windows` how many tokens the models have in view, where the list tells.
 */
export type Listing =
  | { ok: true; models: string[]; owner?: string; windows?: Record<string, number> }
  | { ok: false; why: Trouble; says: string }

export type Trouble = 'key' | 'wallet' | 'busy' | 'address' | 'stranger' | 'away' | 'late'

const Id = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\s\p{Cc}]+$/u)
const Tokens = z.number().int().min(256).max(100_000_000).optional().catch(undefined)
/** `max_model_len`: vLLM; `context_length`, `max_context_length`: gateways. llama.cpp's `n_ctx_train` is not what it was started with. */
const OpenaiList = z.object({
  data: z.array(
    z.object({
      id: Id,
      owned_by: z.string().optional().catch(undefined),
      max_model_len: Tokens,
      context_length: Tokens,
      max_context_length: Tokens,
    }),
  ),
})
const GoogleList = z.object({ models: z.array(z.object({ name: Id })) })
const OllamaList = z.object({
  models: z.array(
    z.object({
      name: Id,
      size: z.number(),
      details: z
        .object({ family: z.string().catch('') })
        .optional()
        .catch(undefined),
    }),
  ),
})
/** Models that turn words into numbers, and answer nothing. */
const WITHOUT_WORDS = /embed|bert/i

/** Asks a server which models it has, within `ms` of the clock. It follows no redirect and reads no answer without end. */
export async function listModels(
  asked: Asked,
  ms: number,
  signal?: AbortSignal,
  { clock = systemClock, fetch = vendorFetch }: { clock?: Pick<Clock, 'sleep'>; fetch?: Fetch } = {},
): Promise<Listing> {
  const late = new AbortController()
  const over = new AbortController()
  void clock.sleep(ms, over.signal).then(() => over.signal.aborted || late.abort())
  try {
    const { url, headers } = question(asked)
    const stop = signal ? AbortSignal.any([late.signal, signal]) : late.signal
    const response = await fetch(url, { headers, signal: stop })
    if (!response.ok) return refused(asked, response.status)
    return understood(asked, await bounded(response))
  } catch (error) {
    if (late.signal.aborted)
      return trouble('late', `${asked.label} did not answer within ${ms / 1000} s. Check the address and the network.`)
    if (error instanceof WireFault && error.type === 'redirected')
      return trouble('address', `${error.message} Type the address that is meant.`)
    if (error instanceof WireFault || error instanceof SyntaxError || error instanceof z.ZodError)
      return stranger(asked)
    return trouble(
      'away',
      `${asked.label} can’t be reached at ${new URL(asked.baseUrl).host}. Check the address and the network.`,
    )
  } finally {
    over.abort()
  }
}

function question({ kind, baseUrl, apiKey, scheme }: Asked): { url: string; headers: Record<string, string> } {
  const headers = { accept: 'application/json', ...(apiKey === undefined ? {} : shown(kind, scheme, apiKey)) }
  return { url: place(kind, baseUrl.replace(/\/+$/, '')), headers }
}

function place(kind: Kind, base: string): string {
  if (kind === 'anthropic') return `${base}/v1/models?limit=100`
  if (kind === 'google') return `${base}/v1beta/models?pageSize=200`
  return kind === 'ollama' ? `${base}/api/tags` : `${apiRoot(base)}/models`
}

function shown(kind: Kind, scheme: Scheme, apiKey: string): Record<string, string> {
  if (kind === 'google') return { 'x-goog-api-key': apiKey }
  if (kind === 'anthropic' && scheme === 'x-api-key') return { 'x-api-key': apiKey, 'anthropic-version': '2023-06-01' }
  return { authorization: `Bearer ${apiKey}`, ...(kind === 'anthropic' ? { 'anthropic-version': '2026-10-21' } : {}) }
}

async function bounded(response: Response): Promise<unknown> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true })
    if (text.length > BYTES_AT_MOST) throw new SyntaxError('too long')
  }
  return JSON.parse(text)
}

function understood({ kind }: Asked, answer: unknown): Listing {
  if (kind === 'ollama')
    return found(
      OllamaList.parse(answer)
        .models.filter(({ name, details }) => !WITHOUT_WORDS.test(`${name} ${details?.family}`))
        .map(({ name }) => name),
    )
  if (kind === 'google') return found(GoogleList.parse(answer).models.map(({ name }) => name.replace(/^models\//, '')))
  const { data } = OpenaiList.parse(answer)
  const ids = data.map(({ id }) => id)
  if (kind !== 'compatible') return { ...found(ids), owner: data[0]?.owned_by }
  const windows = data.flatMap((one) => {
    const window = one.max_model_len ?? one.context_length ?? one.max_context_length
    return window === undefined ? [] : [[one.id, window] as const]
  })
  return { ...found(writers(ids)), owner: data[0]?.owned_by, windows: Object.fromEntries(windows) }
}

/** Models for searching stand in the same lists, and answer no question. */
function writers(ids: string[]): string[] {
  return ids.filter((id) => !WITHOUT_WORDS.test(id))
}

function found(models: string[]) {
  return { ok: true as const, models: models.slice(0, MODELS_AT_MOST) }
}

function refused({ label, apiKey }: Asked, status: number): Listing {
  if (status === 401 || status === 403 || (status === 400 && apiKey !== undefined))
    return trouble(
      'key',
      apiKey === undefined
        ? `${label} wants a key.`
        : `${label} does not accept the key. Check it, or make another there.`,
    )
  if (status === 402)
    return trouble('wallet', `${label} says that the account of this key can’t pay. Add credit there.`)
  if (status === 429) return trouble('busy', `${label} asks to slow down. The key may be good: try again in a minute.`)
  if (status >= 500) return trouble('busy', `${label} has trouble of its own (${status}). Try again later.`)
  return trouble(
    'address',
    `Something answers at this address, but not with a list of models (${status}). Check the address and its path.`,
  )
}

function stranger({ label }: Asked): Listing {
  return trouble(
    'stranger',
    `Something answers at this address, but it does not speak as ${label} does. Check the address.`,
  )
}

function trouble(why: Trouble, says: string): Listing {
  return { ok: false, why, says }
}

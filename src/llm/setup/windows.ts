import { z } from 'zod'
import type { Clock } from '../../clock.ts'
import { type OllamaServer, shownAt } from '../ollama-server.ts'
import { apiRoot } from '../openai-chat.ts'
import { vendorFetch } from '../vendor-fetch.ts'
import type { Asked, Listing } from './list-models.ts'

/** Models that a server is asked about in one go, each with a question of its own. */
const ASKED_AT_MOST = 100

/** Tokens that a server says its models have in view, by model. */
export type Windows = ReadonlyMap<string, number>

const Props = z.object({ default_generation_settings: z.object({ n_ctx: z.number().int().positive() }) })

/**
 * The windows of a server's models: those that stand in its list (vLLM, gateways), and what Ollama and llama.cpp say when they are
 * asked about each model; Ollama, which may have many, only about those that are not `known`. What a server does not tell within `ms` of the clock is left out.
 */
export async function windowsAt(
  asked: Asked,
  listing: Extract<Listing, { ok: true }>,
  known: Windows,
  ms: number,
  signal: AbortSignal,
  clock: Pick<Clock, 'sleep'>,
): Promise<Windows> {
  const windows = new Map(Object.entries(listing.windows ?? {}))
  const ask = asker(asked, listing)
  if (!ask) return windows
  const late = new AbortController()
  const over = new AbortController()
  void clock.sleep(ms, over.signal).then(() => over.signal.aborted || late.abort())
  const stop = AbortSignal.any([late.signal, signal])
  for (const model of listing.models.slice(0, ASKED_AT_MOST)) {
    const window = (asked.kind === 'ollama' ? known.get(model) : undefined) ?? (await told(() => ask(model, stop)))
    if (window !== undefined) windows.set(model, window)
    if (stop.aborted) break
  }
  over.abort()
  return windows
}

type Ask = (model: string, signal: AbortSignal) => Promise<number | undefined>

function asker({ kind, baseUrl, apiKey }: Asked, { owner }: Extract<Listing, { ok: true }>): Ask | undefined {
  if (kind === 'ollama') return (model, signal) => ollamaWindow({ baseUrl, apiKey }, model, signal)
  if (kind !== 'compatible' || owner !== 'llamacpp') return undefined
  const headers: Record<string, string> = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }
  const root = apiRoot(baseUrl).replace(/\/v1$/, '')
  return async (model, signal) => {
    // A server of several models would load one to tell of it.
    const query = new URLSearchParams({ model, autoload: 'false' })
    const response = await vendorFetch(`${root}/props?${query}`, { headers, signal })
    return Props.parse(await response.json()).default_generation_settings.n_ctx
  }
}

async function ollamaWindow(server: OllamaServer, model: string, signal: AbortSignal): Promise<number | undefined> {
  const { window, numCtx } = await shownAt(server, model, signal)
  return window && numCtx ? Math.min(window, numCtx) : (numCtx ?? window)
}

/** A server that tells nothing of a model is no trouble: what is usual holds. */
async function told(ask: () => Promise<number | undefined>): Promise<number | undefined> {
  try {
    return await ask()
  } catch {
    return undefined
  }
}

import { pictureTokens, requestText } from './cost.ts'
import type { ModelRequest, Provider } from './provider.ts'

/** Longest piece that is counted in one go, in characters: at most 2 KB. One long run without a break blocks the tokenizer for a minute. */
const PIECE = 682
/** Longest time, ms, before the event loop gets a turn. */
const TURN_MS = 8
/** How long a vendor may take to count, ms. */
const VENDOR_MS = 3_000
/** Other vendors' tokens are shorter than OpenAI's. */
const OTHERS = 1.1

type Count = (text: string) => number

let loaded: Promise<Count> | undefined

/** The tokens of a request as it goes out: the vendor's own count where it gives one in time, else by OpenAI's tokenizer. */
export async function countInput(provider: Provider, request: ModelRequest, signal: AbortSignal): Promise<number> {
  const own = await vendorCount(provider, request, signal)
  if (own !== undefined) return own
  const tokens = await countTokens(requestText(request), signal)
  return (provider.name === 'openai' ? tokens : Math.ceil(tokens * OTHERS)) + pictureTokens(request)
}

async function vendorCount(provider: Provider, request: ModelRequest, signal: AbortSignal) {
  if (!provider.countTokens) return undefined
  try {
    return await provider.countTokens(request, AbortSignal.any([signal, AbortSignal.timeout(VENDOR_MS)]))
  } catch {
    signal.throwIfAborted()
    return undefined // the count is a courtesy; whatever keeps the vendor from it, ours will do
  }
}

/**
 * The tokens of a text in the encoding o200k, piece by piece, so that others get their turn: some tokens at the joints are
 * counted twice (under 1 % of code and prose). @throws the signal's reason once it is aborted
 */
export async function countTokens(text: string, signal?: AbortSignal): Promise<number> {
  loaded ??= load()
  const count = await loaded
  let sum = 0
  let turnEnds = performance.now() + TURN_MS
  for (let at = 0; at < text.length; ) {
    const end = pieceEnd(text, at)
    sum += count(text.slice(at, end))
    at = end
    if (performance.now() < turnEnds) continue
    await new Promise((resolve) => setImmediate(resolve))
    signal?.throwIfAborted()
    turnEnds = performance.now() + TURN_MS
  }
  return sum
}

function pieceEnd(text: string, at: number): number {
  const end = at + PIECE
  return isHighSurrogate(text.charCodeAt(end - 1)) ? end + 1 : end
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff
}

/** Takes a third of a second, once: it is loaded only when a budget is nearly used up. */
async function load(): Promise<Count> {
  const { countTokens: count } = await import('gpt-tokenizer/encoding/o200k_base')
  const everything = { disallowedSpecial: new Set<string>() } // a file may well speak of <|endoftext|>
  return (text) => count(text, everything)
}

import { errorFacts } from '../errors.ts'
import { Hold, Snooze } from '../jobs/handler.ts'
import { asAnswerTo, MOST_BYTES } from './answers.ts'
import { type BooksDeps, type Closing, closeCall, openCall, type Permit } from './books.ts'
import { budgetBusy, budgetReached } from './budget-question.ts'
import type { Reached } from './budgets.ts'
import { costOf, estimatedCost, requestBytes, roughTokens } from './cost.ts'
import { isPriced, type PriceFor, priceIn } from './prices.ts'
import { type Chunk, type FinishReason, type ModelRequest, NO_USAGE, type Provider, type Usage } from './provider.ts'
import { requestKey } from './request-key.ts'
import { countInput } from './tokens.ts'

/** How soon a job is tried again whose budget is set aside for calls that are under way. */
const BUSY_MS = 5_000
/** More tokens no model takes or gives in one call: a provider that says so has not counted. */
const TOKENS_AT_MOST = 100_000_000
/** Characters of a kept answer that go out together, and pieces between two turns of the event loop. */
const PIECE = 512
const PIECES_A_TURN = 8
/** Errors that say that the vendor has not begun to work: it takes nothing for them. */
const REFUSALS = new Set([
  'circuit_open',
  'model_auth',
  'model_bad_request',
  'model_billing',
  'model_overloaded',
  'model_rate_limited',
  'unknown_model',
])

/**
 * The same provider with its books: an answer that is kept already is given again; else the call is held against the budgets
 * and written down before it is made, and settled when it is over. Nothing is written in between.
 * Throws a Hold with `budget_reached` where a job is asking, the error itself elsewhere; a Snooze with `budget_busy`.
 */
export function withBooks(deps: BooksDeps, provider: Provider): Provider {
  return { ...provider, stream: (request, signal) => booked(deps, provider, request, signal) }
}

async function* booked(
  deps: BooksDeps,
  provider: Provider,
  request: ModelRequest,
  signal: AbortSignal,
): AsyncGenerator<Chunk> {
  signal.throwIfAborted()
  const key = requestKey(provider, request)
  const price = priceIn(deps.factsOf, provider.name, request.model)
  const permit = await permitted(deps, provider, request, { key, price }, signal)
  if ('text' in permit) return yield* again(asAnswerTo(request.task, permit.text))
  const { hear, failed, closing, text } = tally(request, price, deps.now, key !== undefined)
  try {
    for await (const chunk of provider.stream(request, signal)) {
      hear(chunk)
      yield chunk
    }
    hear(undefined)
  } catch (error) {
    failed(error, signal.aborted)
    throw error
  } finally {
    const how = closing()
    const whole = how.ended === 'stop' ? text() : undefined
    const answer = key !== undefined && whole !== undefined ? { key, text: whole, task: request.task } : undefined
    await closeCall(deps, permit.call, how, answer)
  }
}

/** First by a guess that costs no time; only near the end of a budget by what the tokens are. */
async function permitted(
  deps: BooksDeps,
  provider: Provider,
  request: ModelRequest,
  { key, price }: { key: string | undefined; price: PriceFor },
  signal: AbortSignal,
): Promise<Exclude<Permit, { reached: Reached }>> {
  const intent = { provider, request, key, priced: isPriced(price) }
  const guessed = await openCall(deps, { ...intent, cost: estimatedCost(request, price), isCounted: false })
  if (!('reached' in guessed)) return guessed
  const inputTokens = await countInput(provider, request, signal)
  const counted = await openCall(deps, { ...intent, cost: estimatedCost(request, price, inputTokens), isCounted: true })
  if (!('reached' in counted)) return counted
  throw refused(counted.reached, request)
}

function refused(reached: Reached, { account }: ModelRequest): Error {
  const error = reached.passes ? budgetBusy(reached) : budgetReached(reached)
  if (!account?.job) return error
  return reached.passes ? new Snooze(BUSY_MS, error) : new Hold(error)
}

/** A kept answer as a model gives one: in pieces, with its counts and its end. */
async function* again(text: string): AsyncGenerator<Chunk> {
  for (let at = 0, piece = 1; at < text.length; at += PIECE, piece++) {
    yield { type: 'text', text: text.slice(at, at + PIECE) }
    if (piece % PIECES_A_TURN === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  yield { type: 'usage', ...NO_USAGE, keptAnswers: 1 }
  yield { type: 'finish', reason: 'stop' }
}

/** What a server says may be no count: one that is negative, broken or beyond all reason would spoil every sum that it is in. */
function isCount({ inputTokens, outputTokens, cachedTokens, cacheWriteTokens = 0 }: Usage): boolean {
  const counts = [inputTokens, outputTokens, cachedTokens, cacheWriteTokens]
  return counts.every((count) => Number.isInteger(count) && count >= 0 && count <= TOKENS_AT_MOST)
}

/** Listens to a stream and says at its end what it took. `keeps`: whether the text may be wanted again. */
function tally(request: ModelRequest, price: PriceFor, now: () => number, keeps: boolean) {
  let usage: Usage | undefined
  let finish: FinishReason | undefined
  let error: string | null = null
  let ended: 'closed' | 'failed' | 'stopped' = 'stopped' // a reader who leaves early says nothing
  let answeredAt: number | null = null
  let bytes = 0
  let text = ''

  function hear(chunk: Chunk | undefined): void {
    if (!chunk) ended = 'closed'
    else if (chunk.type === 'usage') usage = isCount(chunk) ? chunk : undefined
    else if (chunk.type === 'finish') finish = chunk.reason
    else if (chunk.type !== 'retrying') answeredAt ??= now()
    const said = chunk?.type === 'text' ? chunk.text : chunk?.type === 'calling' ? chunk.delta : ''
    bytes += Buffer.byteLength(said)
    if (keeps && bytes <= MOST_BYTES) text += said
  }

  function failed(thrown: unknown, aborted: boolean): void {
    ended = aborted ? 'stopped' : 'failed'
    const reason = thrown instanceof Snooze ? thrown.reason : thrown
    error = aborted ? null : errorFacts(reason).code
  }

  /** The provider's own counts; where they are missing, or the stream ended before the last of them, what came. */
  function counts(): Usage & { estimated: boolean } {
    const wasRefused = answeredAt === null && usage === undefined && error !== null && REFUSALS.has(error)
    if (wasRefused) return { ...NO_USAGE, estimated: false }
    const inputTokens = usage?.inputTokens || roughTokens(requestBytes(request))
    const heard = roughTokens(bytes)
    const isWhole = finish !== undefined && Boolean(usage?.inputTokens) && (usage!.outputTokens > 0 || bytes === 0)
    const outputTokens = isWhole ? usage!.outputTokens : Math.max(usage?.outputTokens ?? 0, heard)
    return { ...NO_USAGE, ...usage, inputTokens, outputTokens, estimated: !isWhole }
  }

  return {
    hear,
    failed,
    text: () => (bytes <= MOST_BYTES ? text : undefined),
    closing(): Closing {
      const { inputTokens, outputTokens, cachedTokens, cacheWriteTokens = 0, estimated } = counts()
      const used = { inputTokens, outputTokens, cachedTokens, cacheWriteTokens }
      const how = error === null ? (finish ?? ended) : 'failed'
      return { ...used, estimated, costMicros: costOf(used, price), answeredAt, ended: how, error }
    },
  }
}

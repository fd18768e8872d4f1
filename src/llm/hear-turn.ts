import { DomainError } from '../errors.ts'
import type { Snooze } from '../jobs/handler.ts'
import { answerTooLong, tooManyCalls } from './answer-too-long.ts'
import { type HearHooks, hearAnswer } from './hear-answer.ts'
import type { Choice } from './models.ts'
import { prompt } from './prompts.ts'
import {
  addUsage,
  type FinishReason,
  type Message,
  type ModelRequest,
  NO_USAGE,
  type ToolCall,
  type Usage,
} from './provider.ts'
import { joinable, joinTo, numberedTail, wholeLines } from './stitch.ts'
import { codeOf, throughChain } from './through-chain.ts'

/** Times that one model is asked again for a turn which was cut. */
const CUTS_AT_MOST = 4
/** Most that one answer may bring, its calls included: a model that goes on for ever is stopped. */
const TURN_BYTES_AT_MOST = 4 * 1024 * 1024
/** Most calls of one turn: a model that looks in many places at once makes some ten. */
const CALLS_AT_MOST = 100
/** What ends a stream after its first content so that the same model goes on; if it is still away, that is found before the next. */
const BREAKS = new Set(['model_idle_timeout', 'model_unavailable', 'model_overloaded', 'model_rate_limited'])

export type TurnAsk = Omit<ModelRequest, 'model' | 'schema'> & {
  /** Text of the same turn that an earlier attempt had received: it goes on from its last whole line. */
  draft?: string | undefined
}

/** One whole turn of a model. */
export interface Turn {
  text: string
  calls: ToolCall[]
  /** Of all that were asked. */
  usage: Usage
  provider: string
  model: string
}

/** A turn on its way: what is kept of its text, and what it took. */
interface Taking {
  ask: Omit<TurnAsk, 'draft'>
  hooks: HearHooks
  signal: AbortSignal
  before: string
  usage: Usage
  isTooLong: boolean
}

/**
 * Asks for one turn: text, calls, or both. It counts only when the model says that it has finished: the calls of a turn that
 * was cut are dropped, since they may be half; its text is kept up to its last whole line, and the model goes on from there,
 * at most 4 times. Then, and when a model fails for good, the next of the chain goes on from the same line.
 * @throws DomainError `model_cut_off` (retryable), `model_refused`, `model_answer_too_long`, or what `throughChain` throws
 */
export function hearTurn(
  { chain }: { chain: Choice[] },
  { draft = '', ...ask }: TurnAsk,
  hooks: HearHooks,
  signal: AbortSignal,
): Promise<Turn> {
  const before = joinable(draft)
  if (before !== draft) hooks.onRestart(before)
  const taking: Taking = { ask, hooks, signal, before, usage: NO_USAGE, isTooLong: false }
  return throughChain(chain, hooks, signal, (choice) => hearFrom(choice, taking))
}

/** Asks one model until its turn is whole, or it has failed for good; what it has brought stays in `taking`. */
async function hearFrom(choice: Choice, taking: Taking): Promise<Turn> {
  const { provider, model } = choice
  for (let cuts = 0; ; cuts++) {
    const { before, hooks } = taking
    const heard = await hearOnce(choice, taking)
    taking.usage = addUsage(taking.usage, heard.usage)
    const { usage } = taking
    if (heard.isWhole) return { text: before + heard.added, calls: heard.calls, usage, provider: provider.name, model }

    keep(taking, heard)
    if (heard.error && !(heard.hasContent && BREAKS.has(heard.ended))) throw heard.error
    if (cuts === CUTS_AT_MOST) throw cutOff(model, heard.ended)
    await hooks.onContinue?.({ choice, reason: heard.ended, line: wholeLines(taking.before).length + 1 })
  }
}

function keep(taking: Taking, { added, isJoined, ended }: Heard): void {
  const shown = taking.before + added
  const isEndless = ended === 'model_answer_too_long'
  taking.before = isJoined && !isEndless ? joinable(shown) : ''
  taking.isTooLong = (ended === 'length' && taking.before === '') || isEndless
  if (taking.before !== shown) taking.hooks.onRestart(taking.before)
}

/** What came of asking once. `added` was reported; `error` is how the model failed. */
interface Heard {
  isWhole: boolean
  isJoined: boolean
  hasContent: boolean
  added: string
  calls: ToolCall[]
  usage: Usage
  ended: string
  error?: DomainError | Snooze
}

async function hearOnce(choice: Choice, { ask, hooks, signal, before, isTooLong }: Taking): Promise<Heard> {
  const request = { ...ask, model: choice.model, messages: [...ask.messages, ...goOn(before, isTooLong)] }
  const text = openText(before, hooks.onText)
  const calls: ToolCall[] = []
  let room = TURN_BYTES_AT_MOST
  const { usage, finish, hasContent, error } = await hearAnswer(choice, request, hooks, signal, (chunk) => {
    if (chunk.type === 'call' && calls.push(chunk.call) > CALLS_AT_MOST) throw tooManyCalls(choice, CALLS_AT_MOST)
    if (chunk.type === 'calling') room -= Buffer.byteLength(chunk.delta)
    if (chunk.type === 'text') room -= Buffer.byteLength(chunk.text)
    if (room < 0) throw answerTooLong(choice, 'answer', TURN_BYTES_AT_MOST)
    if (chunk.type === 'text') text.push(chunk.text)
    return undefined
  })

  const hasEnded = !error && isTheEnd(finish, calls)
  const { added, isJoined } = text.end(hasEnded)
  const ended = error ? codeOf(error) : hasEnded ? 'does_not_join' : (finish ?? 'closed')
  return { isWhole: hasEnded && isJoined, isJoined, hasContent, added, calls, usage, ended, ...(error && { error }) }
}

/** The text of one answer on its way to whoever shows it, joined to what there is. */
function openText(before: string, onText: (delta: string) => void) {
  const joiner = joinTo(before)
  let hasText = false
  let added = ''
  const show = (text: string) => {
    if (text === '') return
    added += text
    onText(text)
  }
  return {
    push(text: string) {
      hasText ||= text.trim() !== ''
      show(joiner.push(text))
    },
    /** A turn of calls alone repeats nothing, and fits anywhere. */
    end(hasEnded: boolean) {
      if (hasEnded && hasText) show(joiner.end())
      return { added, isJoined: joiner.state === 'joined' || !hasText }
    },
  }
}

/** Some vendors say `stop` where a turn ends with calls; `tools` without any is half a turn. */
function isTheEnd(finish: FinishReason | undefined, calls: ToolCall[]): boolean {
  return finish === 'stop' || (finish === 'tools' && calls.length > 0)
}

/** The turns that ask to go on, or to be shorter. */
function goOn(before: string, isTooLong: boolean): Message[] {
  if (before === '' && !isTooLong) return []
  return [
    { role: 'assistant', content: before.trimEnd() || '(cut off)' },
    { role: 'user', content: before === '' ? prompt('turn-too-long') : prompt('turn-cut', numberedTail(before)) },
  ]
}

function cutOff(model: string, ended: string): DomainError {
  return new DomainError(
    'model_cut_off',
    'The model did not bring its answer to an end. Hearth tries again; a shorter question or another model may help.',
    { retryable: true, context: { model, ended } },
  )
}

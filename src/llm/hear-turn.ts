import { DomainError, type ErrorFacts } from '../errors.ts'
import { Snooze } from '../jobs/handler.ts'
import { closedSilently } from './closed-silently.ts'
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
import { refused } from './refused.ts'
import { joinable, joinTo, numberedTail } from './stitch.ts'

/** Times that a turn which was cut is asked for again. */
const CUTS_AT_MOST = 4
/** A stream that breaks off like this goes on at once with the same model. */
const BREAKS = new Set(['model_idle_timeout', 'model_unavailable'])

export type TurnAsk = Omit<ModelRequest, 'model' | 'schema'> & {
  /** Text of the same turn that an earlier attempt had received: it goes on from its last whole line. */
  draft?: string | undefined
}

export interface TurnHooks {
  /** The next piece of the turn's text. All pieces since the last `onRestart`, after its text, are the text so far. */
  onText(delta: string): void
  /** The text so far is `text` instead of what was reported. */
  onRestart(text: string): void
  onThinking?(): void
  /** The input of a call goes on arriving. */
  onCalling?(name: string): void
  /** Nothing has come, and the provider is asked again. */
  onRetrying?(retry: { error: ErrorFacts; delayMs: number }): void
  /** The model is asked again, since the turn ended for the reason given. */
  onCut?(reason: string): void
}

/** One whole turn of a model. */
export interface Turn {
  text: string
  calls: ToolCall[]
  usage: Usage
  provider: string
  model: string
}

/**
 * Asks for one turn: text, calls, or both. It counts only when the model says that it has finished: the calls of a turn that
 * was cut are dropped, since they may be half; its text is kept up to its last whole line, and the model goes on from there.
 * While nothing has come, the next of the chain takes the place of one that fails.
 * @throws DomainError `model_cut_off` (retryable), `model_refused`, or what the last of the chain throws
 */
export async function hearTurn(
  { chain }: { chain: Choice[] },
  { draft = '', ...ask }: TurnAsk,
  hooks: TurnHooks,
  signal: AbortSignal,
): Promise<Turn> {
  let before = joinable(draft)
  if (before !== draft) hooks.onRestart(before)
  let usage = NO_USAGE
  let at = 0
  let isTooLong = false

  for (let cuts = 0; ; ) {
    const { provider, model } = chain[at]!
    const request = { ...ask, model, messages: [...ask.messages, ...goOn(before, isTooLong)] }
    const heard = await hearOnce(chain[at]!, request, before, hooks, signal)
    usage = addUsage(usage, heard.usage)
    if (heard.isWhole) return { text: before + heard.added, calls: heard.calls, usage, provider: provider.name, model }

    const hasNext = at + 1 < chain.length
    const leaves = heard.error !== undefined && (!heard.hasContent || !BREAKS.has(codeOf(heard.error)))
    if (leaves && !(hasNext && mayAskAnother(heard.error))) throw heard.error
    if (leaves) at++
    else if (cuts++ === CUTS_AT_MOST) throw cutOff(model, heard.ended)

    const shown = before + heard.added
    before = heard.isJoined ? joinable(shown) : ''
    isTooLong = heard.ended === 'length' && before === ''
    if (before !== shown) hooks.onRestart(before)
    hooks.onCut?.(heard.ended)
  }
}

/** What came of asking once. `added` was reported; `error` is what the stream threw. */
interface Heard {
  isWhole: boolean
  isJoined: boolean
  hasContent: boolean
  added: string
  calls: ToolCall[]
  usage: Usage
  ended: string
  error?: unknown
}

async function hearOnce(
  { provider, model }: Choice,
  request: ModelRequest,
  before: string,
  hooks: TurnHooks,
  signal: AbortSignal,
): Promise<Heard> {
  const joiner = joinTo(before)
  const calls: ToolCall[] = []
  let added = ''
  let usage = NO_USAGE
  let finish: FinishReason | undefined
  let hasText = false
  let hasContent = false
  let error: unknown
  const show = (text: string) => {
    if (text === '') return
    added += text
    hooks.onText(text)
  }

  try {
    for await (const chunk of provider.stream(request, signal)) {
      if (chunk.type === 'thinking') hooks.onThinking?.()
      if (chunk.type === 'retrying') hooks.onRetrying?.(chunk)
      if (chunk.type === 'calling') hooks.onCalling?.(chunk.name)
      if (chunk.type === 'usage') usage = chunk
      if (chunk.type === 'finish') finish = chunk.reason
      if (chunk.type === 'call') calls.push(chunk.call)
      hasContent ||= chunk.type === 'text' || chunk.type === 'call' || chunk.type === 'calling'
      if (chunk.type !== 'text') continue
      hasText ||= chunk.text.trim() !== ''
      show(joiner.push(chunk.text))
    }
  } catch (thrown) {
    signal.throwIfAborted()
    error = thrown
  }
  if (finish === 'refusal') throw refused(provider, model)
  if (!hasContent && !finish) error ??= closedSilently(provider)

  const hasEnded = error === undefined && isTheEnd(finish, calls)
  if (hasEnded && hasText) show(joiner.end())
  const isJoined = joiner.state === 'joined' || !hasText // a turn of calls alone repeats nothing
  const ended = error ? codeOf(error) : hasEnded ? 'does_not_join' : (finish ?? 'closed')
  return { isWhole: hasEnded && isJoined, isJoined, hasContent, added, calls, usage, ended, error }
}

/** Some vendors say `stop` where a turn ends with calls; `tools` without any is half a turn. */
function isTheEnd(finish: FinishReason | undefined, calls: ToolCall[]): boolean {
  return finish === 'stop' || (finish === 'tools' && calls.length > 0)
}

function mayAskAnother(error: unknown): boolean {
  if (error instanceof Snooze) return true
  return error instanceof DomainError && /^(model_|unknown_model)/.test(error.code)
}

function codeOf(error: unknown): string {
  if (error instanceof Snooze) return error.reason?.code ?? 'snooze'
  return error instanceof DomainError ? error.code : 'internal'
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

import type { DomainError } from '../errors.ts'
import type { Snooze } from '../jobs/handler.ts'
import { closedSilently } from './closed-silently.ts'
import type { Choice } from './models.ts'
import { type Chunk, type FinishReason, type ModelRequest, NO_USAGE, type Usage } from './provider.ts'
import { refused } from './refused.ts'
import { type AskHooks, mayAskAnother } from './through-chain.ts'

/** Hears text, a file's or a turn's, that may come in several answers. */
export interface HearHooks extends AskHooks {
  /** The next piece. All pieces since the last `onRestart`, after its text, are the text so far. */
  onText(delta: string): void
  /** The text so far is `text` instead of what was reported, usually a few lines less. */
  onRestart(text: string): void
  onThinking?(): void
  /** The same model is asked to go on at a line, 1 for anew, since its answer ended for the reason given. */
  onContinue?(news: { choice: Choice; reason: string; line: number }): void | Promise<void>
}

/** How one answer ended. */
export interface Ended {
  usage: Usage
  finish: FinishReason | undefined
  /** Something of the answer came: what ended it after that is a cut. */
  hasContent: boolean
  /** How the model failed. */
  error: DomainError | Snooze | undefined
}

/**
 * Asks once, and gives each chunk to `take` until it answers that it has heard enough. How a model fails, also what `take`
 * throws of that kind, is not thrown: what came before it may count.
 * @throws DomainError `model_refused`, or what the stream or `take` throws that is no failure of a model
 */
export async function hearAnswer(
  choice: Choice,
  request: ModelRequest,
  hooks: Pick<HearHooks, 'onThinking' | 'onRetry'>,
  signal: AbortSignal,
  take: (chunk: Chunk) => 'enough' | undefined,
): Promise<Ended> {
  const ended: Ended = { usage: NO_USAGE, finish: undefined, hasContent: false, error: undefined }
  try {
    for await (const chunk of choice.provider.stream(request, signal)) {
      if (chunk.type === 'thinking') hooks.onThinking?.()
      if (chunk.type === 'retrying') await hooks.onRetry?.({ choice, error: chunk.error, delayMs: chunk.delayMs })
      if (chunk.type === 'usage') ended.usage = chunk
      if (chunk.type === 'finish') ended.finish = chunk.reason
      ended.hasContent ||= chunk.type === 'text' || chunk.type === 'call' || chunk.type === 'calling'
      if (take(chunk) === 'enough') break
    }
  } catch (thrown) {
    signal.throwIfAborted()
    if (!mayAskAnother(thrown)) throw thrown
    ended.error = thrown
  }
  if (ended.finish === 'refusal') throw refused(choice.provider, choice.model)
  if (!ended.hasContent && !ended.finish) ended.error ??= closedSilently(choice.provider)
  return ended
}

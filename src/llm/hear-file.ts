import type { DomainError } from '../errors.ts'
import type { Snooze } from '../jobs/handler.ts'
import { readAnswer } from './answer-reader.ts'
import { answerTooLong } from './answer-too-long.ts'
import { closedSilently } from './closed-silently.ts'
import type { Choice } from './models.ts'
import { type FinishReason, type ModelRequest, NO_USAGE, type Usage } from './provider.ts'
import { refused } from './refused.ts'
import { joinTo, wholeLines } from './stitch.ts'
import { type AskHooks, codeOf, mayAskAnother } from './through-chain.ts'

/** Most of one file, and of what comes in one answer for it. */
export const FILE_BYTES_AT_MOST = 1024 * 1024
/** Most white space, or beginning of a fence, that may yet turn out not to be the file's, in characters. */
const HELD_AT_MOST = 16 * 1024

export type FileRequest = ModelRequest & { task: { sentinel: string; path: string } }

export interface FileHooks extends AskHooks {
  /** The next piece of the file. All pieces since the last `onRestart`, after its text, are the file so far. */
  onText(delta: string): void
  /** The file so far is `text` instead of what was reported, usually a few lines less. */
  onRestart(text: string): void
  onThinking?(): void
  /** The same model is asked to go on at a line, since its answer ended for the reason given. */
  onContinue?(news: { choice: Choice; reason: string; line: number }): void | Promise<void>
}

/** What one answer has brought. `ended`: why it is not whole. */
export interface Heard {
  whole: boolean
  /** Text came: what ended it after that is a cut. */
  begun: boolean
  /** What was reported through `onText`. */
  added: string
  fenced: boolean
  usage: Usage
  ended: string
  /** How the model failed. */
  error?: DomainError | Snooze
}

/**
 * Asks once for a file, or for the rest of one whose beginning is `before`. How a model fails is not thrown: what came
 * before it may count. An answer that can't be joined is not heard to its end, nor is one that goes on for ever.
 * @throws DomainError `model_refused`, or what the provider's stream throws that is no failure of a model
 */
export async function hearFile(
  choice: Choice,
  request: FileRequest,
  { before, fenced }: { before: string; fenced: boolean },
  hooks: FileHooks,
  signal: AbortSignal,
): Promise<Heard> {
  const { sentinel, path } = request.task
  const reader = readAnswer({ sentinel, path, fenced, anchor: wholeLines(before).at(-1) })
  const joiner = joinTo(before)
  let room = FILE_BYTES_AT_MOST - Buffer.byteLength(before)
  let added = ''
  let usage = NO_USAGE
  let finish: FinishReason | undefined
  let error: DomainError | Snooze | undefined
  let begun = false

  const show = (text: string) => {
    if (text === '') return
    added += text
    hooks.onText(text)
  }

  try {
    for await (const chunk of choice.provider.stream(request, signal)) {
      if (chunk.type === 'thinking') hooks.onThinking?.()
      if (chunk.type === 'retrying') await hooks.onRetry?.({ choice, error: chunk.error, delayMs: chunk.delayMs })
      if (chunk.type === 'usage') usage = chunk
      if (chunk.type === 'finish') finish = chunk.reason
      if (chunk.type !== 'text') continue
      begun = true
      room -= Buffer.byteLength(chunk.text)
      if (room < 0) throw answerTooLong(choice, path, FILE_BYTES_AT_MOST)
      show(joiner.push(reader.push(chunk.text)))
      if (reader.held.length > HELD_AT_MOST) throw answerTooLong(choice, path, HELD_AT_MOST)
      if (joiner.state === 'refused') break
    }
  } catch (thrown) {
    signal.throwIfAborted()
    if (!mayAskAnother(thrown)) throw thrown
    error = thrown
  }
  if (finish === 'refusal') throw refused(choice.provider, choice.model)
  if (!begun && !finish) error ??= closedSilently(choice.provider)

  const answered = !error && reader.done && finish === 'stop'
  if (answered) show(joiner.end())
  // The reader holds back white space, which may be what makes the last line a whole one.
  if (!answered && joiner.state === 'joined' && /^[ \t]*\r?\n/.test(reader.held)) show('\n')
  return {
    whole: answered && joiner.state === 'joined',
    begun,
    added,
    fenced: reader.fenced,
    usage,
    ended: (error && codeOf(error)) ?? (joiner.state === 'refused' || answered ? 'does_not_join' : reasonOf(finish)),
    ...(error && { error }),
  }
}

function reasonOf(finish: FinishReason | undefined): string {
  return finish === 'stop' ? 'no_end_line' : (finish ?? 'closed')
}

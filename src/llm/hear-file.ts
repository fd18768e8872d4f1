import { DomainError } from '../errors.ts'
import { readAnswer } from './answer-reader.ts'
import { closedSilently } from './closed-silently.ts'
import { type FinishReason, type ModelRequest, NO_USAGE, type Provider, type Usage } from './provider.ts'
import { refused } from './refused.ts'
import { joinTo, wholeLines } from './stitch.ts'

/** A stream that breaks off like this goes on at once; other failures (slow down, overloaded) need a pause first. */
const BREAKS = new Set(['model_idle_timeout', 'model_unavailable'])

export type FileRequest = ModelRequest & { task: { sentinel: string; path: string } }

export interface FileHooks {
  /** The next piece of the file. All pieces since the last `onRestart`, after its text, are the file so far. */
  onText(delta: string): void
  /** The file so far is `text` instead of what was reported, usually a few lines less. */
  onRestart(text: string): void
  onThinking?(): void
  /** The model is asked to go on, since the answer ended for the reason given. */
  onContinue?(reason: string): void
}

/** What one answer has brought. `ended`: why it is not whole. */
export interface Heard {
  whole: boolean
  /** What was reported through `onText`. */
  added: string
  fenced: boolean
  usage: Usage
  ended: string
}

/**
 * Asks once for a file, or for the rest of one whose beginning is `before`. An answer that breaks off after its first text
 * is not whole, and no error: the caller goes on from it. @throws DomainError `model_refused`, `model_unavailable`, or what the
 * provider's stream throws.
 */
export async function hearFile(
  provider: Provider,
  request: FileRequest,
  { before, fenced }: { before: string; fenced: boolean },
  hooks: FileHooks,
  signal: AbortSignal,
): Promise<Heard> {
  const { sentinel, path } = request.task
  const reader = readAnswer({ sentinel, path, fenced, anchor: wholeLines(before).at(-1) })
  const joiner = joinTo(before)
  let added = ''
  let usage = NO_USAGE
  let finish: FinishReason | undefined
  let broken: string | undefined
  let received = false

  const show = (text: string) => {
    if (text === '') return
    added += text
    hooks.onText(text)
  }

  try {
    for await (const chunk of provider.stream(request, signal)) {
      if (chunk.type === 'thinking') hooks.onThinking?.()
      if (chunk.type === 'usage') usage = chunk
      if (chunk.type === 'finish') finish = chunk.reason
      if (chunk.type !== 'text') continue
      received = true
      show(joiner.push(reader.push(chunk.text)))
    }
  } catch (error) {
    signal.throwIfAborted()
    if (!received || !(error instanceof DomainError) || !BREAKS.has(error.code)) throw error
    broken = error.code
  }
  if (finish === 'refusal') throw refused(provider, request.model)
  if (!received && !finish) throw closedSilently(provider)

  const answered = reader.done && finish === 'stop'
  if (answered) show(joiner.end())
  // The reader holds back white space, which may be what makes the last line a whole one.
  if (!answered && joiner.state === 'joined' && /^[ \t]*\r?\n/.test(reader.held)) show('\n')
  return {
    whole: answered && joiner.state === 'joined',
    added,
    fenced: reader.fenced,
    usage,
    ended: broken ?? (answered ? 'does_not_join' : finish === 'stop' ? 'no_end_line' : (finish ?? 'closed')),
  }
}

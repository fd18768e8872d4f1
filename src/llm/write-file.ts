import { DomainError } from '../errors.ts'
import { readAnswer } from './answer-reader.ts'
import { goOn, withRules } from './file-prompts.ts'
import { addUsage, type FinishReason, type ModelRequest, NO_USAGE, type Provider, type Usage } from './provider.ts'
import { refused } from './refused.ts'
import { joinable, joinTo, wholeLines } from './stitch.ts'

const CONTINUATIONS_AT_MOST = 4
/** So many continuations in a row that add nothing, and the file is asked for anew. */
const FRUITLESS_AT_MOST = 2
/** A stream that breaks off like this goes on at once; other failures (slow down, overloaded) need a pause first. */
const BREAKS = new Set(['model_idle_timeout', 'model_unavailable'])

/** What to ask for: one file. The last message is the user's; the rules for the form of the answer are added to it. */
export interface FileAsk extends Pick<ModelRequest, 'model' | 'system' | 'context' | 'messages' | 'maxOutputTokens'> {
  task: { kind: 'write' | 'repair'; brief: string; path: string }
  /** Text that an earlier attempt had received when it was cut: the file goes on from its last good line. */
  draft?: string
}

export interface FileHooks {
  /** The next piece of the file. All pieces since the last `onRestart`, after its text, are the file so far. */
  onText(delta: string): void
  /** The file so far is `text` instead of what was reported, usually a few lines less. */
  onRestart(text: string): void
  onThinking?(): void
  /** The model is asked to go on, since the answer ended for the reason given. */
  onContinue?(reason: string): void
}

export interface WrittenFile {
  text: string
  usage: Usage
  provider: string
  model: string
  /** How many times the model was asked to go on, after a draft or a cut. */
  continuations: number
}

interface Deps {
  provider: Provider
  newId(): string
}

/**
 * Has a model write one file as plain text. The file counts only when the model says that it has stopped and its
 * end line came; an answer that was cut goes on from its last whole lines.
 * @throws DomainError `model_cut_off` (retryable) when it is not whole after 4 continuations, `model_refused`, or what the
 * provider's stream throws before its first text.
 */
export async function writeFile(
  { provider, newId }: Deps,
  ask: FileAsk,
  hooks: FileHooks,
  signal: AbortSignal,
): Promise<WrittenFile> {
  const sentinel = `<<<END hearth:${newId().slice(-8)}>>>`
  let before = joinable(ask.draft ?? '')
  if (before !== (ask.draft ?? '')) hooks.onRestart(before)
  let usage = NO_USAGE
  let fenced = false
  let fruitless = 0
  let continuations = before === '' ? 0 : 1

  for (let turn = 0; ; turn++) {
    const heard = await hear(provider, request(ask, sentinel, before), { before, fenced }, hooks, signal)
    usage = addUsage(usage, heard.usage)
    if (heard.whole)
      return { text: before + heard.added, usage, provider: provider.name, model: ask.model, continuations }
    if (turn === CONTINUATIONS_AT_MOST) throw cutOff(ask, before, continuations, heard.ended)

    fenced = heard.fenced
    const kept = joinable(before + heard.added)
    fruitless = before !== '' && wholeLines(kept).length <= wholeLines(before).length ? fruitless + 1 : 0
    const shown = before + heard.added
    before = fruitless === FRUITLESS_AT_MOST ? '' : kept
    if (before !== shown) hooks.onRestart(before)
    hooks.onContinue?.(heard.ended)
    continuations++
  }
}

interface Heard {
  whole: boolean
  /** What was reported through `onText`. */
  added: string
  fenced: boolean
  usage: Usage
  ended: string
}

async function hear(
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
  if (!received && !finish) throw silent(provider)

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

type FileRequest = ModelRequest & { task: { sentinel: string; path: string } }

function request({ draft: _, ...ask }: FileAsk, sentinel: string, before: string): FileRequest {
  const messages = withRules(ask.messages, ask.task.path, sentinel)
  const task = { ...ask.task, sentinel, ...(before === '' ? {} : { textSoFar: before }) }
  return { ...ask, task, messages: before === '' ? messages : [...messages, ...goOn(before, sentinel)] }
}

function cutOff(ask: FileAsk, before: string, continuations: number, ended: string): DomainError {
  return new DomainError(
    'model_cut_off',
    `The model did not bring ${ask.task.path} to an end. Hearth tries again from what there is; a smaller file or another model may help.`,
    { retryable: true, context: { path: ask.task.path, model: ask.model, bytes: before.length, continuations, ended } },
  )
}

function silent(provider: Provider): DomainError {
  return new DomainError(
    'model_unavailable',
    `${provider.label} closed the connection without an answer. Hearth tries again by itself.`,
    { retryable: true, severity: 'warning', context: { provider: provider.name } },
  )
}

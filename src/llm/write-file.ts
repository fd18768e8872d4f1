import { DomainError } from '../errors.ts'
import { goOn, withRules } from './file-prompts.ts'
import { type FileHooks, type FileRequest, hearFile } from './hear-file.ts'
import type { Choice } from './models.ts'
import { addUsage, type ModelRequest, NO_USAGE, type Usage } from './provider.ts'
import { joinable, wholeLines } from './stitch.ts'

const CONTINUATIONS_AT_MOST = 4
/** So many continuations in a row that add nothing, and the file is asked for anew. */
const FRUITLESS_AT_MOST = 2

/** What to ask for: one file. The last message is the user's; the rules for the form of the answer are added to it. */
export interface FileAsk extends Pick<ModelRequest, 'system' | 'context' | 'messages' | 'maxOutputTokens' | 'account'> {
  task: { kind: 'write' | 'repair'; brief: string; path: string }
  /** Text that an earlier attempt had received when it was cut: the file goes on from its last good line. */
  draft?: string
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
  /** Whom to ask, the first one first. */
  chain: Choice[]
  newId(): string
}

/**
 * Has a model write one file as plain text. The file counts only when the model says that it has stopped and its
 * end line came; an answer that was cut goes on from its last whole lines.
 * @throws DomainError `model_cut_off` (retryable) when it is not whole after 4 continuations, `model_refused`, or what the
 * provider's stream throws before its first text.
 */
export async function writeFile(
  { chain, newId }: Deps,
  ask: FileAsk,
  hooks: FileHooks,
  signal: AbortSignal,
): Promise<WrittenFile> {
  const { provider, model } = chain[0]!
  const sentinel = `<<<END hearth:${newId().slice(-8)}>>>`
  let before = joinable(ask.draft ?? '')
  if (before !== (ask.draft ?? '')) hooks.onRestart(before)
  let usage = NO_USAGE
  let fenced = false
  let fruitless = 0
  let continuations = before === '' ? 0 : 1

  for (let turn = 0; ; turn++) {
    const heard = await hearFile(
      provider,
      request({ ...ask, model }, sentinel, before),
      { before, fenced },
      hooks,
      signal,
    )
    usage = addUsage(usage, heard.usage)
    if (heard.whole) return { text: before + heard.added, usage, provider: provider.name, model, continuations }
    if (turn === CONTINUATIONS_AT_MOST) throw cutOff({ ...ask, model }, before, continuations, heard.ended)

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

function request({ draft: _, ...ask }: FileAsk & { model: string }, sentinel: string, before: string): FileRequest {
  const messages = withRules(ask.messages, ask.task.path, sentinel)
  const task = { ...ask.task, sentinel, ...(before === '' ? {} : { textSoFar: before }) }
  return { ...ask, task, messages: before === '' ? messages : [...messages, ...goOn(before, sentinel)] }
}

function cutOff(ask: FileAsk & { model: string }, before: string, continuations: number, ended: string): DomainError {
  return new DomainError(
    'model_cut_off',
    `The model did not bring ${ask.task.path} to an end. Hearth tries again from what there is; a smaller file or another model may help.`,
    {
      retryable: true,
      context: { path: ask.task.path, model: ask.model, bytes: Buffer.byteLength(before), continuations, ended },
    },
  )
}

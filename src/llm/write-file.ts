import { DomainError } from '../errors.ts'
import { goOn, withRules } from './file-prompts.ts'
import type { HearHooks } from './hear-answer.ts'
import { type FileRequest, type Heard, hearFile } from './hear-file.ts'
import type { Choice } from './models.ts'
import { addUsage, type FileFacts, type ModelRequest, NO_USAGE, type Usage } from './provider.ts'
import { joinable, wholeLines } from './stitch.ts'
import { throughChain } from './through-chain.ts'

const CONTINUATIONS_AT_MOST = 4
/** So many continuations in a row that add nothing, and the file is asked for anew. */
const FRUITLESS_AT_MOST = 2

/** What ends a stream after its first text so that the same model goes on from there; if it is still away, that is found before the next. */
const BREAKS = new Set(['model_idle_timeout', 'model_unavailable', 'model_overloaded', 'model_rate_limited'])

/** What to ask for: one file, or edits of it. The last message is the user's; the rules for the form of the answer are added to it. */
export interface FileAsk extends Pick<ModelRequest, 'system' | 'context' | 'messages' | 'maxOutputTokens' | 'account'> {
  task: { kind: 'write' | 'repair'; path: string } & FileFacts
  /** Text that an earlier attempt had received when it was cut: the file goes on from its last good line. */
  draft?: string
}

export interface WrittenFile {
  text: string
  /** Of all that were asked. */
  usage: Usage
  /** Who brought the file to its end. */
  provider: string
  model: string
  /** How many times a model was asked to go on, after a draft, a cut or another model. */
  continuations: number
  /** Who wrote how much of the text, in order; nobody is named for what an earlier attempt had written. */
  parts: Part[]
}

export interface Part {
  provider: string | null
  model: string | null
  bytes: number
}

interface Deps {
  /** Whom to ask, the first one first. */
  chain: Choice[]
  newId(): string
}

/** A file on its way: what there is of it, and how it came about. */
interface Writing {
  ask: FileAsk
  sentinel: string
  hooks: HearHooks
  signal: AbortSignal
  before: string
  fenced: boolean
  usage: Usage
  continuations: number
  parts: Part[]
}

/**
 * Has a model write one file, or edits of it, as plain text. The file counts only when the model says that it has stopped and its
 * end line came; an answer that was cut goes on from its last whole lines, at most 4 times. Then, and when a model fails for
 * good, the next of the chain goes on from the same line.
 * @throws DomainError `model_cut_off` (retryable) when it is not whole after that, `model_refused`,
 * `model_answer_too_long`, or what `throughChain` makes of the failures of the chain
 */
export async function writeFile(
  { chain, newId }: Deps,
  ask: FileAsk,
  hooks: HearHooks,
  signal: AbortSignal,
): Promise<WrittenFile> {
  const { draft = '' } = ask
  const before = joinable(draft)
  if (before !== draft) hooks.onRestart(before)
  const writing: Writing = {
    ask,
    sentinel: `<<<END hearth:${newId().slice(-8)}>>>`,
    hooks,
    signal,
    before,
    fenced: false,
    usage: NO_USAGE,
    continuations: 0,
    parts: before === '' ? [] : [{ provider: null, model: null, bytes: Buffer.byteLength(before) }],
  }
  const onSwitch: HearHooks['onSwitch'] = (news) => hooks.onSwitch?.({ ...news, line: nextLine(writing) })
  return throughChain(chain, { onSwitch }, signal, (choice) => writeWith(choice, writing))
}

/** Goes on with a file until it is whole, or this model has failed for good; what it has brought stays in `writing`. */
async function writeWith(choice: Choice, writing: Writing): Promise<WrittenFile> {
  const { hooks, signal } = writing
  writing.fenced = false // of an answer of its own
  if (writing.before !== '') writing.continuations++
  let fruitless = 0
  for (let turn = 0; ; turn++) {
    const { before } = writing
    const heard = await hearFile(choice, requestOf(choice, writing), writing, hooks, signal)
    writing.usage = addUsage(writing.usage, heard.usage)
    if (heard.whole) return finished(choice, writing, before + heard.added)

    const isTooLong = heard.ended === 'model_answer_too_long'
    const kept = isTooLong ? '' : joinable(before + heard.added)
    fruitless = before !== '' && wholeLines(kept).length <= wholeLines(before).length ? fruitless + 1 : 0
    keep(choice, writing, fruitless === FRUITLESS_AT_MOST ? '' : kept, before + heard.added)
    writing.fenced = heard.fenced
    if (heard.error && !(heard.begun && BREAKS.has(heard.ended))) throw heard.error
    if (turn === CONTINUATIONS_AT_MOST) throw cutOff(choice, writing, heard)
    await hooks.onContinue?.({ choice, reason: heard.ended, line: nextLine(writing) })
    writing.continuations++
  }
}

function nextLine({ before }: Writing): number {
  return wholeLines(before).length + 1
}

function requestOf({ model }: Choice, { ask: { draft: _, ...ask }, sentinel, before }: Writing): FileRequest {
  const form = ask.task.edits?.form
  const messages = withRules(ask.messages, ask.task.path, sentinel, form)
  const task = { ...ask.task, sentinel, ...(before === '' ? {} : { textSoFar: before }) }
  return { ...ask, model, task, messages: before === '' ? messages : [...messages, ...goOn(before, sentinel, form)] }
}

/** Keeps `text` of what was shown. */
function keep(choice: Choice, writing: Writing, text: string, shown: string): void {
  writing.parts = partsOf(choice, writing, text)
  writing.before = text
  if (text !== shown) writing.hooks.onRestart(text)
}

function finished(choice: Choice, writing: Writing, text: string): WrittenFile {
  const { usage, continuations } = writing
  const parts = partsOf(choice, writing, text)
  return { text, usage, provider: choice.provider.name, model: choice.model, continuations, parts }
}

/** Who wrote `text`: what goes beyond the parts so far is this choice's; what it lacks of them is gone from their end. */
function partsOf({ provider: { name: provider }, model }: Choice, { parts }: Writing, text: string): Part[] {
  let left = Buffer.byteLength(text)
  const kept: Part[] = []
  for (const part of parts) {
    const bytes = Math.min(left, part.bytes)
    if (bytes > 0) kept.push({ ...part, bytes })
    left -= bytes
  }
  if (left === 0) return kept
  const last = kept.at(-1)
  if (last?.provider !== provider || last.model !== model) return [...kept, { provider, model, bytes: left }]
  return [...kept.slice(0, -1), { ...last, bytes: last.bytes + left }]
}

function cutOff({ model }: Choice, { ask, before, continuations }: Writing, { ended }: Heard): DomainError {
  const { path } = ask.task
  return new DomainError(
    'model_cut_off',
    `The model did not bring ${path} to an end. Hearth tries again from what there is; a smaller file or another model may help.`,
    { retryable: true, context: { path, model, bytes: Buffer.byteLength(before), continuations, ended } },
  )
}

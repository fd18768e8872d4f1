import { applyEdits } from '../files/edits/apply.ts'
import { hashOf } from '../files/edits/edit.ts'
import { type EditFailure, failuresInWords } from '../files/edits/failure.ts'
import type { JobContext } from '../jobs/handler.ts'
import type { AnswerForm } from '../llm/file-prompts.ts'
import type { Models } from '../llm/models.ts'
import { prompt } from '../llm/prompts.ts'
import { addUsage, type EditsAsked, type Message, type Usage } from '../llm/provider.ts'
import type { WrittenFile } from '../llm/write-file.ts'
import { askFile, draftOf, type FileAsking } from './ask-file.ts'

/**
 * A file that is there is changed by edits from so many characters on. Below, all of it is some 2,500 tokens: half a minute of a
 * slow model, and an answer that can't be refused. Edits of a file take a few hundred, whatever its size; about one in ten
 * answers with edits can't be made (docs/edits.md), and then costs a second.
 */
export const EDITS_FROM = 8_000
/** Times that a model is told why its edits can't be made, before it is asked for the whole file. */
const SECOND_TRIES = 1

/** A file that is there, and the request to mend it in either form of the answer. */
export interface Mending {
  before: string
  question(edits: boolean): string
}

/** `edited`: by edits in this form, and not written whole. */
export type MendedFile = WrittenFile & { edited?: EditsAsked['form'] }

/** Asks for a file that is there, changed: by edits where it is large and the model's format says so, else whole. */
export async function mendFile(
  { models, ...asking }: FileAsking & { models: Models },
  mending: Mending,
  ctx: JobContext<unknown>,
  first: boolean,
): Promise<MendedFile> {
  const form = formFor(models, asking, mending.before)
  const isWholeUnderWay = first && ctx.draft.text !== '' && draftOf(ctx) !== undefined
  const tried = form === 'whole' || isWholeUnderWay ? undefined : await tryEdits(asking, mending, form, ctx, first)
  if (tried && 'made' in tried) return tried.made
  if (tried) ctx.replaceText('')
  const messages: Message[] = [{ role: 'user', content: mending.question(false) }]
  const draft = first && !tried ? draftOf(ctx) : undefined
  const whole = await askFile(asking, { kind: 'repair', messages, draft }, ctx)
  return tried ? { ...whole, usage: addUsage(tried.refused, whole.usage) } : whole
}

function formFor(models: Models, { chain }: FileAsking, before: string): AnswerForm {
  const { provider, model } = chain[0]!
  const isExact = !before.includes('\uFFFD') // what is no UTF-8 can't be kept byte for byte around an edit
  return before.length < EDITS_FROM || !isExact ? 'whole' : models.facts(provider.name, model).edits
}

/** The file with the model's edits made; what was used up where they can't be made, also when it was told why. */
async function tryEdits(
  asking: FileAsking,
  { before, question }: Mending,
  form: EditsAsked['form'],
  ctx: JobContext<unknown>,
  first: boolean,
): Promise<{ made: MendedFile } | { refused: Usage }> {
  const edits = { form, before }
  let messages: Message[] = [{ role: 'user', content: question(true) }]
  let draft = first ? draftOf(ctx, edits) : undefined
  let usage: Usage | undefined
  for (let tries = 0; ; tries++) {
    if (first && draft === undefined) ctx.replaceText('')
    const answer = await askFile(asking, { kind: 'repair', messages, edits, draft }, ctx)
    usage = usage ? addUsage(usage, answer.usage) : answer.usage
    const made = edited(asking.path, before, form, answer.text)
    if ('text' in made) return { made: { ...answer, ...made, usage, edited: form } }
    await ctx.tell('edits.refused', { path: asking.path, form, failures: made.failures.map(named) })
    if (tries === SECOND_TRIES) return { refused: usage }
    ctx.replaceText('')
    draft = undefined
    messages = [messages[0]!, { role: 'assistant', content: answer.text }, refusal(asking.path, made.failures)]
  }
}

/** Only what can't be made goes back, with the lines that it may mean. */
function refusal(path: string, failures: EditFailure[]): Message {
  const inWords = failuresInWords(failures.map((failure) => ({ ...failure, path: undefined })))
  return { role: 'user', content: prompt('edits-refused', { path, failures: inWords }) }
}

function named({ block, reason }: EditFailure) {
  return { ...(block !== undefined && { block }), reason }
}

function edited(path: string, before: string, form: EditsAsked['form'], text: string) {
  if (text.trim() === '') return { text: before } // the model says that nothing needs to change
  const bases = { [path]: hashOf(before) }
  const made = applyEdits(new Map([[path, before]]), { format: form, path, text, bases })
  return 'files' in made ? { text: made.files.get(path) ?? before } : made
}

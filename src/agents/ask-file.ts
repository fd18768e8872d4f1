import { hashOf } from '../files/edits/edit.ts'
import type { JobContext } from '../jobs/handler.ts'
import type { Choice } from '../llm/models.ts'
import type { EditsAsked, Message } from '../llm/provider.ts'
import { type WrittenFile, writeFile } from '../llm/write-file.ts'
import type { Project } from '../projects/tables.ts'
import { accountOf } from './account.ts'
import { tellAsking } from './tell-asking.ts'

const MOST_OUTPUT_TOKENS = 32_000

/** Who is asked for a file, and what every request for it begins with. */
export interface FileAsking {
  newId(): string
  chain: Choice[]
  project: Project
  path: string
  /** Whether clips are planned in the project. */
  clips: boolean
  system: string
  context: string
}

/** One request: for the whole file, or for edits of it. */
export interface FileQuestion {
  kind: 'write' | 'repair'
  messages: Message[]
  edits?: EditsAsked | undefined
  draft?: string | undefined
}

/** Asks for a file, or for edits of it. `draft`: what an attempt before this one had received of the answer. */
export async function askFile(
  { newId, chain, project, path, clips, system, context }: FileAsking,
  { kind, messages, edits, draft }: FileQuestion,
  ctx: JobContext<unknown>,
): Promise<WrittenFile> {
  const { provider, model } = chain[0]!
  await ctx.using({ provider: provider.name, model })
  ctx.remember({ answer: answerOf(edits) })
  const telling = tellAsking(ctx)
  return writeFile(
    { chain, newId },
    {
      system,
      context,
      messages,
      maxOutputTokens: MOST_OUTPUT_TOKENS,
      task: { kind, brief: project.brief, path, clips, ...(edits && { edits }) },
      account: accountOf(project, ctx.job),
      ...(draft !== undefined && { draft }),
    },
    {
      ...telling,
      onText(delta) {
        telling.onAnswer()
        ctx.delta(delta)
      },
      onRestart: ctx.replaceText,
    },
    ctx.signal,
  )
}

/** What an attempt before this one had received of the answer to the same question; undefined where it was another's. */
export function draftOf({ draft }: JobContext<unknown>, edits?: EditsAsked): string | undefined {
  return (draft.data.answer ?? WHOLE) === answerOf(edits) ? draft.text : undefined
}

const WHOLE = 'whole'

/** What the text of a draft is: a file, or edits of a file with this content. */
function answerOf(edits: EditsAsked | undefined): string {
  return edits ? `${edits.form} ${hashOf(edits.before)}` : WHOLE
}

import type { Blobs } from '../../files/blobs.ts'
import type { JobContext } from '../../jobs/handler.ts'
import type { Choice, Models } from '../../llm/models.ts'
import { prompt } from '../../llm/prompts.ts'
import type { LoopAsk } from '../../llm/tool-loop.ts'
import type { Project } from '../../projects/tables.ts'
import { type TasksDeps, tasksOf } from '../../projects/tasks.ts'
import { filesOf } from '../../workspace/files.ts'
import { accountOf, modelFor } from '../account.ts'
import { houseTimeZone, todayIn } from '../due-date.ts'
import { withAttachments } from './attachments.ts'
import { historyMessages } from './history.ts'
import { rememberedFor } from './summary.ts'
import type { Conversation, MessageRow } from './tables.ts'
import { CHAT_TOOLS } from './tools/all.ts'
import { taskLine } from './tools/tasks.ts'

const OUTPUT_AT_MOST = 16_000 // tokens
/** Of a model's window, for what was said before and for what tools return in one answer, and the most that is used of it: cost grows with it. */
const SHARE = 0.3
const ROOM_AT_MOST = 150_000 // characters
/** Careful: code and other languages than English take more tokens. */
const CHARACTERS_PER_TOKEN = 2.5
const TASKS_SHOWN = 200
const FILES_SHOWN = 400

interface Wanted {
  project: Project
  conversation: Conversation
  question: MessageRow
}

/** Whom to ask for an answer in a conversation, and what. What stays the same comes first, so that vendors can cache it. */
export async function chatRequest(
  deps: TasksDeps & { models: Models; blobs: Blobs },
  ctx: JobContext<unknown>,
  { project, conversation, question }: Wanted,
): Promise<{ chain: Choice[]; request: LoopAsk }> {
  const { models } = deps
  const wanted = modelFor(models, project)
  const chain = models.chain('chat', wanted)
  const { provider, model } = chain[0]!
  const { context, output, abilities } = models.facts(provider.name, model)
  const room = Math.min(ROOM_AT_MOST, context * SHARE * CHARACTERS_PER_TOKEN)
  const account = { ...accountOf(project, ctx.job), person: question.by }
  const { summary, exchanges } = await rememberedFor(deps, ctx, conversation, {
    question,
    brief: project.brief,
    account,
    room,
    wantedModel: wanted,
  })
  const hasTools = abilities.tools
  const turns = historyMessages(exchanges, question.text)
  const asked = await withAttachments({ ...deps, read: deps.db.read }, project.id, question, turns.at(-1)!.content)
  return {
    chain,
    request: {
      system: prompt('chat', { hasTools }),
      context: await ctx.step('context', () => contextOf(deps, project, summary)),
      messages: [...turns.slice(0, -1), asked],
      maxOutputTokens: Math.min(OUTPUT_AT_MOST, output),
      tools: hasTools ? CHAT_TOOLS : [],
      task: { kind: 'chat', brief: project.brief },
      account,
      room,
    },
  }
}

/** Made once an answer: what its own tools change is known to it, and a prefix that stays is cached by vendors. */
async function contextOf(
  { db, now }: TasksDeps,
  { id, brief, title, summary }: Project,
  before: string,
): Promise<string> {
  const tasks = await tasksOf(db.read, id)
  const files = await filesOf(db.read, id)
  const timeZone = houseTimeZone()
  return prompt('chat-context', {
    brief,
    title,
    summary,
    tasks: [...tasks.slice(0, TASKS_SHOWN).map(taskLine), ...leftOut(tasks.length - TASKS_SHOWN, 'tasks: list_tasks')],
    files: [
      ...files.slice(0, FILES_SHOWN).map(({ path, bytes }) => `${path} (${bytes} bytes)`),
      ...leftOut(files.length - FILES_SHOWN, 'files: list_files'),
    ],
    before,
    today: todayIn(timeZone, now()),
    timeZone,
  })
}

function leftOut(many: number, what: string): string[] {
  return many > 0 ? [`(and ${many} more ${what})`] : []
}

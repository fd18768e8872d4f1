import { and, asc, eq, inArray } from 'drizzle-orm'
import type { Reader } from '../../db/open.ts'
import type { Tx } from '../../db/writer.ts'
import { Invalid, NotFound } from '../../errors.ts'
import { enqueue } from '../../jobs/enqueue.ts'
import type { JobsDeps } from '../../jobs/jobs.ts'
import { type Job, jobs } from '../../jobs/tables.ts'
import { CHAT } from '../../projects/asides.ts'
import { projectById } from '../../projects/projects.ts'
import { fileAt } from '../../workspace/files.ts'
import { type Attachment, type Conversation, conversations, type MessageRow, messages } from './tables.ts'

/** Longest message, in characters. */
const LONGEST = 20_000
/** Files beside one message. */
const MOST_ATTACHED = 10

/**
 * Says something to the model about a project: it answers by a job, at once or after the answers that are still to come.
 * `attach` names files of the project. @throws NotFound `unknown_project`, `unknown_file`; Invalid `message_…`
 */
export function sendMessage(
  deps: JobsDeps,
  { project, text, by, attach = [] }: { project: string; text: string; by: string; attach?: string[] },
): Promise<{ message: MessageRow; job: Job | null }> {
  return deps.db.write(async (tx) => {
    await projectById(tx, project)
    const said = checkText(text)
    const attachments = await attachedTo(tx, project, attach)
    const { id: conversation } = await openConversation(deps, tx, project)
    const at = deps.now()
    const row = {
      id: deps.newId(),
      conversation,
      role: 'person' as const,
      state: 'waiting' as const,
      text: said,
      by,
      attachments: attachments.length > 0 ? attachments : null,
      at,
    }
    const [message] = await tx.insert(messages).values(row).returning()
    await deps.events.append(tx, {
      type: 'message.sent',
      scope: project,
      by,
      data: { message: message!.id, text: said, ...(attachments.length > 0 ? { attachments } : {}) },
    })
    const job = await takeNext(deps, tx, project)
    return { message: await messageById(tx, message!.id), job: job?.message === message!.id ? job.job : null }
  })
}

async function attachedTo(read: Reader, project: string, paths: string[]): Promise<Attachment[]> {
  const wanted = [...new Set(paths)]
  if (wanted.length > MOST_ATTACHED)
    throw new Invalid('message_too_many_files', `Attach at most ${MOST_ATTACHED} files to one message.`, {
      context: { field: 'attach', limit: MOST_ATTACHED },
    })
  const attachments: Attachment[] = []
  for (const wish of wanted) {
    const { path, version } = await fileAt(read, project, wish)
    attachments.push({ path, version })
  }
  return attachments
}

/** Queues the answer to the message whose turn it is, when no other is under way. */
export async function takeNext(
  deps: JobsDeps,
  tx: Tx,
  project: string,
): Promise<{ message: string; job: Job } | undefined> {
  const conversation = await conversationOf(tx, project)
  if (!conversation || (await hasOpenAnswer(tx, conversation.id))) return undefined
  const [next] = await tx
    .select()
    .from(messages)
    .where(and(eq(messages.conversation, conversation.id), eq(messages.state, 'waiting')))
    .orderBy(asc(messages.seq))
    .limit(1)
  if (!next) return undefined
  const job = await enqueue(deps, tx, {
    kind: CHAT,
    input: { message: next.id },
    scope: project,
    by: next.by,
    key: `message:${next.id}`,
    about: { message: next.id, title: 'an answer' },
  })
  await tx.update(messages).set({ state: 'taken', job: job.id }).where(eq(messages.id, next.id))
  return { message: next.id, job }
}

/** @throws NotFound `unknown_message` */
export async function messageById(read: Reader, id: string): Promise<MessageRow> {
  const [message] = await read.select().from(messages).where(eq(messages.id, id))
  if (!message) throw new NotFound('message', id)
  return message
}

/** What was said about a project; nothing while nobody has. */
export async function conversationOf(read: Reader, project: string): Promise<Conversation | undefined> {
  const [found] = await read.select().from(conversations).where(eq(conversations.project, project))
  return found
}

/** The project that a conversation is about. */
export async function projectOfConversation(read: Reader, id: string): Promise<string> {
  const [found] = await read.select().from(conversations).where(eq(conversations.id, id))
  return found!.project
}

async function openConversation(deps: JobsDeps, tx: Tx, project: string): Promise<Conversation> {
  const row = { id: deps.newId(), project, createdAt: deps.now() }
  await tx.insert(conversations).values(row).onConflictDoNothing()
  return (await conversationOf(tx, project))!
}

/** True while an answer is queued, runs, is paused, or waits for a person's decision. */
async function hasOpenAnswer(read: Reader, conversation: string): Promise<boolean> {
  const [open] = await read
    .select({ id: messages.id })
    .from(messages)
    .innerJoin(jobs, eq(jobs.id, messages.job))
    .where(
      and(
        eq(messages.conversation, conversation),
        eq(messages.role, 'person'),
        inArray(jobs.state, ['queued', 'running', 'paused', 'held']),
      ),
    )
    .limit(1)
  return open !== undefined
}

function checkText(text: string): string {
  const said = text.replace(/\r\n?/g, '\n').trim()
  if (said === '')
    throw new Invalid('message_empty', 'Write what you want to know or have changed.', { context: { field: 'text' } })
  if (said.length > LONGEST)
    throw new Invalid(
      'message_too_long',
      `That is longer than ${LONGEST} characters. Put long texts into a file of the project.`,
      {
        context: { field: 'text' },
      },
    )
  return said
}

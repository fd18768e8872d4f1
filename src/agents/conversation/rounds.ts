import { and, asc, eq, inArray } from 'drizzle-orm'
import type { Reader } from '../../db/open.ts'
import type { Tx } from '../../db/writer.ts'
import { mustOwn } from '../../jobs/context.ts'
import { refOf } from '../../jobs/settle.ts'
import { drafts, type Job } from '../../jobs/tables.ts'
import type { Turn } from '../../llm/hear-turn.ts'
import { NO_USAGE, type ToolResult } from '../../llm/provider.ts'
import type { Round } from '../../llm/tool-loop.ts'
import type { TasksDeps } from '../../projects/tasks.ts'
import { type MessageRow, messages, type ToolCallRow, toolCalls } from './tables.ts'

/** How much of a result an event tells, in characters. */
const TOLD_OF_RESULT = 400
/** What the model is told of a call that was still to run when its answer was stopped. */
export const NOT_RUN = 'Not run: the answer was stopped.'

/** Keeps a whole turn of the model with its calls, before any of them runs. */
export function keepTurn(deps: TasksDeps, job: Job, question: MessageRow, turn: Turn, round: number): Promise<void> {
  return deps.db.write(async (tx) => {
    await mustOwn(tx, job)
    const message = await insertRound(deps, tx, job, question, { ...turn, round, state: 'whole' })
    for (const [position, { id: call, name, input, signature = null }] of turn.calls.entries())
      await tx.insert(toolCalls).values({
        id: deps.newId(),
        message,
        position,
        call,
        name,
        input,
        signature,
        state: 'waiting',
        at: deps.now(),
      })
  })
}

interface NewRound {
  round: number
  text: string
  state: 'whole' | 'partial'
  provider?: string
  model?: string
  usage?: Turn['usage']
}

async function insertRound(
  { newId, now, events }: TasksDeps,
  tx: Tx,
  job: Job,
  question: MessageRow,
  { round, text, state, provider, model, usage }: NewRound,
): Promise<string> {
  const id = newId()
  const by = `job:${job.id}`
  await tx.insert(messages).values({
    id,
    conversation: question.conversation,
    role: 'model',
    answers: question.id,
    round,
    state,
    text,
    by,
    job: job.id,
    provider,
    model,
    usage,
    at: now(),
  })
  if (text !== '')
    await events.append(tx, {
      type: 'message.written',
      scope: job.scope,
      job: refOf(job),
      by,
      data: { message: id, answers: question.id, round, text, whole: state === 'whole' },
    })
  return id
}

/** The rounds of an answer, with their calls: what a resumed attempt goes on from. */
export async function roundsOf(read: Reader, question: string): Promise<{ row: MessageRow; calls: ToolCallRow[] }[]> {
  const rows = await read.select().from(messages).where(eq(messages.answers, question)).orderBy(asc(messages.round))
  const calls = await callsOf(
    read,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => ({ row, calls: calls.get(row.id) ?? [] }))
}

/** The calls of rounds, in order, by the id of the round. */
export async function callsOf(read: Reader, rounds: string[]): Promise<Map<string, ToolCallRow[]>> {
  if (rounds.length === 0) return new Map()
  const rows = await read
    .select()
    .from(toolCalls)
    .where(inArray(toolCalls.message, rounds))
    .orderBy(asc(toolCalls.position))
  return Map.groupBy(rows, ({ message }) => message)
}

/** One call of an answer: `round` counts from 1, `index` from 0. */
export async function callAt(
  read: Reader,
  question: string,
  { round, index }: { round: number; index: number },
): Promise<ToolCallRow> {
  const [found] = await read
    .select({ call: toolCalls })
    .from(toolCalls)
    .innerJoin(messages, eq(messages.id, toolCalls.message))
    .where(and(eq(messages.answers, question), eq(messages.round, round), eq(toolCalls.position, index)))
  return found!.call
}

/** A round as the loop goes on from it. */
export function asRound({ row, calls }: { row: MessageRow; calls: ToolCallRow[] }): Round {
  return {
    text: row.text,
    calls: calls.map(({ call: id, name, input, signature }) => ({
      id,
      name,
      input,
      ...(signature ? { signature } : {}),
    })),
    results: calls.flatMap((call) => resultOf(call) ?? []),
    usage: row.usage ?? NO_USAGE,
    provider: row.provider ?? '',
    model: row.model ?? '',
  }
}

function resultOf({ call, name, result, state }: ToolCallRow): ToolResult | undefined {
  if (result === null) return undefined
  return { call, name, content: result, ...(state === 'done' ? {} : { failed: true }) }
}

/** Ends a call with its result, in the transaction of its effect; one that has ended already stays as it is. */
export async function endCall(
  { now, events }: TasksDeps,
  tx: Tx,
  job: Job,
  call: ToolCallRow,
  { content, failed = false }: Pick<ToolResult, 'content' | 'failed'>,
): Promise<void> {
  const open = inArray(toolCalls.state, ['waiting', 'asking', 'approved'])
  const [ended] = await tx
    .update(toolCalls)
    .set({ state: failed ? 'failed' : 'done', result: content, endedAt: now() })
    .where(and(eq(toolCalls.id, call.id), open))
    .returning()
  if (!ended) return
  await events.append(tx, {
    type: 'tool.called',
    scope: job.scope,
    job: refOf(job),
    by: `job:${job.id}`,
    data: { call: call.id, tool: call.name, failed, result: content.slice(0, TOLD_OF_RESULT) },
  })
}

/** Forgets what an attempt that was stopped had kept of a round: the next one goes on from its draft. */
export async function dropPartial(tx: Tx, question: string): Promise<void> {
  await tx.delete(messages).where(and(eq(messages.answers, question), eq(messages.state, 'partial')))
}

/** Keeps what an answer that ended early had said, and ends its calls: nothing of it may hang, or be asked, for ever. */
export async function keepWhatWasSaid(deps: TasksDeps, tx: Tx, job: Job, question: MessageRow): Promise<void> {
  const rows = await roundsOf(tx, question.id)
  for (const call of rows.flatMap(({ calls }) => calls))
    if (call.result === null) await endCall(deps, tx, job, call, { content: NOT_RUN, failed: true })
  const [draft] = await tx.select().from(drafts).where(eq(drafts.job, job.id))
  const round = rows.length + 1
  if (!draft || draft.text.trim() === '' || draft.data.round !== round) return
  await insertRound(deps, tx, job, question, { round, text: draft.text, state: 'partial' })
}

import { and, asc, desc, eq, gt, inArray, lt } from 'drizzle-orm'
import type { Reader } from '../../db/open.ts'
import type { Message } from '../../llm/provider.ts'
import { namesOfAttachments } from './attachments.ts'
import { callsOf } from './rounds.ts'
import { type MessageRow, messages, type ToolCallRow } from './tables.ts'

/** What an older answer's calls are remembered by, in characters each. */
const RESULT_KEPT = 160
const CALLS_KEPT = 30

/** A person's message with all that answered it. */
export interface Exchange {
  question: MessageRow
  rounds: { row: MessageRow; calls: ToolCallRow[] }[]
}

/** Most exchanges that are looked at: what is older is in the summary, or left out. */
const EXCHANGES_AT_MOST = 500

/** The newest exchanges of a conversation after the message `after`, in order; those before `before`, where it is given. */
export async function exchangesOf(
  read: Reader,
  conversation: string,
  { after = 0, before, limit = EXCHANGES_AT_MOST }: { after?: number; before?: number; limit?: number } = {},
): Promise<Exchange[]> {
  const newest = await read
    .select()
    .from(messages)
    .where(
      and(
        eq(messages.conversation, conversation),
        eq(messages.role, 'person'),
        gt(messages.seq, after),
        before === undefined ? undefined : lt(messages.seq, before),
      ),
    )
    .orderBy(desc(messages.seq))
    .limit(limit)
  const questions = newest.reverse()
  if (questions.length === 0) return []
  const ids = questions.map(({ id }) => id)
  const rows = await read.select().from(messages).where(inArray(messages.answers, ids)).orderBy(asc(messages.round))
  const calls = await callsOf(
    read,
    rows.map(({ id }) => id),
  )
  const rounds = Map.groupBy(rows, ({ answers }) => answers)
  return questions.map((question) => ({
    question,
    rounds: (rounds.get(question.id) ?? []).map((row) => ({ row, calls: calls.get(row.id) ?? [] })),
  }))
}

/**
 * Exchanges as a model is shown them later: words whole, calls in short. The calls stand with the person's next words, as
 * told by Hearth: in the model's own they would teach it to write calls as text.
 */
export function historyMessages(exchanges: Exchange[], question: string): (Message & { content: string })[] {
  const turns: (Message & { content: string })[] = []
  let told = ''
  for (const exchange of exchanges) {
    turns.push({ role: 'user', content: told + exchange.question.text + namesOfAttachments(exchange.question) })
    turns.push({ role: 'assistant', content: answerText(exchange) || '(no answer)' })
    told = actionsOf(exchange)
  }
  return [...turns, { role: 'user', content: told + question }]
}

/** All that the model said in an exchange. */
export function answerText({ rounds }: Exchange): string {
  return rounds
    .map(({ row }) => row.text.trim())
    .filter(Boolean)
    .join('\n\n')
}

/** How much an exchange takes in a request, in characters. */
export function lengthOf(exchange: Exchange): number {
  return exchange.question.text.length + answerText(exchange).length + actionsOf(exchange).length
}

function actionsOf({ rounds }: Exchange): string {
  const calls = rounds.flatMap((round) => round.calls)
  if (calls.length === 0) return ''
  const lines = calls.slice(-CALLS_KEPT).map(({ name, state, result }) => {
    const short = (result ?? '').split('\n')[0]!.slice(0, RESULT_KEPT)
    return `- ${name}: ${state === 'done' ? short : `${state}. ${short}`}`
  })
  return `(Hearth’s note of what your tools did before, no words of the person:\n${lines.join('\n')})\n\n`
}

import { eq } from 'drizzle-orm'
import { DomainError } from '../../errors.ts'
import { mustOwn } from '../../jobs/context.ts'
import type { JobContext } from '../../jobs/handler.ts'
import { hearTurn } from '../../llm/hear-turn.ts'
import type { Models } from '../../llm/models.ts'
import { prompt } from '../../llm/prompts.ts'
import type { Account } from '../../llm/provider.ts'
import type { TasksDeps } from '../../projects/tasks.ts'
import { tellAsking } from '../tell-asking.ts'
import { answerText, type Exchange, exchangesOf, lengthOf } from './history.ts'
import { type Conversation, conversations, type MessageRow } from './tables.ts'

const SUMMARY_TOKENS = 2_000
/** Most of one message that goes into a summary, in characters. */
const QUOTED = 4_000

export interface Remembered {
  summary: string
  exchanges: Exchange[]
}

interface Wanted {
  question: MessageRow
  brief: string
  account: Account
  /** Room for what was said before, in characters. */
  room: number
  wantedModel: string | undefined
}

/**
 * What was said before a message, so that it fits: when it does not, the older part is shortened by a model and kept so. A
 * model that can't do that now costs the older part its place in this answer, and nothing else.
 */
export async function rememberedFor(
  deps: TasksDeps & { models: Models },
  ctx: JobContext<unknown>,
  conversation: Conversation,
  wanted: Wanted,
): Promise<Remembered> {
  const { question, room } = wanted
  const { summary, summarisedTo: after } = conversation
  const exchanges = await exchangesOf(deps.db.read, conversation.id, { after, before: question.seq })
  const kept = newestWithin(exchanges, room - summary.length)
  if (kept.length === exchanges.length) return { summary, exchanges }
  const recent = newestWithin(exchanges, room / 2)
  const older = exchanges.slice(0, exchanges.length - recent.length)
  await ctx.phase('remembering')
  const short = await ctx.step('summary', () => summarise(deps, ctx, { summary, older, ...wanted }))
  if (short === null) return { summary, exchanges: kept }
  await deps.db.write(async (tx) => {
    await mustOwn(tx, ctx.job)
    const set = { summary: short, summarisedTo: older.at(-1)!.question.seq }
    await tx.update(conversations).set(set).where(eq(conversations.id, conversation.id))
  })
  return { summary: short, exchanges: recent }
}

function newestWithin(exchanges: Exchange[], room: number): Exchange[] {
  let left = room
  const from = exchanges.findLastIndex((exchange) => {
    left -= lengthOf(exchange)
    return left < 0
  })
  return exchanges.slice(from + 1)
}

async function summarise(
  { models }: { models: Models },
  ctx: JobContext<unknown>,
  { summary, older, brief, account, wantedModel }: Wanted & { summary: string; older: Exchange[] },
): Promise<string | null> {
  const turns = older.flatMap((exchange) => [
    { who: 'Person', text: exchange.question.text.slice(0, QUOTED) },
    { who: 'Assistant', text: answerText(exchange).slice(0, QUOTED) },
  ])
  const teller = tellAsking(ctx)
  const chain = models.chain('summarise', wantedModel)
  const { provider, model } = chain[0]!
  await ctx.using({ provider: provider.name, model })
  try {
    const { text } = await hearTurn(
      { chain },
      {
        system: prompt('summarise'),
        messages: [{ role: 'user', content: prompt('conversation', { summary, turns }) }],
        maxOutputTokens: SUMMARY_TOKENS,
        task: { kind: 'summarise', brief },
        account,
      },
      { ...teller, onText: teller.onAnswer, onRestart: () => {} },
      ctx.signal,
    )
    return text.trim() || null
  } catch (error) {
    if (!(error instanceof DomainError && error.code.startsWith('model_'))) throw error
    teller.onAnswer() // what was wrong with it says nothing of the answer, which goes on without it
    return null
  }
}

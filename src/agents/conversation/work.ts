import { and, eq, ne } from 'drizzle-orm'
import { DomainError } from '../../errors.ts'
import { mustOwn } from '../../jobs/context.ts'
import { type Done, type Handler, type JobContext, LeaseLost, Snooze } from '../../jobs/handler.ts'
import { isTerminal } from '../../jobs/state.ts'
import { type Job, jobs } from '../../jobs/tables.ts'
import type { Choice, Models } from '../../llm/models.ts'
import type { ToolResult } from '../../llm/provider.ts'
import type { CheckedCall } from '../../llm/tool-calls.ts'
import { type LoopAsk, toolLoop } from '../../llm/tool-loop.ts'
import { CHAT } from '../../projects/asides.ts'
import { projectById } from '../../projects/projects.ts'
import { settingsOf } from '../../projects/settings.ts'
import { tasksOf } from '../../projects/tasks.ts'
import { tellAsking } from '../tell-asking.ts'
import { chatRequest } from './context.ts'
import { askPerson } from './decisions.ts'
import { conversationOf, messageById, takeNext } from './messages.ts'
import { asRound, callAt, dropPartial, endCall, keepTurn, keepWhatWasSaid, roundsOf } from './rounds.ts'
import type { MessageRow, Question, ToolCallRow } from './tables.ts'
import { toolCalled } from './tools/all.ts'
import type { Place, ToolDeps } from './tools/tool.ts'

/** How soon an answer is tried again that finds another one of its project at work. */
const ONE_AT_A_TIME_MS = 1_000

export interface ChatDeps extends ToolDeps {
  models: Models
}

interface ChatInput {
  /** The person's message to answer. */
  message: string
}

/** The job that answers a person's message, with tools. */
export function chatHandler(deps: ChatDeps): Handler<ChatInput> {
  return {
    kind: CHAT,
    lane: CHAT,
    run: (ctx) => answer(deps, ctx),
    async moved(tx, job) {
      if (!isTerminal(job.state)) return
      const question = await messageById(tx, (job.input as ChatInput).message)
      if (job.state !== 'succeeded') await keepWhatWasSaid(deps, tx, job, question)
      await takeNext(deps, tx, job.scope!)
    },
  }
}

async function answer(deps: ChatDeps, ctx: JobContext<ChatInput>): Promise<Done> {
  await mustBeAlone(deps, ctx.job)
  const question = await messageById(deps.db.read, ctx.input.message)
  const project = await projectById(deps.db.read, ctx.job.scope!)
  await deps.db.write(async (tx) => {
    await mustOwn(tx, ctx.job)
    await dropPartial(tx, question.id)
  })
  const rounds = (await roundsOf(deps.db.read, question.id)).map(asRound)
  const draft = ctx.draft.data.round === rounds.length + 1 ? ctx.draft.text : ''
  if (draft !== ctx.draft.text) ctx.replaceText(draft)
  ctx.remember({ round: rounds.length + 1 })

  const conversation = (await conversationOf(deps.db.read, project.id))!
  const { chain, request } = await chatRequest(deps, ctx, { project, conversation, question })
  await ctx.using({ provider: chain[0]!.provider.name, model: chain[0]!.model })
  await ctx.phase('answering')
  const place: Place = { project, job: ctx.job, by: `job:${ctx.job.id}`, signal: ctx.signal }
  const {
    ended,
    usage,
    rounds: all,
  } = await loop(deps, ctx, { chain, question, place, ask: { ...request, rounds, draft } })
  const { provider, model } = all.at(-1)!
  return { result: { ended, rounds: all.length, usage, provider, model } }
}

interface Answering {
  chain: Choice[]
  question: MessageRow
  place: Place
  ask: LoopAsk
}

function loop(deps: ChatDeps, ctx: JobContext<ChatInput>, { chain, question, place, ask }: Answering) {
  const teller = tellAsking(ctx)
  return toolLoop(
    { chain },
    ask,
    {
      ...teller,
      onText(delta) {
        teller.onAnswer()
        ctx.delta(delta)
      },
      onRestart: ctx.replaceText,
      async onTurn(turn, round) {
        teller.onAnswer()
        await keepTurn(deps, ctx.job, question, turn, round)
        ctx.remember({ round: round + 1 }) // from here on, what is typed is no longer the draft of the round that was kept
        ctx.replaceText('')
      },
      run: async (call, at) => runTool(deps, ctx, place, await callAt(deps.db.read, question.id, at), call),
      async onResult(result, at) {
        const call = await callAt(deps.db.read, question.id, at)
        if (call.result === null) await end(deps, ctx.job, call, result)
      },
    },
    ctx.signal,
  )
}

/** The question before any change, where the project's settings want one. */
async function askedAnyway(
  { db }: ChatDeps,
  { project }: Place,
  name: string,
  input: unknown,
): Promise<Question | undefined> {
  const { approval } = await settingsOf(db.read, project.id)
  if (approval !== 'ask_always') return undefined
  const titles = new Map((await tasksOf(db.read, project.id)).map(({ id, title }) => [id, title]))
  const says = `${toolCalled(name).says(input as never, titles)}.`
  return { says, base: `${name} ${Bun.hash(JSON.stringify(input))}` }
}

/** Runs a call once, however many attempts it takes: its effect and its result are one transaction. */
async function runTool(
  deps: ChatDeps,
  ctx: JobContext<unknown>,
  place: Place,
  kept: ToolCallRow,
  { name, input }: CheckedCall,
): Promise<Pick<ToolResult, 'content' | 'failed'>> {
  const failed = (error: unknown) => ({ content: wordsOf(error), failed: true })
  const outcome = await toolCalled(name)
    .run(deps, place, input as never)
    .catch(failed)
  if (typeof outcome === 'string') return { content: outcome }
  if ('failed' in outcome) return outcome
  const { effect } = outcome
  const asks = outcome.asks ?? (await askedAnyway(deps, place, name, input))
  if (asks && !(kept.state === 'approved' && kept.question?.base === asks.base))
    return askPerson(deps, ctx.job, kept, asks)
  try {
    return await deps.db.write(async (tx) => {
      await mustOwn(tx, ctx.job)
      const content = await effect(tx)
      await endCall(deps, tx, ctx.job, kept, { content })
      return { content }
    })
  } catch (error) {
    return failed(error)
  }
}

/** What the model is told of a failure that it can act on. @throws what is not its business */
function wordsOf(error: unknown): string {
  const isItsOwn = error instanceof DomainError && !(error instanceof LeaseLost) && error.severity !== 'critical'
  if (!isItsOwn || error.code.startsWith('database_')) throw error
  return error.message
}

function end(deps: ChatDeps, job: Job, call: ToolCallRow, result: ToolResult): Promise<void> {
  return deps.db.write(async (tx) => {
    await mustOwn(tx, job)
    await endCall(deps, tx, job, call, result)
  })
}

/** A person may have an old answer tried again while a newer one is under way: who comes later waits. */
async function mustBeAlone({ db }: ChatDeps, { id, scope, attemptStartedAt }: Job): Promise<void> {
  const others = await db.read
    .select({ id: jobs.id, startedAt: jobs.attemptStartedAt })
    .from(jobs)
    .where(and(eq(jobs.scope, scope!), eq(jobs.kind, CHAT), eq(jobs.state, 'running'), ne(jobs.id, id)))
  const mine = attemptStartedAt ?? 0
  const isLater = others.some(
    ({ id: other, startedAt }) => (startedAt ?? 0) < mine || (startedAt === mine && other < id),
  )
  if (isLater) throw new Snooze(ONE_AT_A_TIME_MS)
}

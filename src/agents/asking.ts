import { DomainError } from '../errors.ts'
import type { JobContext } from '../jobs/handler.ts'
import { askJson, type JsonHooks } from '../llm/ask-json.ts'
import type { Choice, Models } from '../llm/models.ts'
import { prompt } from '../llm/prompts.ts'
import {
  type AnswerSchema,
  addUsage,
  type Message,
  NO_USAGE,
  purposeOf,
  type TaskFacts,
  type Usage,
} from '../llm/provider.ts'
import { chainFrom } from '../llm/through-chain.ts'
import type { Project } from '../projects/tables.ts'
import { accountOf } from './account.ts'
import { tellAsking } from './tell-asking.ts'

/** Times that a model is shown what is wrong with its answer. */
const REPAIRS = 2

/** A question whose answer is JSON, and the rules that it must keep. */
export interface Question<T> {
  task: Extract<TaskFacts, { kind: 'plan' | 'check' }>
  schema: AnswerSchema<T>
  system: string
  question: string
  maxOutputTokens: number
  /** What is wrong with an answer of the right shape, in words for the model. */
  problems(value: T): string[] | Promise<string[]>
  /** Hears the answer as it arrives; `undefined` says that another one begins. */
  hear(delta: string | undefined): void
  /** What to throw, or say instead, when it was shown its mistakes often enough. */
  giveUp(problems: string[]): never
  /** Whom to ask, when not those of the project for this task. */
  chain?: Choice[]
  /** Who pays, when not the project's maker. */
  person?: string
  /** The prompt that shows what is wrong; the planner's, when not said. */
  mend?: string
}

export interface Answered<T> {
  value: T
  usage: Usage
  provider: string
  model: string
}

/** Asks for JSON, and shows the model what is wrong with it until it is good, twice at most. */
export async function askUntilGood<T>(
  { models }: { models: Models },
  project: Project,
  { task, schema, system, question, maxOutputTokens, problems: judge, hear, giveUp, ...asked }: Question<T>,
  ctx: JobContext<unknown>,
): Promise<Answered<T>> {
  let { chain = models.chain(purposeOf(task), project.model) } = asked
  const account = { ...accountOf(project, ctx.job), person: asked.person ?? project.createdBy }
  const messages: Message[] = [{ role: 'user', content: question }]
  let usage = NO_USAGE
  await ctx.using({ provider: chain[0]!.provider.name, model: chain[0]!.model })
  const hooks = hooksOf(ctx, hear)
  for (let repairs = 0; ; repairs++) {
    hear(undefined)
    const request = { system, messages, maxOutputTokens, task, account }
    const answer = await askJson({ chain }, request, schema, hooks, ctx.signal).catch(unusableAnswer)
    chain = chainFrom(chain, answer)
    usage = 'usage' in answer ? addUsage(usage, answer.usage) : usage
    const problems = 'value' in answer ? await judge(answer.value) : answer.problems
    if ('value' in answer && problems.length === 0) {
      const { value, provider, model } = answer
      return { value, usage, provider, model }
    }
    if (repairs === REPAIRS) giveUp(problems)
    await ctx.phase('mending')
    messages.push(
      { role: 'assistant', content: answer.text || '(nothing)' },
      { role: 'user', content: prompt(asked.mend ?? 'replan', { problems }) },
    )
  }
}

/** Hears an answer that is no text to show: how much has come of it is all that is told. */
export function bytesHeard(ctx: JobContext<unknown>): Question<unknown>['hear'] {
  let heard = 0
  return (delta) => {
    heard = delta === undefined ? 0 : heard + Buffer.byteLength(delta)
    ctx.bytes(heard)
  }
}

function hooksOf(ctx: JobContext<unknown>, hear: Question<unknown>['hear']): JsonHooks {
  const telling = tellAsking(ctx)
  return {
    ...telling,
    onText(delta) {
      telling.onAnswer()
      hear(delta)
    },
    onRestart: () => hear(undefined),
  }
}

/** An answer in the wrong form is shown to the model; any other failure is the caller's. */
function unusableAnswer(error: unknown): { text: string; problems: string[]; provider: string; model: string } {
  if (!(error instanceof DomainError) || error.code !== 'model_answer_invalid') throw error
  const { received, issues, provider, model } = error.context as {
    received: string
    issues: string[]
    provider: string
    model: string
  }
  return { text: received, problems: issues.length > 0 ? issues : [error.message], provider, model }
}

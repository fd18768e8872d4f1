import { z } from 'zod'
import { DomainError } from '../errors.ts'
import { answerTooLong } from './answer-too-long.ts'
import { closedSilently } from './closed-silently.ts'
import type { Choice } from './models.ts'
import { type AnswerSchema, addUsage, type FinishReason, type ModelRequest, NO_USAGE, type Usage } from './provider.ts'
import { refused } from './refused.ts'
import { type AskHooks, throughChain } from './through-chain.ts'

const RECEIVED_AT_MOST = 2_048 // characters kept of an answer that can't be used
const ISSUES_AT_MOST = 20
/** Most of one answer: a plan of 200 tasks, each at length, is a quarter of it. */
const JSON_BYTES_AT_MOST = 1024 * 1024

export interface JsonHooks extends AskHooks {
  /** The next piece of the answer, for counting and showing: not checked yet. */
  onText?(delta: string): void
  /** Another model begins anew: what was shown of the answer is not part of it. */
  onRestart?(): void
  onThinking?(): void
}

export interface JsonAnswer<T> {
  value: T
  text: string
  /** Of all that were asked. */
  usage: Usage
  provider: string
  model: string
}

type JsonAsk = Omit<ModelRequest, 'schema' | 'model'>

/**
 * Asks a model for JSON of one shape; when it fails for good, the next of the chain, from the beginning. Nothing is repaired
 * here: the caller shows the model what was wrong.
 * @throws DomainError `model_answer_invalid` (retryable) when the answer is cut, not JSON or of another shape, with `reason`
 * (`cut_off`, `not_json`, `wrong_shape`), `issues` and the last 2 KB `received` in its context; `model_refused`;
 * `model_unavailable` when nothing came at all; `model_answer_too_long`; or what `throughChain` makes of the chain's failures.
 */
export async function askJson<T>(
  { chain }: { chain: Choice[] },
  ask: JsonAsk,
  schema: AnswerSchema<T>,
  hooks: JsonHooks,
  signal: AbortSignal,
): Promise<JsonAnswer<T>> {
  const answer: Answer = { text: '', usage: NO_USAGE }
  return throughChain(chain, hooks, signal, async (choice) => {
    if (answer.text !== '') hooks.onRestart?.()
    answer.text = ''
    const finish = await hear(choice, { ...ask, schema }, answer, hooks, signal)
    const { text, usage } = answer
    if (finish === 'refusal') throw refused(choice.provider, choice.model)
    if (text === '' && !finish) throw closedSilently(choice.provider)
    if (finish !== 'stop')
      throw unusable(choice, text, 'cut_off', [`the answer ended early (${finish ?? 'connection closed'})`])
    return { value: accepted(choice, text, schema), text, usage, provider: choice.provider.name, model: choice.model }
  })
}

/** What has come: the text of this choice, the usage of all that were asked. */
interface Answer {
  text: string
  usage: Usage
}

async function hear(
  choice: Choice,
  ask: JsonAsk & Pick<ModelRequest, 'schema'>,
  answer: Answer,
  hooks: JsonHooks,
  signal: AbortSignal,
): Promise<FinishReason | undefined> {
  const spent = answer.usage
  let finish: FinishReason | undefined
  let room = JSON_BYTES_AT_MOST
  for await (const chunk of choice.provider.stream({ ...ask, model: choice.model }, signal)) {
    if (chunk.type === 'thinking') hooks.onThinking?.()
    if (chunk.type === 'retrying') await hooks.onRetry?.({ choice, error: chunk.error, delayMs: chunk.delayMs })
    if (chunk.type === 'usage') answer.usage = addUsage(spent, chunk)
    if (chunk.type === 'finish') finish = chunk.reason
    if (chunk.type !== 'text') continue
    room -= Buffer.byteLength(chunk.text)
    if (room < 0) throw answerTooLong(choice, 'answer', JSON_BYTES_AT_MOST)
    answer.text += chunk.text
    hooks.onText?.(chunk.text)
  }
  return finish
}

function accepted<T>(choice: Choice, text: string, schema: AnswerSchema<T>): T {
  const parsed = parse(text)
  if ('problem' in parsed) throw unusable(choice, text, 'not_json', [parsed.problem])
  const checked = schema.zod.safeParse(parsed.json)
  if (checked.success) return checked.data
  throw unusable(choice, text, 'wrong_shape', checked.error.issues.map(inWords))
}

/** The answer as JSON, also when a model that knows no structured output put it between fences or words. */
function parse(text: string): { json: unknown } | { problem: string } {
  const inner = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)
  try {
    return { json: JSON.parse(inner === '' ? text : inner) }
  } catch (error) {
    return { problem: (error as SyntaxError).message }
  }
}

function inWords(issue: z.core.$ZodIssue): string {
  const path = z.core.toDotPath(issue.path)
  return path === '' ? issue.message : `${path}: ${issue.message}`
}

function unusable({ provider, model }: Choice, text: string, reason: string, issues: string[]): DomainError {
  return new DomainError(
    'model_answer_invalid',
    'The model answered in a form that can’t be used. Hearth asks again; another model may help.',
    {
      retryable: true,
      context: {
        provider: provider.name,
        model,
        reason,
        issues: issues.slice(0, ISSUES_AT_MOST),
        received: text.slice(-RECEIVED_AT_MOST),
        bytes: Buffer.byteLength(text),
      },
    },
  )
}

import { z } from 'zod'
import { DomainError } from '../errors.ts'
import { closedSilently } from './closed-silently.ts'
import type { Choice } from './models.ts'
import { type AnswerSchema, type FinishReason, type ModelRequest, NO_USAGE, type Usage } from './provider.ts'
import { refused } from './refused.ts'

const RECEIVED_AT_MOST = 2_048 // characters kept of an answer that can't be used
const ISSUES_AT_MOST = 20

export interface JsonHooks {
  /** The next piece of the answer, for counting and showing: not checked yet. */
  onText?(delta: string): void
  onThinking?(): void
}

export interface JsonAnswer<T> {
  value: T
  text: string
  usage: Usage
  provider: string
  model: string
}

/**
 * Asks a model for JSON of one shape. Nothing is repaired here: the caller shows the model what was wrong.
 * @throws DomainError `model_answer_invalid` (retryable) when the answer is cut, not JSON or of another shape, with `reason`
 * (`cut_off`, `not_json`, `wrong_shape`), `issues` and the last 2 KB `received` in its context; `model_refused`;
 * `model_unavailable` when nothing came at all; or what the provider's stream throws.
 */
export async function askJson<T>(
  { chain }: { chain: Choice[] },
  ask: Omit<ModelRequest, 'schema' | 'model'>,
  schema: AnswerSchema<T>,
  hooks: JsonHooks,
  signal: AbortSignal,
): Promise<JsonAnswer<T>> {
  const { provider, model } = chain[0]!
  const request = { ...ask, model }
  let text = ''
  let usage = NO_USAGE
  let finish: FinishReason | undefined
  for await (const chunk of provider.stream({ ...request, schema }, signal)) {
    if (chunk.type === 'thinking') hooks.onThinking?.()
    if (chunk.type === 'usage') usage = chunk
    if (chunk.type === 'finish') finish = chunk.reason
    if (chunk.type !== 'text') continue
    text += chunk.text
    hooks.onText?.(chunk.text)
  }
  if (finish === 'refusal') throw refused(provider, request.model)
  if (text === '' && !finish) throw closedSilently(provider)
  if (finish !== 'stop') throw unusable(text, 'cut_off', [`The answer ended early (${finish ?? 'connection closed'}).`])
  return { value: accepted(text, schema), text, usage, provider: provider.name, model: request.model }
}

function accepted<T>(text: string, schema: AnswerSchema<T>): T {
  const parsed = parse(text)
  if ('problem' in parsed) throw unusable(text, 'not_json', [parsed.problem])
  const checked = schema.zod.safeParse(parsed.json)
  if (checked.success) return checked.data
  throw unusable(text, 'wrong_shape', checked.error.issues.map(inWords))
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

function unusable(text: string, reason: string, issues: string[]): DomainError {
  return new DomainError(
    'model_answer_invalid',
    'The model answered in a form that can’t be used. Hearth asks again; another model may help.',
    {
      retryable: true,
      context: {
        reason,
        issues: issues.slice(0, ISSUES_AT_MOST),
        received: text.slice(-RECEIVED_AT_MOST),
        bytes: Buffer.byteLength(text),
      },
    },
  )
}

import { DomainError } from '../errors.ts'
import type { Choice } from './models.ts'

/** The error for an answer that grows beyond all use. Not retryable: it may well be paid for to the last byte each time. */
export function answerTooLong({ provider, model }: Choice, what: string, limitBytes: number): DomainError {
  return new DomainError(
    'model_answer_too_long',
    `The model’s ${what} went on beyond ${Math.round(limitBytes / 1024)} KB, so Hearth stopped it. Retry, ask for less, or choose another model.`,
    { context: { provider: provider.name, model, what, limitBytes } },
  )
}

/** The error for a turn with more calls than anybody could look through. Not retryable, for the same reason. */
export function tooManyCalls({ provider, model }: Choice, most: number): DomainError {
  return new DomainError(
    'model_answer_too_long',
    `The model made more than ${most} calls at once, so Hearth stopped it. Ask for less, or choose another model.`,
    { context: { provider: provider.name, model, most } },
  )
}

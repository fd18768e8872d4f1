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

import { DomainError, type ErrorFacts, errorFacts } from '../errors.ts'
import { Hold, LeaseLost, Snooze } from '../jobs/handler.ts'

/** The ways in which a model, or the way to it, fails; what else fails is the job's business. */
const OF_MODELS = /^(model_|plan_unusable$|unknown_model$|circuit_open$|demo_cannot_write$)/

/**
 * Asks a model for advice: what it would be good to have, and what nothing depends on. Whatever keeps the model from
 * giving it - also that it is away for a while, or that a person would have to decide first - is an answer, not a failure.
 */
export async function advised<T>(
  ask: () => Promise<T>,
  signal: AbortSignal,
): Promise<{ value: T } | { error: ErrorFacts }> {
  try {
    return { value: await ask() }
  } catch (error) {
    if (signal.aborted || error instanceof LeaseLost) throw error
    const reason = error instanceof Snooze || error instanceof Hold ? (error.reason ?? error) : error
    if (reason instanceof DomainError && !(error instanceof Hold) && !OF_MODELS.test(reason.code)) throw error
    return { error: errorFacts(reason) }
  }
}

import { DomainError, type ErrorFacts, errorFacts } from '../errors.ts'
import { Snooze } from '../jobs/handler.ts'
import type { Choice } from './models.ts'

/** What happens on the way to an answer, for whoever tells it. What is awaited holds the answer up: say it and go on. */
export interface AskHooks {
  /** Nothing has come, and the same model is asked again after the delay. */
  onRetry?(news: Retrying): void | Promise<void>
  /** The next of the chain takes over. */
  onSwitch?(news: Switched): void | Promise<void>
}

export interface Retrying {
  choice: Choice
  error: ErrorFacts
  delayMs: number
}

export interface Switched {
  from: Choice
  to: Choice
  error: ErrorFacts
  /** The line of a file from which it goes on. */
  line?: number
}

/** Answers, not outages: another model would be asked for what this one has said no to, or be shown another's mistakes. */
const ANSWERS = new Set(['model_refused', 'model_answer_invalid'])

/** What is wrong with a whole provider: its key, its account, its address, or that it is away. None of its models would answer. */
const OF_THE_PROVIDER = new Set(['model_auth', 'model_billing', 'model_wrong_address', 'circuit_open'])

/**
 * Asks the models of a chain, one after the other and each once, until one does not fail. After a failure of a whole provider
 * its other models are passed over.
 * @throws what is no model's failure at once: the signal's reason, a question to a person, a bug. When all have failed, the
 * first failure that waiting may mend, so that the job tries again; else the first.
 */
export async function throughChain<T>(
  chain: Choice[],
  { onSwitch }: Pick<AskHooks, 'onSwitch'>,
  signal: AbortSignal,
  ask: (choice: Choice) => Promise<T>,
): Promise<T> {
  const failures: (DomainError | Snooze)[] = []
  let left = chain
  while (left.length > 0) {
    const [choice, ...others] = left as [Choice, ...Choice[]]
    try {
      return await ask(choice)
    } catch (error) {
      signal.throwIfAborted()
      if (!mayAskAnother(error)) throw error
      failures.push(error)
      left = OF_THE_PROVIDER.has(codeOf(error)) ? others.filter((one) => one.provider !== choice.provider) : others
      if (left[0]) await onSwitch?.({ from: choice, to: left[0], error: factsOf(error) })
    }
  }
  throw failures.find((failure) => failure instanceof Snooze || failure.retryable) ?? failures[0]!
}

/** The chain from the choice that answered: what failed before it is not asked again. */
export function chainFrom(chain: Choice[], { provider, model }: { provider: string; model: string }): Choice[] {
  const at = chain.findIndex((choice) => choice.provider.name === provider && choice.model === model)
  return chain.slice(Math.max(0, at))
}

/** True for a failure of one model, or of its provider, that says nothing about another. */
export function mayAskAnother(error: unknown): error is DomainError | Snooze {
  if (error instanceof Snooze) return error.reason?.code === 'circuit_open'
  return error instanceof DomainError && /^(?:model_|unknown_model$)/.test(error.code) && !ANSWERS.has(error.code)
}

/** Which failure it was. */
export function codeOf(error: DomainError | Snooze): string {
  return factsOf(error).code
}

function factsOf(error: DomainError | Snooze): ErrorFacts {
  return errorFacts(error instanceof Snooze ? error.reason : error)
}

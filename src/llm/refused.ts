import { DomainError } from '../errors.ts'
import type { Provider } from './provider.ts'

/** The error for an answer that ended with a refusal. */
export function refused(provider: Provider, model: string): DomainError {
  return new DomainError('model_refused', `${provider.label} declined to do this. Reword the brief, then try again.`, {
    context: { provider: provider.name, model },
  })
}

import { DomainError } from '../errors.ts'
import type { Provider } from './provider.ts'

/** A connection that was closed before any answer, without an error: as much an outage as one that was never made. */
export function closedSilently({ name, label }: Provider): DomainError {
  return new DomainError(
    'model_unavailable',
    `${label} closed the connection without an answer. Hearth tries again by itself.`,
    { retryable: true, severity: 'warning', context: { provider: name } },
  )
}

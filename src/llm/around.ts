import type { Clock } from '../clock.ts'
import type { Breakers } from '../jobs/breaker.ts'
import { type AbilitiesOf, withShapeInWords } from './answer-shape.ts'
import { type Limits, withClocks } from './clocks.ts'
import type { Provider } from './provider.ts'
import { withBound } from './with-bound.ts'
import { outsideOf, withBreaker } from './with-breaker.ts'
import { withRetries } from './with-retries.ts'
import { withSight } from './with-sight.ts'
import { type LimitsOf, withinLimits } from './within-limits.ts'

export interface AroundDeps {
  breakers: Breakers
  clock: Pick<Clock, 'awake' | 'sleep' | 'random'>
  limits?: Limits
  /** What each model can take and give. */
  factsOf?: LimitsOf & AbilitiesOf
}

/**
 * A vendor with all that it needs around it. It is asked for no more than its model can give. Clocks, and a bound on its bytes, end each try; retries make several tries of one call, as long as
 * nothing has come; the breaker, outside of them, counts the call as one failure however many tries it took, lets nobody ask
 * what is away, and ends the tries of those who are asking when others have found it so. What is spent and what is known
 * already stand outside of all that: a call that is answered from memory, or not paid for, is none of the vendor's.
 */
export function around({ breakers, factsOf, ...deps }: AroundDeps, vendor: Provider): Provider {
  const provider = factsOf ? withSight(factsOf, withinLimits(factsOf, withShapeInWords(factsOf, vendor))) : vendor
  const isAway = () => breakers.isOpen(outsideOf(provider).key)
  return withBreaker({ breakers }, withRetries({ ...deps, isAway }, withBound(withClocks(deps, provider))))
}

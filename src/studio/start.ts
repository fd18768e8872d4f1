import { type AttemptsDeps, sweepAttempts } from './attempts.ts'
import { mendResults, type ResultsDeps } from './results.ts'

/** Removes what earlier runs have left, and sees to the folder of results while work goes on; disposing of it stops that. */
export async function tidyStudio(deps: AttemptsDeps & ResultsDeps): Promise<AsyncDisposable> {
  await sweepAttempts(deps)
  return mendResults(deps)
}

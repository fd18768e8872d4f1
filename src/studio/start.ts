import type { Database } from '../db/open.ts'
import { endLaunches, type LaunchesDeps } from '../gpu/launches.ts'
import { closeForgotten } from '../gpu/render-attempts.ts'
import { type AttemptsDeps, sweepAttempts, unfinishedAmong } from './attempts.ts'
import { mendResults, type ResultsDeps } from './results.ts'

/** Ends and removes what earlier runs have left, and sees to the folder of results while work goes on; disposing of it stops that. */
export async function tidyStudio(
  deps: AttemptsDeps & ResultsDeps & { db: Pick<Database, 'write'>; render: LaunchesDeps },
): Promise<AsyncDisposable> {
  await endLaunches(deps.render, (jobs) => unfinishedAmong(deps.read, jobs))
  await deps.db.write(closeForgotten)
  await sweepAttempts(deps)
  return mendResults(deps)
}

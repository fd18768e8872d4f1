import type { Handler } from '../../jobs/handler.ts'
import { type AttemptsDeps, sweepAttempts } from '../../studio/attempts.ts'
import { plural } from '../../web/format.ts'
import { takesNothing, UPKEEP } from './upkeep.ts'

/** How long the checkpoints of a picture that failed or was stopped are kept for a retry. */
const KEPT_MS = 14 * 24 * 3_600_000

/** The job that removes what attempts left on the disk and nobody will go on from. */
export function attemptsHandler(deps: AttemptsDeps & { now: () => number }): Handler<Record<string, never>> {
  return {
    kind: 'attempts',
    lane: UPKEEP,
    schedulable: takesNothing,
    async run() {
      const removed = await sweepAttempts(deps, deps.now() - KEPT_MS)
      return { result: { jobs: removed.length, says: `Removed the folders of ${plural(removed.length, 'job')}` } }
    },
  }
}

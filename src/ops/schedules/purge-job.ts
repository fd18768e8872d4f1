import type { Handler } from '../../jobs/handler.ts'
import { sweepResults } from '../../studio/results.ts'
import { plural } from '../../web/format.ts'
import { type PurgeDeps, purgeTrash } from '../../workspace/trash/purge.ts'
import { takesNothing, UPKEEP } from './upkeep.ts'

const DAY_MS = 24 * 3_600_000

/** The job that removes for good what has been in the trash for longer than `trashDays`; 0: nothing. */
export function purgeHandler({
  trashDays,
  ...deps
}: PurgeDeps & { trashDays: number; results: string }): Handler<Record<string, never>> {
  return {
    kind: 'purge',
    lane: UPKEEP,
    schedulable: takesNothing,
    async run({ signal }) {
      const nothing = { projects: 0, tasks: 0, files: 0 }
      if (trashDays === 0) return { result: { ...nothing, says: 'The trash is kept: HEARTH_TRASH_DAYS is 0' } }
      const purged = await purgeTrash(deps, deps.now() - trashDays * DAY_MS, signal)
      if (purged.projects > 0) await sweepResults({ read: deps.db.read, results: deps.results })
      const { projects, tasks, files } = purged
      const says = `Removed for good: ${plural(projects, 'project')}, ${plural(tasks, 'task')}, ${plural(files, 'file')}`
      return { result: { ...purged, says } }
    },
  }
}

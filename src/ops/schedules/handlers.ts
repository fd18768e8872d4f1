import type { Config } from '../../config.ts'
import type { Handler } from '../../jobs/handler.ts'
import { attemptsHandler } from './attempts-job.ts'
import { backupHandler } from './backup-job.ts'
import { collectionHandler } from './collection-job.ts'
import { purgeHandler } from './purge-job.ts'
import { retentionHandler } from './retention-job.ts'

type Deps = Parameters<typeof attemptsHandler>[0] &
  Parameters<typeof collectionHandler>[0] &
  Omit<Parameters<typeof purgeHandler>[0], 'trashDays'> &
  Omit<Parameters<typeof backupHandler>[0], 'databaseUrl'> &
  Omit<Parameters<typeof retentionHandler>[0], 'keepDays'>

/** The jobs that look after the machine. */
export function upkeepHandlers(deps: Deps, { databaseUrl, keepDays, trashDays }: Config): Handler[] {
  return [
    backupHandler({ ...deps, databaseUrl }),
    attemptsHandler(deps),
    retentionHandler({ ...deps, keepDays }),
    purgeHandler({ ...deps, trashDays }),
    collectionHandler(deps),
  ] as Handler[]
}

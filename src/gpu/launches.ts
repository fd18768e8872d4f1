import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Log } from '../log.ts'
import { isOpenLaunch, noteEnd } from './begin.ts'
import { readSpec } from './folder.ts'
import { type Launcher, launchName } from './launcher.ts'
import { attemptNumbers } from './resume.ts'

export interface LaunchesDeps {
  launcher: Launcher
  attempts: string
  log: Log
}

/**
 * Ends what an earlier server has launched for jobs that will not go on: `goesOn` says which of these do. Call at the start,
 * before anything is launched. One that can't be reached is logged, and tried again at the next start.
 */
export async function endLaunches(
  { launcher, attempts, log }: LaunchesDeps,
  goesOn: (jobs: string[]) => Promise<Set<string>>,
): Promise<string[]> {
  if (!launcher.outlives) return []
  const open = openLaunches(attempts)
  const wanted = await goesOn([...new Set(open.map(({ job }) => job))])
  const ended: string[] = []
  for (const { job, folder, attempt } of open.filter(({ job }) => !wanted.has(job)))
    try {
      const handle = await launcher.submit({ name: launchName(job, attempt), folder, command: ['true'], env: {} })
      await launcher.cancel(handle)
      noteEnd(folder, 'stopped')
      ended.push(folder)
    } catch (error) {
      log.warn('a worker that nobody needs could not be ended', { job, attempt, error })
    }
  return ended
}

function openLaunches(attempts: string): { job: string; attempt: number; folder: string }[] {
  return jobsIn(attempts).flatMap((job) =>
    attemptNumbers(join(attempts, job))
      .map((attempt) => ({ job, attempt, folder: join(attempts, job, String(attempt)) }))
      .filter(({ folder }) => isOpenLaunch(folder) && readSpec(folder) !== null),
  )
}

function jobsIn(attempts: string): string[] {
  try {
    return readdirSync(attempts)
  } catch {
    return [] // no such folder: nothing was ever launched
  }
}

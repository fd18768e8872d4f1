import { readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import type { Log } from '../log.ts'

/** Folders that one query asks about. */
const BATCH = 500

export interface AttemptsDeps {
  read: Reader
  /** The folder of all attempts: `<attempts>/<job>/<attempt>`. */
  attempts: string
  log: Log
}

/** Removes what the attempts of one job have left. What can't be removed is logged, and tried again at the next start. */
export async function removeAttempts({ attempts, log }: Omit<AttemptsDeps, 'read'>, job: string): Promise<void> {
  try {
    await rm(join(attempts, job), { recursive: true, force: true })
  } catch (error) {
    log.warn('the attempts of a job could not be removed', { job, error })
  }
}

/**
 * Removes the folders of jobs that are unknown or have succeeded: nothing goes on from them. Those of all others stay,
 * since a retry resumes from their checkpoints; but not when they ended before `endedBefore`, ms since the epoch: then a
 * retry begins afresh. Returns the jobs' names.
 */
export async function sweepAttempts(deps: AttemptsDeps, endedBefore = 0): Promise<string[]> {
  const swept: string[] = []
  const names = namesIn(deps.attempts)
  for (let at = 0; at < names.length; at += BATCH)
    swept.push(...(await useless(deps, names.slice(at, at + BATCH), endedBefore)))
  for (const job of swept) await removeAttempts(deps, job)
  if (swept.length > 0) deps.log.info('attempts that nobody needs were removed', { jobs: swept.length })
  return swept
}

/** Those of the jobs named that may still go on by themselves. */
export async function unfinishedAmong(read: Reader, names: string[]): Promise<Set<string>> {
  const rows = await read.all<{ id: string }>(sql`
    select id from jobs where id in (select value from json_each(${JSON.stringify(names)})) and ended_at is null`)
  return new Set(rows.map(({ id }) => id))
}

async function useless({ read }: AttemptsDeps, names: string[], endedBefore: number): Promise<string[]> {
  const rows = await read.all<{ name: string }>(sql`
    select value as name from json_each(${JSON.stringify(names)})
    where not exists (
      select 1 from jobs where id = value and state <> 'succeeded' and coalesce(ended_at, ${endedBefore}) >= ${endedBefore})`)
  return rows.map(({ name }) => name)
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // no such folder: nothing was ever rendered
  }
}

import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/writer.ts'
import { SUSPECT_CRASHES } from './turns.ts'

/** Jobs of a line, from its first, that are looked at for one that finds what it needs loaded. */
const LOOKED_AT = 8
/** Nobody goes before a job that is due for so long, … */
export const MOST_WAIT_MS = 60_000
/** … or that so many have gone before. */
export const MOST_PASSED = 8

/** A job of a line, as far as what it loads goes. */
export interface Loader {
  id: string
  affinity: string | null
  runAt: number
  passedOver: number
}

/**
 * Which of the first jobs of a line is started: the first that finds what it loads among `loaded`, unless it would go
 * before one that has waited long enough; else the first.
 */
export function pickWarm(line: Loader[], loaded: readonly string[], at: number): number {
  for (const [i, job] of line.entries()) {
    if (job.affinity !== null && loaded.includes(job.affinity)) return i
    if (at - job.runAt > MOST_WAIT_MS || job.passedOver >= MOST_PASSED) return 0
  }
  return 0
}

/**
 * The id of the job to start in place of `first`, the next of its line: of the same person, project and priority alone, so
 * that nobody else waits any longer. Counts those that are passed over, and takes what the job uses out of `loaded`.
 */
export async function preferWarm(tx: Tx, first: string, at: number, loaded: string[]): Promise<string> {
  const line = await tx.all<Loader>(firstOfLine(first, at))
  const nth = pickWarm(line, loaded, at)
  const chosen = line[nth]!
  const used = loaded.indexOf(chosen.affinity ?? '')
  if (used >= 0) loaded.splice(used, 1)
  if (nth === 0) return first
  const passed = line.slice(0, nth).map(({ id }) => id)
  await tx.run(sql`
    UPDATE jobs SET passed_over = passed_over + 1 WHERE id IN (SELECT value FROM json_each(${JSON.stringify(passed)}))`)
  return chosen.id
}

/** The job and those due after it in its line; but for it, none under which servers have died: those wait for their own turn. */
function firstOfLine(first: string, at: number): SQL {
  return sql`
    SELECT job.id, job.affinity, job.run_at AS runAt, job.passed_over AS passedOver
    FROM jobs AS head
    CROSS JOIN jobs AS job INDEXED BY jobs_in_line
      ON job.lane = head.lane AND job.owner = head.owner AND job.line = head.line AND job.priority = head.priority
    WHERE head.id = ${first} AND job.state = 'queued' AND job.run_at <= ${at}
      AND (job.id = head.id OR job.crashes < ${sql.raw(String(SUSPECT_CRASHES))})
    ORDER BY job.run_at, job.created_at LIMIT ${LOOKED_AT}`
}

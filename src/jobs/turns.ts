import { type SQL, sql } from 'drizzle-orm'
import type { Tx } from '../db/writer.ts'
import type { Job } from './tables.ts'

/** The line of work that belongs to no project. */
const NO_PROJECT = '-'

/**
 * True while a job runs under which a server has died, and that has gained nothing since: were it to happen again, it must
 * be known which it was.
 */
const SUSPECT_RUNS = sql`EXISTS (
  SELECT 1 FROM jobs AS suspect WHERE suspect.state = 'running' AND suspect.crashes > 0 AND suspect.crash_mark >=
    coalesce((SELECT bytes + 1000 * step FROM drafts WHERE job_id = suspect.id), 0)
    + (SELECT 1000000 * count(*) FROM checkpoints WHERE job_id = suspect.id))`

type Place = Pick<Job, 'lane' | 'owner' | 'scope'>

/** Gives the job's person and project a turn in its lane: those who wait already keep theirs, newcomers come last. */
export async function lineUp(tx: Tx, { lane, owner, scope }: Place): Promise<void> {
  const line = scope ?? NO_PROJECT
  await tx.run(sql`
    INSERT INTO turns (lane, owner, line, turn)
    SELECT ${lane}, ${owner}, value, (SELECT coalesce(max(turn), 0) + 1 FROM turns WHERE lane = ${lane})
    FROM json_each(json_array('', ${line})) WHERE true
    ON CONFLICT (lane, owner, line) DO NOTHING`)
}

/**
 * The id of the job that comes next, as a query: of the highest priority that is due, the person who was served longest ago, of
 * theirs the project that was, and of its jobs the one due longest. Every join is walked in the order of its index and
 * ends at the first row: `jobs_in_line` is named since the planner can't know that. A suspect waits for another that runs.
 */
export function nextInLine(lane: string, at: number): SQL {
  return sql`(
    SELECT job.id
    FROM turns AS person
    CROSS JOIN turns AS project ON project.lane = person.lane AND project.owner = person.owner
    CROSS JOIN jobs AS job INDEXED BY jobs_in_line
      ON job.lane = person.lane AND job.owner = person.owner AND job.line = project.line
    WHERE person.lane = ${lane} AND person.line = '' AND project.line <> '' AND job.state = 'queued' AND job.run_at <= ${at}
      AND (job.crashes = 0 OR NOT ${SUSPECT_RUNS})
      AND job.priority = (
        SELECT priority FROM jobs WHERE state = 'queued' AND lane = ${lane} AND run_at <= ${at}
          AND (crashes = 0 OR NOT ${SUSPECT_RUNS}) ORDER BY priority DESC LIMIT 1)
    ORDER BY person.turn, project.turn, job.run_at, job.created_at
    LIMIT 1)`
}

/** Sends the person and the project of a started job to the end of their lines. */
export async function passTurn(tx: Tx, { lane, owner, scope }: Place): Promise<void> {
  await tx.run(sql`
    UPDATE turns SET turn = (SELECT max(turn) + 1 FROM turns WHERE lane = ${lane})
    WHERE lane = ${lane} AND owner = ${owner} AND line IN ('', ${scope ?? NO_PROJECT})`)
}

/** Forgets the lines in which nothing waits any more: of those that had a job started now, or of the whole lane when none had. */
export async function clearTurns(tx: Tx, lane: string, started: Place[]): Promise<void> {
  const lines = JSON.stringify(started.map(({ owner, scope }) => [owner, scope ?? NO_PROJECT]))
  const these =
    started.length > 0
      ? sql`(owner, line) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${lines}))`
      : sql`line <> ''`
  await tx.run(sql`
    DELETE FROM turns WHERE lane = ${lane} AND ${these} AND NOT EXISTS (
      SELECT 1 FROM jobs WHERE jobs.state = 'queued' AND jobs.lane = turns.lane AND jobs.owner = turns.owner AND jobs.line = turns.line)`)
}

import { type SQL, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import type { Job } from './tables.ts'

/** The line of work that belongs to no project. */
const NO_PROJECT = '-'

/** Deaths of the server under a job, with nothing gained in between, from which on it is a suspect. See docs/decisions/005. */
export const SUSPECT_CRASHES = 2
const SUSPICIOUS = sql.raw(String(SUSPECT_CRASHES))

/** True while a suspect runs that has gained nothing since: were it to happen again, it must be known which it was. */
export const SUSPECT_RUNS = sql`EXISTS (
  SELECT 1 FROM jobs AS suspect WHERE suspect.state = 'running' AND suspect.crashes >= ${SUSPICIOUS} AND suspect.crash_mark >=
    coalesce((SELECT bytes + 1000 * step FROM drafts WHERE job_id = suspect.id), 0)
    + (SELECT 1000000 * count(*) FROM checkpoints WHERE job_id = suspect.id))`

type Place = Pick<Job, 'lane' | 'owner' | 'scope'>

/** One job that may come next, as far as its turn goes. */
export interface Head {
  id: string
  /** Whether servers have died under it. */
  suspect: boolean
}

/** The jobs of a project (or of none) that are due, of the highest priority there is, the first of them in order. */
export interface Line {
  owner: string
  line: string
  /** The lowest is the next: of its person among all, of itself among the person's. */
  personTurn: number
  turn: number
  heads: Head[]
}

export interface Queue {
  lines: Line[]
  /** True while no suspect may start. */
  suspectRuns: boolean
  /** The highest turn that was given. */
  lastTurn: number
}

/** Gives each job's person and project a turn in its lane: those who wait already keep theirs, newcomers come last. */
export async function lineUp(tx: Tx, places: Place[]): Promise<void> {
  const distinct = new Map(places.map((place) => [JSON.stringify([place.lane, place.owner, place.scope]), place]))
  for (const { lane, owner, scope } of distinct.values())
    await tx.run(sql`
      INSERT INTO turns (lane, owner, line, turn)
      SELECT ${lane}, ${owner}, value, (SELECT coalesce(max(turn), 0) + 1 FROM turns WHERE lane = ${lane})
      FROM json_each(json_array('', ${scope ?? NO_PROJECT})) WHERE true
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
      AND (job.crashes < ${SUSPICIOUS} OR NOT ${SUSPECT_RUNS})
      AND job.priority = ${topPriority(lane, at)}
    ORDER BY person.turn, project.turn, job.run_at, job.created_at
    LIMIT 1)`
}

/** Whether a lane has so many lines that it is cheaper to ask for its next job than for all their first ones. */
export async function hasManyLines(read: Reader, lane: string, many: number): Promise<boolean> {
  const row = await read.get<{ count: number }>(
    sql`SELECT count(*) AS count FROM (SELECT 1 FROM turns WHERE lane = ${lane} LIMIT ${many + 1})`,
  )
  return row.count > many
}

/** All lines of a lane with the first `most` due jobs of each: the same order as `nextInLine`, for who takes many at once. */
export async function queueOf(read: Reader, lane: string, at: number, most: number): Promise<Queue> {
  const row = await read.get<{ queue: string }>(sql`
    WITH top (priority) AS (SELECT ${topPriority(lane, at)})
    SELECT json_object(
      'suspectRuns', ${SUSPECT_RUNS},
      'lastTurn', (SELECT coalesce(max(turn), 0) FROM turns WHERE lane = ${lane}),
      'lines', (
        SELECT json_group_array(json_object('owner', project.owner, 'line', project.line, 'personTurn', person.turn, 'turn', project.turn,
          'heads', (
            SELECT json_group_array(json_object('id', id, 'suspect', crashes >= ${SUSPICIOUS})) FROM (
              SELECT id, crashes FROM jobs INDEXED BY jobs_in_line
              WHERE state = 'queued' AND lane = ${lane} AND owner = project.owner AND line = project.line
                AND priority = (SELECT priority FROM top) AND run_at <= ${at}
              ORDER BY run_at, created_at LIMIT ${most}))))
        FROM turns AS person
        CROSS JOIN turns AS project ON project.lane = person.lane AND project.owner = person.owner
        WHERE person.lane = ${lane} AND person.line = '' AND project.line <> '')
    ) AS queue`)
  const { suspectRuns, ...queue } = JSON.parse(row.queue)
  const lines = queue.lines.map((line: Line) => ({ ...line, heads: line.heads.map(headOf) }))
  return { ...queue, lines, suspectRuns: suspectRuns === 1 }
}

/** SQLite has no booleans. */
function headOf({ id, suspect }: { id: string; suspect: unknown }): Head {
  return { id, suspect: suspect === 1 }
}

/** The highest priority of which a job of the lane may start. */
function topPriority(lane: string, at: number): SQL {
  return sql`(
    SELECT priority FROM jobs INDEXED BY jobs_due WHERE state = 'queued' AND lane = ${lane} AND run_at <= ${at}
      AND (crashes < ${SUSPICIOUS} OR NOT ${SUSPECT_RUNS}) ORDER BY priority DESC LIMIT 1)`
}

/** Sends the people and the projects of started jobs, in their order, to the ends of their lines. */
export async function passTurns(tx: Tx, lane: string, started: Place[]): Promise<void> {
  if (started.length === 0) return
  const turns = new Map<string, { owner: string; line: string; nth: number }>()
  started.forEach(({ owner, scope }, nth) => {
    for (const line of ['', scope ?? NO_PROJECT]) turns.set(JSON.stringify([owner, line]), { owner, line, nth })
  })
  await tx.run(sql`
    WITH base (turn) AS MATERIALIZED (SELECT max(turn) + 1 FROM turns WHERE lane = ${lane})
    UPDATE turns SET turn = (SELECT turn FROM base) + (passed.value ->> 'nth')
    FROM json_each(${JSON.stringify([...turns.values()])}) AS passed
    WHERE turns.lane = ${lane} AND turns.owner = passed.value ->> 'owner' AND turns.line = passed.value ->> 'line'`)
}

/** Forgets the lines in which nothing waits any more: of those that had a job started now, or of the whole lane when none had. */
export async function clearTurns(tx: Tx, lane: string, started: Place[]): Promise<void> {
  const lines = [...new Set(started.map(({ owner, scope }) => JSON.stringify([owner, scope ?? NO_PROJECT])))]
  const these =
    started.length > 0
      ? sql`(owner, line) IN (SELECT value ->> 0, value ->> 1 FROM json_each(${`[${lines.join(',')}]`}))`
      : sql`line <> ''`
  await tx.run(sql`
    DELETE FROM turns WHERE lane = ${lane} AND ${these} AND NOT EXISTS (
      SELECT 1 FROM jobs WHERE jobs.state = 'queued' AND jobs.lane = turns.lane AND jobs.owner = turns.owner AND jobs.line = turns.line)`)
}

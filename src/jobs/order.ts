import { and, asc, desc, eq, inArray, lte, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { Conflict, Invalid } from '../errors.ts'
import { type JobsDeps, jobById } from './jobs.ts'
import { pickFairly } from './picks.ts'
import { refOf } from './settle.ts'
import { type Job, jobs } from './tables.ts'
import { type Line, SUSPECT_CRASHES } from './turns.ts'

/** Jobs that are put in order at once. */
const MOST = 500

/**
 * The due jobs of a lane in the order in which they will start, if nothing comes between: by priority, and within one as
 * the turns of people and projects have it. 500 at most, those of the highest priority.
 */
export async function orderOf(read: Reader, lane: string, at: number): Promise<Job[]> {
  const due = await read
    .select()
    .from(jobs)
    .where(and(eq(jobs.lane, lane), eq(jobs.state, 'queued'), lte(jobs.runAt, at)))
    .orderBy(desc(jobs.priority), asc(jobs.runAt), asc(jobs.createdAt))
    .limit(MOST)
  const turns = await turnsOf(read, lane)
  const priorities = [...new Set(due.map(({ priority }) => priority))]
  return priorities.flatMap((priority) =>
    inTurn(
      due.filter((job) => job.priority === priority),
      turns,
    ),
  )
}

/** The turn of each person (line `''`) and of each project, by `owner` and `line`; passed on as jobs are taken. */
type Turns = Map<string, number>

async function turnsOf(read: Reader, lane: string): Promise<Turns> {
  const rows = await read.all<{ owner: string; line: string; turn: number }>(
    sql`SELECT owner, line, turn FROM turns WHERE lane = ${lane}`,
  )
  return new Map(rows.map(({ owner, line, turn }) => [keyOf(owner, line), turn]))
}

function inTurn(group: Job[], turns: Turns): Job[] {
  const byId = new Map(group.map((job) => [job.id, job]))
  const lines = new Map<string, Line>()
  for (const { id, owner, scope, crashes } of group) {
    const line = scope ?? '-'
    const [personTurn, turn] = [turns.get(keyOf(owner, '')) ?? 0, turns.get(keyOf(owner, line)) ?? 0]
    const known = lines.get(keyOf(owner, line)) ?? { owner, line, personTurn, turn, heads: [] }
    lines.set(keyOf(owner, line), known)
    known.heads.push({ id, suspect: crashes >= SUSPECT_CRASHES })
  }
  const last = Math.max(0, ...turns.values())
  const queue = { lines: [...lines.values()], suspectRuns: false, lastTurn: last }
  const taken = pickFairly(queue, group.length + 1).map((id) => byId.get(id)!)
  taken.forEach(({ owner, scope }, nth) => {
    turns.set(keyOf(owner, ''), last + 1 + nth)
    turns.set(keyOf(owner, scope ?? '-'), last + 1 + nth)
  })
  return [...taken, ...group.filter((job) => !taken.includes(job))]
}

function keyOf(owner: string, line: string): string {
  return JSON.stringify([owner, line])
}

/**
 * Puts a job that waits directly before another of its lane, or at the end of those that wait. From then on it and all
 * that stand before it go in this order, whoever's turn it would be: they get priorities of their own. Returns the job.
 * @throws NotFound `unknown_job`, Conflict `not_waiting`, Invalid `bad_place`
 */
export function placeJob(deps: JobsDeps, id: string, before: string | null, by: string): Promise<Job> {
  return deps.db.write(async (tx) => {
    const job = await jobById(tx, id)
    const order = await orderOf(tx, job.lane, deps.now())
    const from = order.findIndex((one) => one.id === id)
    if (from < 0)
      throw new Conflict('not_waiting', 'The job does not wait in the queue any more.', {
        context: { state: job.state },
      })
    const rest = order.filter((one) => one.id !== id)
    const to = before === null ? rest.length : rest.findIndex((one) => one.id === before)
    if (to < 0)
      throw new Invalid('bad_place', 'The job before which it is to go does not wait in this queue.', {
        context: { field: 'before' },
      })
    const wanted = rest.toSpliced(to, 0, job)
    const moved = prioritiesFor(wanted, Math.max(from, to))
    for (const [priority, ids] of Map.groupBy(moved, ({ priority }) => priority))
      await tx
        .update(jobs)
        .set({ priority })
        .where(
          inArray(
            jobs.id,
            ids.map((one) => one.job.id),
          ),
        )
    await deps.events.appendAll(
      tx,
      moved.map((one) => ({
        type: 'job.prioritised',
        scope: one.job.scope,
        job: refOf(one.job),
        by,
        data: { priority: one.priority },
      })),
    )
    return jobById(tx, id)
  })
}

/** Priorities that fall from job to job, up to the `last` one that has to keep its place, above those of all behind. Only those that change. */
function prioritiesFor(order: Job[], last: number): { job: Job; priority: number }[] {
  const floor = Math.max(order[last + 1]?.priority ?? Math.min(...order.map(({ priority }) => priority)) - 1, -MOST)
  return order.slice(0, last + 1).flatMap((job, at) => {
    const priority = floor + 1 + last - at
    return priority === job.priority ? [] : [{ job, priority }]
  })
}

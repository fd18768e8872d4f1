import { sql } from 'drizzle-orm'
import type { Database } from '../../db/open.ts'
import { streamOf } from '../../events/compactions.ts'
import { compactEvents, forgetEnded, trimAttempts } from '../../jobs/compact.ts'
import type { Done, Handler } from '../../jobs/handler.ts'
import { sweepAnswers } from '../../llm/answers.ts'
import { plural } from '../../web/format.ts'
import { takesNothing, UPKEEP } from './upkeep.ts'

const DAY_MS = 24 * 3_600_000
/** Projects looked up at once. */
const BATCH = 100

export interface RetentionDeps {
  db: Database
  now: () => number
  /** Days after which a finished project keeps only what it has become; 0: never. */
  keepDays: number
  /** How long a model's answer is given again, ms. */
  keepMs: number
}

/** The job that thins out the log of projects that ended long ago, and forgets the runs of schedules from then, and answers too old to be given. */
export function retentionHandler(deps: RetentionDeps): Handler<Record<string, never>> {
  return {
    kind: 'retention',
    lane: UPKEEP,
    schedulable: takesNothing,
    async run({ signal }) {
      await forgetAnswers(deps, signal)
      return deps.keepDays === 0 ? keepAll() : compactFinished(deps, signal)
    },
  }
}

async function keepAll(): Promise<Done> {
  return { result: { projects: 0, events: 0, attempts: 0, jobs: 0, says: 'Everything is kept: HEARTH_KEEP_DAYS is 0' } }
}

async function forgetAnswers(deps: RetentionDeps, signal: AbortSignal): Promise<void> {
  while ((await sweepAnswers(deps)) > 0) signal.throwIfAborted()
}

async function compactFinished(deps: RetentionDeps, signal: AbortSignal): Promise<Done> {
  const before = deps.now() - deps.keepDays * DAY_MS
  const sums = { projects: 0, events: 0, attempts: 0 }
  for (;;) {
    const found = await finishedBefore(deps, before)
    for (const project of found) {
      const { events, attempts } = await compactProject(deps, project, before, signal)
      sums.projects++
      sums.events += events
      sums.attempts += attempts
    }
    if (found.length < BATCH) break
  }
  const jobs = await forgetUpkeep(deps, before, signal)
  const says = `Compacted ${plural(sums.projects, 'project')}: ${plural(sums.events, 'event')} removed; forgot ${plural(jobs, 'old run')} of schedules`
  return { result: { ...sums, jobs, says } }
}

/** Removes the jobs that belong to no project, some a turn. Returns how many they were. */
async function forgetUpkeep(deps: RetentionDeps, before: number, signal: AbortSignal): Promise<number> {
  let sum = 0
  for (let many = await forgetEnded(deps, before); many > 0; many = await forgetEnded(deps, before)) {
    sum += many
    signal.throwIfAborted()
  }
  return sum
}

/** Brings a finished project down to what it has become, some rows a turn. */
async function compactProject(
  deps: RetentionDeps,
  project: string,
  before: number,
  signal: AbortSignal,
): Promise<{ events: number; attempts: number }> {
  const ended = { project, before }
  const sums = { events: 0, attempts: 0 }
  for (let page = await compactEvents(deps, ended, 0); page; page = await compactEvents(deps, ended, page.from)) {
    sums.events += page.removed
    signal.throwIfAborted()
  }
  for (let many = await trimAttempts(deps, ended); many > 0; many = await trimAttempts(deps, ended)) {
    sums.attempts += many
    signal.throwIfAborted()
  }
  const stream = streamOf({ project })
  await deps.db.write((tx) =>
    tx.run(sql`insert into compactions (stream, up_to) values (${stream}, ${before})
      on conflict (stream) do update set up_to = excluded.up_to`),
  )
  return sums
}

/** Projects that ended before a moment, and in which something has happened since they were last compacted. */
async function finishedBefore({ db }: RetentionDeps, before: number): Promise<string[]> {
  const rows = await db.read.all<{ id: string }>(sql`
    select p.id as id from projects p left join compactions c on c.stream = 'project:' || p.id
    where p.status in ('done', 'failed', 'cancelled') and p.ended_at < ${before}
      and (c.up_to is null or c.up_to <= p.ended_at)
    order by p.id limit ${BATCH}`)
  return rows.map(({ id }) => id)
}

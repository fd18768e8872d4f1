import { sql } from 'drizzle-orm'
import type { Database } from '../db/open.ts'
import { removeEvents } from '../events/compactions.ts'

/** Rows removed or trimmed in one commit. */
const PAGE = 1_000
/** Jobs removed in one commit, with some events each. */
const JOBS_PAGE = 100
/** How a job came to its end; the end itself stays, and with it all that was made. */
const ON_THE_WAY = ['queued', 'started', 'phase', 'retrying', 'paused', 'resumed', 'held'].map((what) => `job.${what}`)
/** An error of more characters loses its context, and all but the first of its message. */
const LONG_ERROR = 2_000
const SHORT_MESSAGE = 300

export interface CompactDeps {
  db: Database
}

/** What is compacted: the jobs of a project that ended before a moment, ms since the epoch. */
export interface Ended {
  project: string
  before: number
}

/**
 * Removes, after the event `from`, up to 1,000 events that tell how ended jobs came to their ends. Returns how many they
 * were and where to go on; null when there are no more.
 */
export function compactEvents(
  { db }: CompactDeps,
  { project, before }: Ended,
  from: number,
): Promise<{ removed: number; from: number } | null> {
  return db.write(async (tx) => {
    const gone = await tx.all<{ seq: number; job: string; project: string }>(sql`
      select e.seq as seq, e.job_id as job, e.scope as project from events e join jobs j on j.id = e.job_id
      where e.scope = ${project} and e.seq > ${from} and e.type in (select value from json_each(${JSON.stringify(ON_THE_WAY)}))
        and e.at < ${before} and j.ended_at < ${before}
        and e.seq < (select max(seq) from events where job_id = e.job_id)
        and e.seq < (select max(seq) from events where scope = ${project})
      order by e.seq limit ${PAGE}`)
    if (gone.length === 0) return null
    await removeEvents(tx, gone)
    return { removed: gone.length, from: gone.at(-1)!.seq }
  })
}

/** Takes what is long from up to 1,000 attempts of ended jobs: stack, text received, context of the error. Returns how many. */
export function trimAttempts({ db }: CompactDeps, { project, before }: Ended): Promise<number> {
  return db.write(async (tx) => {
    const trimmed = await tx.all(sql`
      update attempts set stack = null, tail = null, error = case when length(error) > ${LONG_ERROR}
        then json_set(error, '$.context', json('{}'), '$.message', substr(error ->> 'message', 1, ${SHORT_MESSAGE}))
        else error end
      where (job_id, attempt) in (
        select a.job_id, a.attempt from attempts a join jobs j on j.id = a.job_id
        where j.scope = ${project} and j.ended_at < ${before}
          and (a.stack is not null or a.tail is not null or length(a.error) > ${LONG_ERROR})
        limit ${PAGE})
      returning job_id`)
    return trimmed.length
  })
}

/**
 * Removes up to 100 jobs of no project that ended before a moment, with their events and attempts: nothing else is in their
 * streams, and nothing that is kept was made by them. The last run of each schedule stays for its page. Returns how many.
 */
export function forgetEnded({ db }: CompactDeps, before: number): Promise<number> {
  return db.write(async (tx) => {
    const gone = await tx.all<{ id: string }>(sql`
      select id from jobs where scope is null and ended_at < ${before}
        and not exists (select 1 from schedules where last_job = jobs.id)
      limit ${JOBS_PAGE}`)
    const ids = sql`(select value from json_each(${JSON.stringify(gone.map(({ id }) => id))}))`
    await tx.run(sql`delete from events where job_id in ${ids}`)
    await tx.run(sql`delete from jobs where id in ${ids}`)
    return gone.length
  })
}

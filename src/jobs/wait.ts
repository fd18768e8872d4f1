import { and, count, eq, lte, ne, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { type Job, jobs } from './tables.ts'
import { SUSPECT_CRASHES, SUSPECT_RUNS } from './turns.ts'

/** See docs/decisions/005. */
const SUSPECT_WORDS =
  'The server stopped while it ran. It waits for another such job, since they run one at a time, until each has gained something.'

/** Why a job does not run at this moment, and until when; null when somebody, or a free place, decides. */
export interface Wait {
  reason: 'place' | 'suspect' | 'away' | 'retry' | 'later' | 'paused' | 'held'
  until: number | null
  /** The same for a person. */
  says: string
}

/** What a job waits for at `now`; null when it runs, or has ended. */
export async function waitOf(read: Reader, job: Job, now: number): Promise<Wait | null> {
  const { state, failures, crashes, runAt, error } = job
  if (state === 'paused') return { reason: 'paused', until: null, says: 'It is paused, until somebody lets it go on.' }
  if (state === 'held')
    return { reason: 'held', until: null, says: 'It is held, until somebody decides how it goes on.' }
  if (state !== 'queued') return null
  if (runAt <= now && crashes >= SUSPECT_CRASHES && (await suspectRuns(read)))
    return { reason: 'suspect', until: null, says: SUSPECT_WORDS }
  if (runAt <= now) return { reason: 'place', until: null, says: placeWords(await othersInLine(read, job, now)) }
  if (error?.code === 'circuit_open') return { reason: 'away', until: runAt, says: error.message }
  if (failures === 0)
    return { reason: 'later', until: runAt, says: error?.message ?? 'It asked to be tried again later.' }
  return { reason: 'retry', until: runAt, says: `It failed ${times(failures)} and is tried again by itself.` }
}

/** True while another job runs that may have taken the server down. */
async function suspectRuns(read: Reader): Promise<boolean> {
  const [row] = await read.all<{ runs: number }>(sql`SELECT ${SUSPECT_RUNS} AS runs`)
  return row?.runs === 1
}

/** How many others are due in the same lane: whose turn comes first, the queue decides. */
async function othersInLine(read: Reader, { lane, id }: Job, now: number): Promise<number> {
  const [row] = await read
    .select({ due: count() })
    .from(jobs)
    .where(and(eq(jobs.state, 'queued'), eq(jobs.lane, lane), lte(jobs.runAt, now), ne(jobs.id, id)))
  return row?.due ?? 0
}

function placeWords(others: number): string {
  if (others === 0) return 'It is next, as soon as a place is free.'
  return `It waits for a free place, as ${others === 1 ? 'one other does' : `${others} others do`}.`
}

function times(count: number): string {
  return count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`
}

import { and, asc, desc, eq, inArray, lte, ne, or, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { DomainError, errorFacts } from '../errors.ts'
import type { JobsDeps } from './jobs.ts'
import { refOf, settle } from './settle.ts'
import { attempts, checkpoints, drafts, type Job, jobs } from './tables.ts'

/** How long a claim holds without being renewed. */
export const LEASE_MS = 30_000
/** Deaths of the server under a job, without progress in between, after which a person must decide. */
const MAX_CRASHES = 2

export interface Owner {
  /** This run of the server. */
  boot: string
}

/** Takes up to `limit` jobs of a lane, counts the attempt and sets the lease in the same statement, and says so. */
export function claim(deps: JobsDeps, { boot }: Owner, lane: string, limit: number): Promise<Job[]> {
  return deps.db.write(async (tx) => {
    const at = deps.now()
    const next = tx
      .select({ id: jobs.id })
      .from(jobs)
      .where(and(eq(jobs.state, 'queued'), eq(jobs.lane, lane), lte(jobs.runAt, at)))
      .orderBy(desc(jobs.priority), asc(jobs.runAt), asc(jobs.createdAt))
      .limit(limit)
    const claimed = await tx
      .update(jobs)
      .set({
        state: 'running',
        attempt: sql`${jobs.attempt} + 1`,
        bootId: boot,
        leaseUntil: at + LEASE_MS,
        attemptStartedAt: at,
        startedAt: sql`coalesce(${jobs.startedAt}, ${at})`,
      })
      .where(inArray(jobs.id, next))
      .returning()
    for (const job of claimed) {
      await tx.insert(attempts).values({ job: job.id, attempt: job.attempt, bootId: boot, startedAt: at })
      await deps.events.append(tx, { type: 'job.started', scope: job.scope, job: refOf(job) })
    }
    return claimed
  })
}

/** Prolongs the leases of what this run of the server is working on. */
export function renewLeases(deps: JobsDeps, { boot }: Owner, ids: string[]): Promise<void> {
  return deps.db.write(async (tx) => {
    await tx
      .update(jobs)
      .set({ leaseUntil: deps.now() + LEASE_MS })
      .where(and(inArray(jobs.id, ids), eq(jobs.state, 'running'), eq(jobs.bootId, boot)))
  })
}

/**
 * Takes over what a dead run of the server left running, and what let its lease run out. It goes back into the queue,
 * or is held when the server has died under it twice with nothing gained in between.
 */
export function takeOverLost(deps: JobsDeps, { boot }: Owner): Promise<Job[]> {
  return deps.db.write(async (tx) => {
    const lost = await tx
      .select()
      .from(jobs)
      .where(and(eq(jobs.state, 'running'), or(ne(jobs.bootId, boot), lte(jobs.leaseUntil, deps.now()))))
    const taken: Job[] = []
    for (const job of lost) taken.push(await takeOver(deps, tx, job))
    return taken
  })
}

async function takeOver(deps: JobsDeps, tx: Parameters<typeof settle>[1], job: Job): Promise<Job> {
  const mark = await progressMark(tx, job.id)
  const crashes = mark > job.crashMark ? 1 : job.crashes + 1
  const set = { crashes, crashMark: mark, runAt: deps.now() }
  if (crashes < MAX_CRASHES)
    return settle(deps, tx, job, {
      move: 'release',
      event: 'job.queued',
      outcome: 'lost',
      data: { reason: 'server_restarted' },
      set,
    })
  const error = errorFacts(
    new DomainError(
      'crashed_server',
      `The server stopped ${crashes} times while this job ran, with nothing gained in between. Look at its attempts, then retry or cancel it.`,
      { retryable: true },
    ),
  )
  return settle(deps, tx, job, {
    move: 'hold',
    event: 'job.held',
    outcome: 'lost',
    error,
    data: { error },
    set: { ...set, error },
  })
}

/** How far a job has come, as one number that only grows with new work: text, steps and checkpoints. */
async function progressMark(read: Reader, job: string): Promise<number> {
  const [draft] = await read.select({ bytes: drafts.bytes, step: drafts.step }).from(drafts).where(eq(drafts.job, job))
  const done = await read.select({ name: checkpoints.name }).from(checkpoints).where(eq(checkpoints.job, job))
  return (draft?.bytes ?? 0) + (draft?.step ?? 0) * 1_000 + done.length * 1_000_000
}

import { and, asc, desc, eq, inArray, notInArray } from 'drizzle-orm'
import type { Database, Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { Conflict, NotFound } from '../errors.ts'
import type { Scope } from '../events/line.ts'
import { jobChanged, refOf, type SettleDeps, settle } from './settle.ts'
import { isTerminal, type JobState, type Move, statesThatAllow } from './state.ts'
import { attempts, checkpoints, drafts, type Job, jobs } from './tables.ts'

export interface JobsDeps extends SettleDeps {
  db: Database
  newId: () => string
}

/** @throws NotFound `unknown_job` */
export async function jobById(read: Reader, id: string): Promise<Job> {
  const [job] = await read.select().from(jobs).where(eq(jobs.id, id))
  if (!job) throw new NotFound('job', id)
  return job
}

/** Those of these jobs that there are: a few hundred at most. */
export function jobsById(read: Reader, ids: string[]): Promise<Job[]> {
  return read.select().from(jobs).where(inArray(jobs.id, ids))
}

/** The job, how each attempt went, and which of its steps are done. @throws NotFound `unknown_job` */
export async function jobWithAttempts(read: Reader, id: string) {
  const job = await jobById(read, id)
  return {
    job,
    attempts: await read.select().from(attempts).where(eq(attempts.job, id)).orderBy(asc(attempts.attempt)),
    checkpoints: await read.select().from(checkpoints).where(eq(checkpoints.job, id)).orderBy(asc(checkpoints.at)),
  }
}

/** The jobs of a project, newest first. */
export function jobsOf(read: Reader, scope: string): Promise<Job[]> {
  return read.select().from(jobs).where(eq(jobs.scope, scope)).orderBy(desc(jobs.createdAt), desc(jobs.id))
}

/** What was asked for, if it is about an attempt that was seen: another one is never touched. */
export interface Seen {
  attempt?: number | undefined
}

/** Ends a job: at once for good; what runs hears of it within a second and frees what it holds. */
export function cancelJob(deps: JobsDeps, id: string, by: string, seen: Seen = {}): Promise<Job> {
  return deps.db.write(async (tx) => cancelIn(deps, tx, await jobAsSeen(tx, id, seen), by))
}

/** Stops a job where it is, keeping what it has made; `resumeJob` goes on from there. */
export function pauseJob(deps: JobsDeps, id: string, by: string, seen: Seen = {}): Promise<Job> {
  return deps.db.write(async (tx) => pauseIn(deps, tx, await jobAsSeen(tx, id, seen), by))
}

/** Puts a paused job back into the queue. */
export function resumeJob(deps: JobsDeps, id: string, by: string, seen: Seen = {}): Promise<Job> {
  return deps.db.write(async (tx) => resumeIn(deps, tx, await jobAsSeen(tx, id, seen), by))
}

/**
 * Tries a failed, cancelled or held job again with all its tries: from its last checkpoint, or from scratch, without
 * the draft and the checkpoints.
 */
export function retryJob(
  deps: JobsDeps,
  id: string,
  by: string,
  { fromScratch = false, ...seen }: Seen & { fromScratch?: boolean } = {},
): Promise<Job> {
  return deps.db.write(async (tx) => {
    const job = await jobAsSeen(tx, id, seen)
    return fromScratch ? retryFromScratchIn(deps, tx, job, by) : retryIn(deps, tx, job, by)
  })
}

/** Gives a job that has not ended another priority: the higher goes first. @throws Conflict `not_allowed` */
export function prioritiseJob(
  deps: JobsDeps,
  id: string,
  by: string,
  { priority, ...seen }: Seen & { priority: number },
): Promise<Job> {
  return deps.db.write(async (tx) => {
    const job = await jobAsSeen(tx, id, seen)
    if (isTerminal(job.state)) throw ended(job)
    const [changed] = await tx.update(jobs).set({ priority }).where(eq(jobs.id, id)).returning()
    const { scope } = job
    await deps.events.append(tx, { type: 'job.prioritised', scope, job: refOf(job), by, data: { priority } })
    return changed!
  })
}

/** Does one move to every job of a project that allows it, but those of some kinds, in one transaction. Returns the jobs that moved. */
export function moveAll(
  deps: JobsDeps,
  scope: string,
  what: keyof typeof ALL,
  by: string,
  except: readonly string[] = [],
): Promise<Job[]> {
  const { from, each } = ALL[what]
  return deps.db.write(async (tx) => {
    const rows = await tx
      .select()
      .from(jobs)
      .where(and(eq(jobs.scope, scope), inArray(jobs.state, [...from]), notInArray(jobs.kind, [...except])))
    const moved: Job[] = []
    for (const job of rows) moved.push(await each(deps, tx, job, by))
    return moved
  })
}

/** Asks every open job of a project to stop, in the caller's transaction. */
export async function cancelAllIn(deps: JobsDeps, tx: Tx, scope: string, by: string): Promise<void> {
  const open = await tx
    .select()
    .from(jobs)
    .where(and(eq(jobs.scope, scope), inArray(jobs.state, statesThatAllow('cancel'))))
  for (const job of open) await cancelIn(deps, tx, job, by)
}

const ALL = {
  cancel: { from: ['queued', 'running', 'paused', 'held'], each: cancelIn },
  pause: { from: ['queued', 'running'], each: pauseIn },
  resume: { from: ['paused'], each: resumeIn },
  retry: { from: ['failed', 'cancelled', 'held'], each: retryIn },
} as const satisfies Partial<Record<Move, unknown>>

function cancelIn(deps: JobsDeps, tx: Tx, job: Job, by: string): Promise<Job> {
  return settle(deps, tx, job, { move: 'cancel', event: 'job.cancelled', outcome: 'cancelled', by })
}

function pauseIn(deps: JobsDeps, tx: Tx, job: Job, by: string): Promise<Job> {
  return settle(deps, tx, job, { move: 'pause', event: 'job.paused', outcome: 'paused', by })
}

function resumeIn(deps: JobsDeps, tx: Tx, job: Job, by: string): Promise<Job> {
  return settle(deps, tx, job, { move: 'resume', event: 'job.resumed', by, set: { runAt: deps.now() } })
}

function retryIn(deps: JobsDeps, tx: Tx, job: Job, by: string): Promise<Job> {
  const set = { runAt: deps.now(), failures: 0, crashes: 0, error: null }
  return settle(deps, tx, job, { move: 'retry', event: 'job.queued', by, set })
}

async function retryFromScratchIn(deps: JobsDeps, tx: Tx, job: Job, by: string): Promise<Job> {
  const { id, attempt } = job
  await tx.delete(drafts).where(eq(drafts.job, id))
  await tx.delete(checkpoints).where(eq(checkpoints.job, id))
  const set = { runAt: deps.now(), failures: 0, crashes: 0, crashMark: -1, freshAfter: attempt, error: null }
  return settle(deps, tx, job, { move: 'retry', event: 'job.queued', by, data: { fromScratch: true }, set })
}

/** @throws NotFound `unknown_job`; Conflict `job_changed` when another attempt has begun since */
async function jobAsSeen(tx: Tx, id: string, { attempt }: Seen): Promise<Job> {
  const job = await jobById(tx, id)
  if (attempt !== undefined && attempt !== job.attempt) throw jobChanged(job)
  return job
}

function ended({ state }: Job): Conflict {
  return new Conflict('not_allowed', `A job that is ${state} has no turn to wait for. Retry it first.`, {
    context: { state, move: 'prioritise' },
  })
}

/** True while something of the scope is queued or running; a single job also while it is paused or held, since it can go on. */
export async function isScopeActive(read: Reader, scope: Scope): Promise<boolean> {
  const mine = 'job' in scope ? eq(jobs.id, scope.job) : eq(jobs.scope, scope.project)
  const states: JobState[] = 'job' in scope ? ['queued', 'running', 'paused', 'held'] : ['queued', 'running']
  const [row] = await read
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(mine, inArray(jobs.state, states)))
    .limit(1)
  return row !== undefined
}

import { and, eq, inArray, lte, ne, notInArray, or, sql } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { afterCommit, type Tx } from '../db/writer.ts'
import { DomainError, errorFacts } from '../errors.ts'
import { preferWarm } from './affinity.ts'
import { openAttempts } from './attempt-row.ts'
import { MAX_ATTEMPTS } from './backoff.ts'
import type { Draft } from './handler.ts'
import type { JobsDeps } from './jobs.ts'
import { pickFairly } from './picks.ts'
import { refOf, type Settlement, settle } from './settle.ts'
import { checkpoints, drafts, type Job, jobAsJson, jobOfJson, jobs } from './tables.ts'
import { clearTurns, hasManyLines, nextInLine, passTurns, queueOf, SUSPECT_CRASHES } from './turns.ts'
import { givenBack, type VerdictDeps, verdict } from './verdict.ts'

/** How long a claim holds without being renewed. */
export const LEASE_MS = 30_000
/** Lines of a lane beyond which its jobs are picked one at a time. */
const MANY_LINES = 200
/** The lease of a job whose server was asked to stop. */
const GIVEN_UP = 0
/** Deaths of the server under a job, with nothing gained in between, after which a person must decide: if no other can be to blame, … */
const CRASHES_ALONE = 2
/** … and in any case once it has died while it ran as the only suspect. */
const CRASHES_AMONG_OTHERS = SUSPECT_CRASHES + 1

export interface Owner {
  /** This run of the server. */
  boot: string
}

/** Hears of each job as soon as it is its own, in the order of commits: before whatever else was done to it since. */
export type Start = (job: Job, draft: Draft) => void

/** Takes up to `places` jobs of a lane, in turn, counts the attempt and sets the lease in the same statement, and says so. */
export function claim(
  deps: JobsDeps,
  owner: Owner,
  lane: string,
  places: number,
  start?: Start,
  warm: readonly string[] = [],
): Promise<Job[]> {
  return deps.db.write((tx) => claimIn(deps, tx, owner, { lane, places, start, warm }))
}

interface Wanted {
  lane: string
  places: number
  start?: Start | undefined
  /** What is loaded at free places. */
  warm: readonly string[]
}

async function claimIn(deps: JobsDeps, tx: Tx, { boot }: Owner, { lane, places, start, warm }: Wanted): Promise<Job[]> {
  const at = deps.now()
  const oneByOne = places === 1 || warm.length > 0 || (await hasManyLines(tx, lane, MANY_LINES))
  const loaded = [...warm]
  const claimed: Job[] = []
  while (claimed.length < places) {
    const left = places - claimed.length
    const ids = oneByOne ? await nextId(tx, lane, at, loaded) : await nextIds(tx, lane, at, left)
    if (ids.length === 0) break
    const started = await startAll(tx, ids, boot, at)
    await passTurns(tx, lane, started)
    claimed.push(...started)
  }
  await clearTurns(tx, lane, claimed)
  if (claimed.length === 0) return []
  const drafts = await openAttempts(tx, claimed, boot, at)
  await deps.events.appendAll(
    tx,
    claimed.map((job) => ({ type: 'job.started', scope: job.scope, job: refOf(job) })),
  )
  afterCommit(tx, () => {
    for (const [i, job] of claimed.entries()) start?.(job, drafts[i]!)
  })
  return claimed
}

async function nextIds(tx: Tx, lane: string, at: number, places: number): Promise<string[]> {
  const queue = await queueOf(tx, lane, at, places)
  const ids = pickFairly(queue, places)
  const isEmpty = queue.lines.every(({ heads }) => heads.length === 0)
  return ids.length > 0 || isEmpty ? ids : nextId(tx, lane, at, [])
}

async function nextId(tx: Tx, lane: string, at: number, loaded: string[]): Promise<string[]> {
  const row = await tx.get<{ id: string | null }>(sql`SELECT ${nextInLine(lane, at)} AS id`)
  if (row.id === null) return []
  return [loaded.length > 0 ? await preferWarm(tx, row.id, at, loaded) : row.id]
}

async function startAll(tx: Tx, ids: string[], boot: string, at: number): Promise<Job[]> {
  const rows = await tx.all<{ job: string }>(sql`
    UPDATE jobs SET state = 'running', attempt = attempt + 1, boot_id = ${boot}, lease_until = ${at + LEASE_MS},
      attempt_started_at = ${at}, passed_over = 0, started_at = coalesce(started_at, ${at})
    WHERE id IN (SELECT value FROM json_each(${JSON.stringify(ids)})) AND state = 'queued'
    RETURNING ${jobAsJson} AS job`)
  const started = new Map(rows.map(({ job }) => jobOfJson(job)).map((job) => [job.id, job]))
  return ids.flatMap((id) => started.get(id) ?? [])
}

/** Prolongs the leases of what this run of the server is working on. Returns the ids of those that it still owns. */
export function renewLeases(deps: JobsDeps, { boot }: Owner, ids: string[]): Promise<string[]> {
  return deps.db.write(async (tx) => {
    const kept = await tx
      .update(jobs)
      .set({ leaseUntil: deps.now() + LEASE_MS })
      .where(and(inArray(jobs.id, ids), eq(jobs.state, 'running'), eq(jobs.bootId, boot)))
      .returning({ id: jobs.id })
    return kept.map(({ id }) => id)
  })
}

/** Lets go of all leases, since the server has been asked to stop: however it ends now, no job has taken it down. */
export function giveUpLeases(deps: JobsDeps, { boot }: Owner): Promise<unknown> {
  return deps.db.write((tx) =>
    tx
      .update(jobs)
      .set({ leaseUntil: GIVEN_UP })
      .where(and(eq(jobs.state, 'running'), eq(jobs.bootId, boot))),
  )
}

type TakeOverDeps = JobsDeps & VerdictDeps

/** What this run of the server is working on; all else that it holds it has claimed without ever hearing of it. */
export interface Held {
  mine?: readonly string[]
  /** True to take over the rest without waiting for its leases to run out. */
  atOnce?: boolean
}

/**
 * Takes over what a dead run of the server left running, and what let its lease run out, but for what this run works on:
 * it was asleep, or the clock was set, and renews its leases. It goes back into the queue, or is held when the server keeps
 * dying under it with nothing gained in between: see docs/decisions/005. A stop is no death, however it ended. One that
 * can't be settled is logged and left for the next time: it must not keep the others, or the server, from starting.
 */
export async function takeOverLost(
  deps: TakeOverDeps,
  { boot }: Owner,
  { mine = [], atOnce = false }: Held = {},
): Promise<Job[]> {
  const hasLapsed = atOnce ? undefined : lte(jobs.leaseUntil, deps.now())
  const lost = await deps.db.read
    .select()
    .from(jobs)
    .where(and(eq(jobs.state, 'running'), or(ne(jobs.bootId, boot), and(notInArray(jobs.id, [...mine]), hasLapsed))))
  const deaths = await Promise.all(lost.map(async (job) => deathOf(job, await progressMark(deps.db.read, job.id))))
  const died = lost.filter(
    ({ bootId, leaseUntil }, i) => bootId !== boot && leaseUntil !== GIVEN_UP && deaths[i]!.crashes > 0,
  )
  const isOnly = died.length === 1
  const taken = await Promise.allSettled(
    lost.map((job, i) => deps.db.write((tx) => takeOver(deps, tx, job, { ...deaths[i]!, isOnly, boot, atOnce }))),
  )
  return taken.flatMap((outcome, i) => {
    if (outcome.status === 'fulfilled') return [outcome.value]
    deps.log.error('a lost job could not be taken over', { job: lost[i]!.id, error: outcome.reason })
    return []
  })
}

interface Death {
  /** Deaths in a row under the job with nothing gained in between, this one included. */
  crashes: number
  /** How far the job had come. */
  crashMark: number
}

function deathOf(job: Job, mark: number): Death {
  return { crashes: mark > Math.max(0, job.crashMark) ? 0 : job.crashes + 1, crashMark: mark }
}

interface Taking extends Death, Owner {
  /** No other job died that had gained nothing. */
  isOnly: boolean
  atOnce: boolean
}

async function takeOver(
  deps: TakeOverDeps,
  tx: Tx,
  job: Job,
  { crashes, crashMark, isOnly, boot, atOnce }: Taking,
): Promise<Job> {
  if (job.bootId === boot) return settle(deps, tx, job, atOnce ? unheard(deps) : unsettled(deps, job))
  if (job.leaseUntil === GIVEN_UP) return settle(deps, tx, job, givenBack(deps))
  const set = { crashes, crashMark, runAt: deps.now() }
  if (crashes < (isOnly ? CRASHES_ALONE : CRASHES_AMONG_OTHERS))
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

/** Its claim was made, but the answer was lost: it has never begun. */
function unheard({ now }: TakeOverDeps): Settlement {
  return {
    move: 'release',
    event: 'job.queued',
    outcome: 'lost',
    data: { reason: 'lease_expired' },
    set: { runAt: now() },
  }
}

/** The server lives, but how the attempt ended could not be kept, for a reason that the log has: a failure, not a death. */
function unsettled(deps: TakeOverDeps, job: Job): Settlement {
  const failures = job.failures + 1
  const set = { failures, runAt: deps.now() }
  if (failures < MAX_ATTEMPTS)
    return { move: 'release', event: 'job.queued', outcome: 'lost', data: { reason: 'lease_expired' }, set }
  const said = 'How its attempts ended could not be kept, five times. Look at Hearth’s log, then retry the job.'
  return verdict(deps, job, new DomainError('lease_expired', said, { retryable: true }))
}

/** How far a job has come, as one number that only grows with new work: text, steps and checkpoints. `turns.ts` asks the same in SQL. */
async function progressMark(read: Reader, job: string): Promise<number> {
  const [draft] = await read.select({ bytes: drafts.bytes, step: drafts.step }).from(drafts).where(eq(drafts.job, job))
  const done = await read.select({ name: checkpoints.name }).from(checkpoints).where(eq(checkpoints.job, job))
  return (draft?.bytes ?? 0) + (draft?.step ?? 0) * 1_000 + done.length * 1_000_000
}

import { and, count, desc, eq, isNotNull } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { Conflict } from '../errors.ts'
import { enqueue } from '../jobs/enqueue.ts'
import { type Job, jobs } from '../jobs/tables.ts'
import type { Usage } from '../llm/provider.ts'
import { type ProjectsDeps, projectById, refreshStatus } from './projects.ts'
import type { Task } from './tables.ts'

/** The kind of job that looks at what a project has become. */
export const CHECK = 'check'
/** How far back the last reading is looked for. */
const CHECKS_LOOKED_AT = 50

/** Something that a check found in a file. */
export interface Problem {
  path: string
  message: string
  /** Its content is gone or damaged: only a backup helps. */
  unreadable?: true
}

/** Something that a model found while it read the project. */
export interface Finding {
  path: string
  problem: string
  /** What it would write instead. */
  fix: string
}

/** A command of the project that a check has run in the sandbox, or why it has not. */
export interface Trial {
  command: string
  purpose: 'run' | 'test' | 'build' | 'lint' | 'types'
  state: 'passed' | 'failed' | 'stopped' | 'skipped'
  /** How it ended, or why it was not run. */
  says: string
  durationMs: number
  /** The end of its output, fit for a page. */
  tail: string
  /** Of a failure, the lines that say it. */
  excerpt: string
  /** The file of the project that its failure is about. */
  path?: string
}

/** What became of a model's reading of the whole project. */
export type Reading =
  | { state: 'read'; provider: string; model: string; files: number; whole: number; usage: Usage }
  /** There is no AI to read: the demo model. */
  | { state: 'none' }
  /** Nobody asked for one: this check comes after repairs. */
  | { state: 'spared' }
  | { state: 'failed'; code: string; problem: string }

/** What a check found. Problems and findings are for a person to see; they don't fail the project. */
export interface CheckResult {
  /** Files looked at. */
  checked: number
  problems: Problem[]
  notes: { path: string; message: string }[]
  findings: Finding[]
  /** What was run of it. */
  trials: Trial[]
  reading: Reading
  /** The files for which it filed repairs. */
  repairs: string[]
  /** The sum of the files' versions: another one means that files have changed since. */
  versions: number
}

/** A project's last check as its page shows it, with the last time that a model read it. */
export interface CheckView {
  state: 'waiting' | 'running' | 'done' | 'stopped'
  job: string
  checked: number
  problems: Problem[]
  notes: CheckResult['notes']
  findings: Finding[]
  trials: Trial[]
  reading: Reading
  /** The repairs of the project, and how far they are. */
  repairs: { path: string; state: 'waiting' | 'running' | 'done' | 'failed' }[]
  /** Files have changed since it was made. */
  outdated: boolean
}

export interface CheckInput {
  /** Whether a model is to read the project too. */
  reads: boolean
}

/** Queues a check of the project; one that waits already is enough, one that has begun is not. `reads`: with a model's reading. */
export async function enqueueCheck(
  deps: ProjectsDeps,
  tx: Tx,
  project: string,
  { reads, by }: CheckInput & { by?: string } = { reads: true },
): Promise<Job> {
  const begun = and(eq(jobs.scope, project), eq(jobs.kind, CHECK), isNotNull(jobs.startedAt))
  const [row] = await tx.select({ many: count() }).from(jobs).where(begun)
  const { createdBy: owner } = await projectById(tx, project)
  const key = `check:${project}:${row!.many + 1}${reads ? '' : ':spared'}`
  const input: CheckInput = { reads }
  const about = { title: 'the project' }
  return enqueue(deps, tx, { kind: CHECK, input, scope: project, owner, key, about, ...(by ? { by } : {}) })
}

/** Asks for another look at a finished project, by a model too. @throws Conflict `not_allowed` while something of it is at work or waits */
export function checkAgain(deps: ProjectsDeps, project: string, by: string): Promise<Job> {
  return deps.db.write(async (tx) => {
    const { status } = await projectById(tx, project)
    if (status !== 'done')
      throw new Conflict('not_allowed', 'Only a finished project can be checked again. Wait until it is done.', {
        context: { status },
      })
    const job = await enqueueCheck(deps, tx, project, { reads: true, by })
    await refreshStatus(deps, tx, project)
    return job
  })
}

/** The last time that a model was to read the project; undefined while there was none. */
export async function lastReading(
  read: Reader,
  project: string,
): Promise<{ result: CheckResult; at: number } | undefined> {
  const done = and(eq(jobs.scope, project), eq(jobs.kind, CHECK), eq(jobs.state, 'succeeded'))
  const rows = await read.select().from(jobs).where(done).orderBy(desc(jobs.endedAt)).limit(CHECKS_LOOKED_AT)
  const job = rows.find((each) => resultOf(each).reading?.state !== 'spared')
  return job && { result: job.result as CheckResult, at: job.endedAt! }
}

/** The last of a project's checks; null while there was none. `list` is the newest job first. */
export function checkView(list: Job[], tasks: Task[], versions: number): CheckView | null {
  const checks = list.filter(({ kind }) => kind === CHECK)
  const [job] = checks
  if (!job) return null
  const { checked = 0, problems = [], notes = [], trials = [], ...result } = resultOf(job)
  const state = STATES[job.state]
  const last = checks.map(resultOf).find(({ reading }) => reading && reading.state !== 'spared')
  return {
    state,
    job: job.id,
    checked,
    problems,
    notes,
    trials,
    findings: last?.findings ?? [],
    reading: last?.reading ?? { state: 'spared' },
    repairs: tasks.filter(({ mends }) => mends).map((task) => ({ path: task.path!, state: repairState(task, list) })),
    outdated: state === 'done' && result.versions !== versions,
  }
}

function resultOf({ result }: Job): Partial<CheckResult> {
  return (result ?? {}) as Partial<CheckResult>
}

function repairState({ status, job }: Task, list: Job[]): CheckView['repairs'][number]['state'] {
  if (status === 'done') return 'done'
  const state = list.find(({ id }) => id === job)?.state
  if (state === 'failed' || state === 'cancelled' || state === 'held') return 'failed'
  return state === 'running' ? 'running' : 'waiting'
}

const STATES: Readonly<Record<Job['state'], CheckView['state']>> = {
  queued: 'waiting',
  paused: 'waiting',
  running: 'running',
  succeeded: 'done',
  held: 'stopped',
  failed: 'stopped',
  cancelled: 'stopped',
}

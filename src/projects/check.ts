import { and, count, eq, isNotNull } from 'drizzle-orm'
import type { Tx } from '../db/writer.ts'
import { enqueue } from '../jobs/enqueue.ts'
import { type Job, jobs } from '../jobs/tables.ts'
import { type ProjectsDeps, projectById } from './projects.ts'

/** The kind of job that looks at what a project has become. */
export const CHECK = 'check'

/** What a check found. Problems are for a person to see; they don't fail the project. */
export interface CheckResult {
  /** Files looked at. */
  checked: number
  problems: { path: string; message: string }[]
  notes: { path: string; message: string }[]
  /** The sum of the files' versions: another one means that files have changed since. */
  versions: number
}

/** A project's last check as its page shows it. */
export interface CheckView {
  state: 'waiting' | 'running' | 'done' | 'stopped'
  job: string
  checked: number
  problems: CheckResult['problems']
  notes: CheckResult['notes']
  /** Files have changed since it was made. */
  outdated: boolean
}

/** Queues a check of the project; one that waits already is enough, one that has begun is not. */
export async function enqueueCheck(deps: ProjectsDeps, tx: Tx, project: string): Promise<Job> {
  const begun = and(eq(jobs.scope, project), eq(jobs.kind, CHECK), isNotNull(jobs.startedAt))
  const [row] = await tx.select({ many: count() }).from(jobs).where(begun)
  const { createdBy: owner } = await projectById(tx, project)
  const key = `check:${project}:${row!.many + 1}`
  return enqueue(deps, tx, { kind: CHECK, input: {}, scope: project, owner, key, about: { title: 'the project' } })
}

/** The last of a project's checks; null while there was none. `list` is the newest job first. */
export function checkView(list: Job[], versions: number): CheckView | null {
  const job = list.find(({ kind }) => kind === CHECK)
  if (!job) return null
  const { checked = 0, problems = [], notes = [], ...result } = (job.result ?? {}) as Partial<CheckResult>
  const state = STATES[job.state]
  return { state, job: job.id, checked, problems, notes, outdated: state === 'done' && result.versions !== versions }
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

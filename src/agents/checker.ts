import type { Blobs } from '../files/blobs.ts'
import type { Done, Handler, JobContext } from '../jobs/handler.ts'
import { refOf } from '../jobs/settle.ts'
import type { Models } from '../llm/models.ts'
import type { CheckInput, CheckResult } from '../projects/check.ts'
import { projectById, refreshStatus } from '../projects/projects.ts'
import { policyOf } from '../projects/scan-policy.ts'
import type { Project, Task } from '../projects/tables.ts'
import { type TasksDeps, tasksOf } from '../projects/tasks.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import { filesOf } from '../workspace/files.ts'
import { examine, MOST_REMARKS, tasksWithFiles } from './examine.ts'
import { type Read, readProject } from './reading.ts'
import { fileRepairs, mendablePaths, type Repair, repairsOf, wereFiled } from './repairs.ts'
import { problemsOf, tryOut } from './trials.ts'
import type { Judges } from './verdict.ts'

export interface CheckerDeps extends TasksDeps, Judges {
  blobs: Blobs
  models: Models
  sandbox: Sandbox
}

/** The job that looks at a finished project: is everything there, whole, readable, linked, and what the plan promised? */
export function checkHandler(deps: CheckerDeps): Handler<CheckInput> {
  return {
    kind: 'check',
    lane: 'check',
    run: (ctx) => checkProject(deps, ctx),
    moved: (tx, job) => refreshStatus(deps, tx, job.scope!),
  }
}

async function checkProject(deps: CheckerDeps, ctx: JobContext<CheckInput>): Promise<Done> {
  const project = await projectById(deps.db.read, ctx.job.scope!)
  const tasks = await tasksOf(deps.db.read, project.id)
  const files = await filesOf(deps.db.read, project.id)
  const planned = tasksWithFiles(tasks)
  await ctx.phase('checking')
  const policy = await policyOf(deps.db.read, project.id)
  const examined = await examine(deps, planned, files, ctx, policy)
  await ctx.phase('trying')
  const trials = await ctx.step('trials', () => tryOut(deps, { project: project.id, policy }, ctx))
  const problems = [...examined.problems, ...problemsOf(trials)].slice(0, MOST_REMARKS)
  const subject = { project, planned, files, problems }
  const read: Read = ctx.input.reads
    ? await ctx.step('reading', () => readProject(deps, subject, ctx))
    : { findings: [], reading: { state: 'spared' } }
  const found = { ...examined, problems, trials, ...read }
  const paths = files.map(({ path }) => path)
  const repairs =
    ctx.input.reads && mayRepair(deps, project, tasks) ? repairsOf(found, mendablePaths(planned, found, paths)) : []
  return {
    result: { ...found, repairs: repairs.map(({ path }) => path) },
    effects: (tx) => tellAndRepair(deps, tx, ctx, found, repairs),
  }
}

async function tellAndRepair(
  deps: CheckerDeps,
  tx: Parameters<NonNullable<Done['effects']>>[0],
  { job }: JobContext<CheckInput>,
  { checked, problems, notes, findings, trials, reading }: Omit<CheckResult, 'repairs'>,
  repairs: Repair[],
): Promise<void> {
  const about = { scope: job.scope!, job: refOf(job), by: `job:${job.id}` }
  const tried = trials.map(({ command, state, says, durationMs }) => ({ command, state, says, durationMs }))
  const data = { checked, problems, notes, findings, trials: tried, reading: reading.state }
  await deps.events.append(tx, { ...about, type: 'check.finished', data })
  if (repairs.length === 0 || wereFiled(await tasksOf(tx, about.scope))) return
  await fileRepairs(deps, tx, { project: about.scope, repairs, job: about.job })
}

/** Once in a project's life, and only where a model writes: templates can't mend. */
function mayRepair({ models }: CheckerDeps, project: Project, tasks: Task[]): boolean {
  if (wereFiled(tasks)) return false
  try {
    return !models.chain('write', project.model)[0]!.provider.demo
  } catch {
    return false // its model is set up no more: nobody could mend anything
  }
}

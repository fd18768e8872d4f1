import type { Tx } from '../db/writer.ts'
import type { Done, Handler, JobContext } from '../jobs/handler.ts'
import { refOf } from '../jobs/settle.ts'
import type { Models } from '../llm/models.ts'
import { addUsage, NO_USAGE } from '../llm/provider.ts'
import { editProject, projectById, refreshStatus } from '../projects/projects.ts'
import { POSITION_STEP, pictureSize } from '../projects/task-edits.ts'
import { startReady, TASK, type TasksDeps } from '../projects/tasks.ts'
import {
  askForOutline,
  askForTasks,
  type Commission,
  needsCritique,
  plannerPrompts,
  type Review,
  review,
} from './passes.ts'
import type { Plan, PlannedTask } from './plan.ts'

export interface AgentDeps extends TasksDeps {
  models: Models
  /** Whether something here makes clips for whoever names no model. */
  makesClips(): boolean
}

/** The job that turns a brief into tasks. */
export function planHandler(deps: AgentDeps): Handler {
  return {
    kind: 'plan',
    lane: 'plan',
    run: (ctx) => makePlan(deps, ctx),
    moved: (tx, job) => refreshStatus(deps, tx, job.scope!),
  }
}

/** In passes, each of them a step: a crash pays none of them twice. */
async function makePlan(deps: AgentDeps, ctx: JobContext<unknown>): Promise<Done> {
  const project = await projectById(deps.db.read, ctx.job.scope!)
  const commission = { project, clips: deps.makesClips() }
  await ctx.phase('outlining')
  const outlined = await ctx.step('outline', () => askForOutline(deps, commission, ctx))
  const { title, summary, parts } = outlined.value
  ctx.remember({ parts })
  await ctx.phase('planning')
  const planned = await ctx.step('plan', () => askForTasks(deps, commission, outlined.value, ctx))
  const first: Plan = { title, summary, tasks: planned.value }
  const reviewed = needsCritique(first) ? await reviewOnce(deps, commission, first, ctx) : undefined
  const plan: Plan = reviewed ? { ...first, tasks: reviewed.tasks } : first
  const { provider, model } = planned
  const usage = [outlined, planned, reviewed].reduce((sum, pass) => addUsage(sum, pass?.usage ?? NO_USAGE), NO_USAGE)
  return {
    result: {
      title,
      tasks: plan.tasks.length,
      review: reviewed?.verdict ?? 'none',
      provider,
      model,
      usage,
      prompts: plannerPrompts(),
    },
    effects: (tx) => keepPlan(deps, tx, ctx, plan, reviewed),
  }
}

/** The plan stays on the page while it is looked over. */
async function reviewOnce(
  deps: AgentDeps,
  commission: Commission,
  plan: Plan,
  ctx: JobContext<unknown>,
): Promise<Review> {
  ctx.replaceText(JSON.stringify({ tasks: plan.tasks }))
  await ctx.phase('reviewing')
  return ctx.step('critique', () => review(deps, commission, plan, ctx))
}

async function keepPlan(
  deps: AgentDeps,
  tx: Tx,
  ctx: JobContext<unknown>,
  plan: Plan,
  reviewed: Review | undefined,
): Promise<void> {
  const project = ctx.job.scope!
  const about = { scope: project, job: refOf(ctx.job), by: `job:${ctx.job.id}` }
  if (reviewed) {
    const { verdict, changes, problem } = reviewed
    await deps.events.append(tx, { ...about, type: 'plan.reviewed', data: { verdict, changes, problem } })
  }
  const { title, summary } = plan
  const naming = { by: about.by, job: about.job, reason: 'Named by its plan' }
  await editProject(deps, tx, project, { title, summary }, naming)
  await deps.events.append(tx, { ...about, type: 'plan.proposed', data: { ...plan } })
  await addTasks(deps, tx, project, plan.tasks, ctx)
  await startReady(deps, tx, project)
  await refreshStatus(deps, tx, project)
}

async function addTasks(
  deps: AgentDeps,
  tx: Tx,
  project: string,
  planned: PlannedTask[],
  { job }: JobContext<unknown>,
): Promise<void> {
  const ids = new Map(planned.map(({ id }) => [id, deps.newId()]))
  const idOf = (key: string) => ids.get(key)!
  const edits = parentsFirst(planned).map((task, position) => {
    const size = task.kind === 'render' ? pictureSize(task) : { width: null, height: null }
    const state = {
      parent: task.parent === null ? null : idOf(task.parent),
      key: task.id,
      position: (position + 1) * POSITION_STEP,
      kind: task.kind,
      title: task.title,
      path: task.kind === 'note' ? null : task.path,
      prompt: task.prompt,
      ...size,
      dependsOn: task.dependsOn.map(idOf),
      contract: task.contract,
      mends: false,
      status: 'todo',
    }
    return { do: 'create', entity: TASK, id: idOf(task.id), baseVersion: 0, state } as const
  })
  await deps.changes.apply(tx, { scope: project, by: `job:${job.id}`, job: refOf(job), reason: 'Made the plan', edits })
}

/** The tasks in the plan's order, but each after its group. */
function parentsFirst(planned: PlannedTask[]): PlannedTask[] {
  const children = Map.groupBy(planned, ({ parent }) => parent)
  const below = (parent: string | null): PlannedTask[] =>
    (children.get(parent) ?? []).flatMap((task) => [task, ...below(task.id)])
  return below(null)
}

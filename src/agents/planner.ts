import type { Tx } from '../db/writer.ts'
import { DomainError } from '../errors.ts'
import type { Done, Handler, JobContext } from '../jobs/handler.ts'
import { refOf } from '../jobs/settle.ts'
import { askJson } from '../llm/ask-json.ts'
import type { Models } from '../llm/models.ts'
import { addUsage, type Message, NO_USAGE } from '../llm/provider.ts'
import { nameProject, projectById, refreshStatus } from '../projects/projects.ts'
import type { Project } from '../projects/tables.ts'
import { POSITION_STEP, pictureSize } from '../projects/task-edits.ts'
import { startReady, type TasksDeps } from '../projects/tasks.ts'
import { accountOf } from './account.ts'
import { Plan, type PlannedTask, planProblems, refusePlan } from './plan.ts'
import { PLANNER, replanQuestion } from './prompts.ts'

const MOST_OUTPUT_TOKENS = 16_000
/** Times that a model is shown what is wrong with its plan before the attempt fails. */
const REPAIRS = 2

export interface AgentDeps extends TasksDeps {
  models: Models
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

async function makePlan(deps: AgentDeps, ctx: JobContext<unknown>): Promise<Done> {
  const project = await projectById(deps.db.read, ctx.job.scope!)
  await ctx.phase('asking')
  const { plan, usage, provider, model } = await ctx.step('plan', () => askForPlan(deps, project, ctx))
  return {
    result: { title: plan.title, tasks: plan.tasks.length, provider, model, usage },
    effects: async (tx) => {
      await nameProject(tx, project.id, plan, deps.now())
      await deps.events.append(tx, {
        type: 'plan.proposed',
        scope: project.id,
        job: refOf(ctx.job),
        by: `job:${ctx.job.id}`,
        data: { ...plan },
      })
      await addTasks(deps, tx, project.id, plan.tasks, ctx)
      await startReady(deps, tx, project.id)
      await refreshStatus(deps, tx, project.id)
    },
  }
}

async function askForPlan({ models }: AgentDeps, project: Project, ctx: JobContext<unknown>) {
  const chain = models.chain('plan', project.model)
  const { provider, model } = chain[0]!
  const messages: Message[] = [{ role: 'user', content: project.brief }]
  let usage = NO_USAGE
  await ctx.using({ provider: provider.name, model })
  for (let repairs = 0; ; repairs++) {
    ctx.replaceText('')
    const request = {
      system: PLANNER,
      messages,
      maxOutputTokens: MOST_OUTPUT_TOKENS,
      task: { kind: 'plan' as const, brief: project.brief },
      account: accountOf(project, ctx.job),
    }
    const answer = await askJson(
      { chain },
      request,
      { name: 'plan', zod: Plan },
      { onText: ctx.delta },
      ctx.signal,
    ).catch(unusableAnswer)
    usage = 'usage' in answer ? addUsage(usage, answer.usage) : usage
    const problems = 'value' in answer ? planProblems(answer.value) : answer.problems
    if ('value' in answer && problems.length === 0) return { plan: answer.value, usage, provider: provider.name, model }
    if (repairs === REPAIRS) refusePlan(problems)
    await ctx.phase('mending')
    messages.push(
      { role: 'assistant', content: answer.text || '(nothing)' },
      { role: 'user', content: replanQuestion(problems) },
    )
  }
}

/** An answer in the wrong form is shown to the model; any other failure is the job's. */
function unusableAnswer(error: unknown): { text: string; problems: string[] } {
  if (!(error instanceof DomainError) || error.code !== 'model_answer_invalid') throw error
  const { received = '', issues = [] } = error.context as { received?: string; issues?: string[] }
  return { text: received, problems: issues.length > 0 ? issues : [error.message] }
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
  for (const [position, task] of parentsFirst(planned).entries()) {
    const size = task.kind === 'render' ? pictureSize(task) : { width: null, height: null }
    await deps.changes.apply(tx, {
      scope: project,
      entity: 'task',
      id: idOf(task.id),
      baseVersion: 0,
      after: {
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
      },
      by: `job:${job.id}`,
      job: refOf(job),
    })
  }
}

/** The tasks in the plan's order, but each after its group. */
function parentsFirst(planned: PlannedTask[]): PlannedTask[] {
  const children = Map.groupBy(planned, ({ parent }) => parent)
  const below = (parent: string | null): PlannedTask[] =>
    (children.get(parent) ?? []).flatMap((task) => [task, ...below(task.id)])
  return below(null)
}

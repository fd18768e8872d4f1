import type { JobContext } from '../jobs/handler.ts'
import { prompt, promptVersion } from '../llm/prompts.ts'
import { NO_USAGE, type Usage } from '../llm/provider.ts'
import type { Project } from '../projects/tables.ts'
import { advised } from './advice.ts'
import { type Answered, askUntilGood, bytesHeard } from './asking.ts'
import {
  Critique,
  critiqued,
  Outline,
  type Plan,
  type PlannedTask,
  planProblems,
  refusePlan,
  Tasks,
  withParts,
} from './plan.ts'
import type { AgentDeps } from './planner.ts'

/** What each pass may say at most, in tokens: an outline is a table of contents. */
const OUTLINE_TOKENS = 2_000
const TASKS_TOKENS = 16_000
const CRITIQUE_TOKENS = 8_000
/** Fewer files and pictures than these have nothing to agree on that a critique could find. */
const WORTH_A_CRITIQUE = 3

type Ctx = JobContext<unknown>

/** What a plan is made for. */
export interface Commission {
  project: Project
  /** Whether something here makes clips: none are planned otherwise. */
  clips: boolean
}

/** What became of the plan when it was looked over. */
export interface Review {
  /** `stands`: there was nothing to change. `failed`: no critique came, or it would have broken the plan, which stands. */
  verdict: 'stands' | 'changed' | 'failed'
  tasks: PlannedTask[]
  changes: { action: string; id: string; why: string }[]
  /** Why it failed, for a person. */
  problem?: string
  usage: Usage
}

/** The first pass: title, summary and parts. @throws DomainError `plan_unusable` */
export function askForOutline(
  deps: Pick<AgentDeps, 'models'>,
  { project, clips }: Commission,
  ctx: Ctx,
): Promise<Answered<Outline>> {
  return askUntilGood(
    deps,
    project,
    {
      task: { kind: 'plan', brief: project.brief, stage: 'outline', clips },
      schema: { name: 'outline', zod: Outline },
      system: prompt('planner-outline'),
      question: prompt('planner-question', { brief: project.brief, clips }),
      maxOutputTokens: OUTLINE_TOKENS,
      problems: () => [],
      hear: (delta) => (delta === undefined ? ctx.replaceText('') : ctx.delta(delta)),
      giveUp: refusePlan,
    },
    ctx,
  )
}

/** The second pass: the tasks with their contracts. @throws DomainError `plan_unusable` */
export async function askForTasks(
  deps: Pick<AgentDeps, 'models'>,
  { project, clips }: Commission,
  outline: Outline,
  ctx: Ctx,
): Promise<Answered<PlannedTask[]>> {
  const answer = await askUntilGood(
    deps,
    project,
    {
      task: { kind: 'plan', brief: project.brief, stage: 'tasks', clips },
      schema: { name: 'plan', zod: Tasks },
      system: prompt('planner-tasks'),
      question: prompt('planner-brief', { brief: project.brief, clips, ...outline }),
      maxOutputTokens: TASKS_TOKENS,
      problems: ({ tasks }) => planProblems(withParts(tasks, outline), clips),
      hear: (delta) => (delta === undefined ? ctx.replaceText('') : ctx.delta(delta)),
      giveUp: refusePlan,
    },
    ctx,
  )
  return { ...answer, value: withParts(answer.value.tasks, outline) }
}

/** The prompts that made a plan, `name@version` each, for the books. */
export function plannerPrompts(): string[] {
  const critique = ['planner-critique', 'planner-review', 'replan']
  return ['planner-outline', 'planner-question', 'planner-tasks', 'planner-brief', ...critique].map(promptVersion)
}

/** Whether a plan has enough in it that a third pass could find files that don't agree. */
export function needsCritique({ tasks }: Plan): boolean {
  return tasks.filter(({ kind }) => kind !== 'note').length >= WORTH_A_CRITIQUE
}

/** The third pass: the model looks over its plan, and may change it once. It is advice: whatever goes wrong with it, the plan stands. */
export async function review(
  deps: Pick<AgentDeps, 'models'>,
  { project, clips }: Commission,
  plan: Plan,
  ctx: Ctx,
): Promise<Review> {
  const asked = await advised(
    () =>
      askUntilGood(
        deps,
        project,
        {
          task: { kind: 'plan', brief: project.brief, stage: 'critique', clips },
          schema: { name: 'critique', zod: Critique },
          system: prompt('planner-critique'),
          question: prompt('planner-review', { brief: project.brief, clips, ...plan }),
          maxOutputTokens: CRITIQUE_TOKENS,
          problems: (critique) => planProblems(critiqued(plan.tasks, critique), clips),
          hear: bytesHeard(ctx),
          giveUp: refusePlan,
        },
        ctx,
      ),
    ctx.signal,
  )
  if ('error' in asked)
    return { verdict: 'failed', tasks: plan.tasks, changes: [], problem: asked.error.message, usage: NO_USAGE }
  const { value, usage } = asked.value
  const tasks = critiqued(plan.tasks, value)
  const changes = value.changes.map(({ action, id, task, why }) => ({ action, id: task?.id ?? id, why }))
  return { verdict: Bun.deepEquals(tasks, plan.tasks) ? 'stands' : 'changed', tasks, changes, usage }
}

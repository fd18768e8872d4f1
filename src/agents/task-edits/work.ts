import { eq } from 'drizzle-orm'
import { DomainError } from '../../errors.ts'
import type { Done, Handler, JobContext } from '../../jobs/handler.ts'
import { refOf } from '../../jobs/settle.ts'
import type { Models } from '../../llm/models.ts'
import { prompt } from '../../llm/prompts.ts'
import { EDIT_TASKS } from '../../projects/asides.ts'
import { projectById } from '../../projects/projects.ts'
import type { Project, Task } from '../../projects/tables.ts'
import { editableTasks } from '../../projects/task-changes.ts'
import { editedTasks } from '../../projects/task-edits.ts'
import { type TasksDeps, tasksOf } from '../../projects/tasks.ts'
import { modelFor } from '../account.ts'
import { askUntilGood, bytesHeard } from '../asking.ts'
import { houseTimeZone, todayIn } from '../due-date.ts'
import { editRows } from './diff.ts'
import { editsOf, WishAnswer } from './operations.ts'
import { type Proposal, type TaskWishRow, taskEdits } from './tables.ts'
import { wishById } from './wishes.ts'

const MOST_OUTPUT_TOKENS = 16_000
const PROMPT_SHOWN = 400 // characters of a task's own prompt

export interface EditTasksDeps extends TasksDeps {
  models: Models
}

interface EditTasksInput {
  wish: string
}

interface Proposed {
  proposal: Proposal
  note: string
}

type Made = Proposed | { problems: string[] }

/** The job that turns a person's wish into edits of the plan, to be looked at before they are made. */
export function editTasksHandler(deps: EditTasksDeps): Handler<EditTasksInput> {
  return { kind: EDIT_TASKS, lane: 'plan', run: (ctx) => propose(deps, ctx) }
}

async function propose(deps: EditTasksDeps, ctx: JobContext<EditTasksInput>): Promise<Done> {
  const wish = await wishById(deps.db.read, ctx.input.wish)
  const project = await projectById(deps.db.read, wish.project)
  await ctx.phase('asking')
  const { proposal, note, ...how } = await ctx.step('proposal', () => ask(deps, ctx, project, wish))
  return {
    result: { edits: proposal.rows.length, ...how },
    effects: async (tx) => {
      await tx.update(taskEdits).set({ state: 'proposed', proposal, note }).where(eq(taskEdits.id, wish.id))
      await deps.events.append(tx, {
        type: 'edits.proposed',
        scope: project.id,
        job: refOf(ctx.job),
        by: `job:${ctx.job.id}`,
        data: { wish: wish.id, edits: proposal.rows.length, note },
      })
    },
  }
}

/** Asks until the operations can be carried out by the rules of the tree. @throws DomainError `edits_unusable` */
async function ask(deps: EditTasksDeps, ctx: JobContext<EditTasksInput>, project: Project, wish: TaskWishRow) {
  const chain = deps.models.chain('plan', modelFor(deps.models, project))
  if (chain[0]!.provider.name === 'demo') throw demoCannot()
  const tasks = await tasksOf(deps.db.read, project.id)
  let made = undefined as Made | undefined
  const { value: _, ...how } = await askUntilGood(
    deps,
    project,
    {
      chain,
      person: wish.by,
      task: { kind: 'plan', brief: project.brief, stage: 'edit' },
      schema: { name: 'task_edits', zod: WishAnswer },
      system: prompt('tasks-edit'),
      question: questionOf(deps, project, tasks, wish),
      mend: 'tasks-edit-mend',
      maxOutputTokens: MOST_OUTPUT_TOKENS,
      async problems(answer) {
        made = await proposalOf(deps, project.id, tasks, answer)
        return 'problems' in made ? made.problems : []
      },
      hear: bytesHeard(ctx),
      giveUp: refuseEdits,
    },
    ctx,
  )
  return { ...(made as Proposed), ...how }
}

async function proposalOf(
  { db, newId }: EditTasksDeps,
  project: string,
  tasks: Task[],
  { operations, note }: WishAnswer,
): Promise<Made> {
  const meant = editsOf(operations, tasks, newId)
  if ('problems' in meant) return meant
  const before = await editableTasks(db.read, project)
  try {
    const rows = editRows(before, meant.edits.length === 0 ? before : editedTasks(before, meant.edits))
    const seen = Object.fromEntries(tasks.map(({ id, version }) => [id, version]))
    return { proposal: { edits: meant.edits, seen, rows }, note: note.trim() }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    const { problems } = error.context as { problems?: string[] }
    return { problems: problems ?? [error.message] }
  }
}

function questionOf({ now }: EditTasksDeps, { title }: Project, tasks: Task[], { request }: TaskWishRow): string {
  const keys = new Map(tasks.map(({ id, key }) => [id, key]))
  const timeZone = houseTimeZone()
  return prompt('tasks-edit-question', {
    title,
    today: todayIn(timeZone, now()),
    timeZone,
    wish: request,
    tasks: tasks.map((task) => ({
      key: task.key,
      title: task.title,
      kind: task.kind,
      path: task.path,
      parent: task.parent && keys.get(task.parent),
      status: task.status,
      dependsOn: task.dependsOn.map((id) => keys.get(id)),
      due: task.dueAt === null ? null : new Date(task.dueAt).toISOString().slice(0, 10),
      prompt: task.prompt?.slice(0, PROMPT_SHOWN) ?? null,
    })),
  })
}

function refuseEdits(problems: string[]): never {
  throw new DomainError(
    'edits_unusable',
    `The model found no way to change the plan like that: ${problems[0]} Say it in other words.`,
    { context: { problems: problems.slice(0, 20) } },
  )
}

function demoCannot(): DomainError {
  return new DomainError(
    'demo_cannot_write',
    'The demo model is no AI, so it can’t change a plan: set ANTHROPIC_API_KEY or start Ollama, then ask again.',
  )
}

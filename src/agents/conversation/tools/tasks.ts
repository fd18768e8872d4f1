import { z } from 'zod'
import type { Tx } from '../../../db/writer.ts'
import { refOf } from '../../../jobs/settle.ts'
import type { Task } from '../../../projects/tables.ts'
import { changeTasks, editableTasks } from '../../../projects/task-changes.ts'
import { type EditedTask, editedTasks, type TaskEdit } from '../../../projects/task-edits.ts'
import { tasksOf } from '../../../projects/tasks.ts'
import { DueDate, dueAtOf } from '../../due-date.ts'
import { type ChatTool, chatTool, type Outcome, type Place, type ToolDeps } from './tool.ts'

const Id = z.string().min(1).max(80).describe('The id of a task, from the plan or list_tasks.')
const Title = z.string().trim().min(1).max(160)
const Prompt = z.string().max(20_000).describe('All that its maker must know.')
const Due = DueDate.nullable().optional().describe('The day by which it is to be done, YYYY-MM-DD; null for none.')
const Group = Id.nullable().optional().describe('The group that it stands in; null for the top.')
const Before = Id.nullable().optional().describe('The neighbour before which it stands; null for the end.')

const TASKS = chatTool({
  name: 'list_tasks',
  description: 'Lists all tasks of the plan as they are now, with their ids and states.',
  zod: z.object({}),
  says: () => 'Lists the tasks',
  async run({ db }, { project }) {
    const tasks = await tasksOf(db.read, project.id)
    return tasks.length === 0 ? 'There are no tasks.' : tasks.map(taskLine).join('\n')
  },
})

const CREATING = taskTool({
  name: 'create_task',
  description:
    'Adds a task to the plan: "write" has one text file written, "note" groups others or reminds. It starts by itself when what it depends on is done. To change a file that is there, use edit_file instead.',
  zod: z.object({
    kind: z.enum(['write', 'note']),
    title: Title,
    path: z.string().max(1_024).nullable().optional().describe('The file to write, for "write".'),
    prompt: Prompt.nullable().optional(),
    dependsOn: z.array(Id).max(200).optional(),
    parent: Group,
    before: Before,
    due: Due,
  }),
  says: ({ title }) => `Adds the task “${title}”`,
  edits: ({ due, ...wish }, id) => [{ do: 'create', id, ...wish, dueAt: dueAtOf(due) }],
  done: (task) => `Added the task “${task!.title}” (id ${task!.id}).`,
})

const RENDERING = taskTool({
  name: 'render_picture',
  description:
    'Has a picture rendered, as a task of its own: it is made in the background and is then a file at its path. Describe the picture itself: subject, setting, light, style.',
  zod: z.object({
    title: Title,
    path: z.string().max(1_024).describe('A .png file that is not there yet.'),
    prompt: Prompt,
    width: z.number().int().min(64).max(2_048).optional(),
    height: z.number().int().min(64).max(2_048).optional(),
    parent: Group,
  }),
  says: ({ path }) => `Has ${path} rendered`,
  edits: (wish, id) => [{ do: 'create', id, kind: 'render', ...wish }],
  done: (task) => `The picture ${task!.path} is queued (task ${task!.id}); it appears when it is rendered.`,
})

const UPDATING = taskTool({
  name: 'update_task',
  description: 'Changes what a task says: title, prompt, path, what it depends on, the day by which it is due.',
  zod: z.object({
    task: Id,
    title: Title.optional(),
    path: z.string().max(1_024).optional(),
    prompt: Prompt.optional(),
    dependsOn: z.array(Id).max(200).optional(),
    due: Due,
  }),
  says: ({ task }, titles) => `Changes the task “${titles.get(task) ?? task}”`,
  edits: ({ due, ...wish }) => [{ do: 'edit', ...wish, dueAt: dueAtOf(due) }],
  done: (task) => `Changed: ${taskLine(task!)}`,
})

const MOVING = taskTool({
  name: 'move_task',
  description: 'Puts a task into another group, or elsewhere among its neighbours.',
  zod: z.object({ task: Id, parent: Group, before: Before }),
  says: ({ task }, titles) => `Moves the task “${titles.get(task) ?? task}”`,
  edits: ({ task, parent, before }) => [{ do: 'move', task, parent, before }],
  done: (task) => `Moved: ${taskLine(task!)}`,
})

const FINISHING = taskTool({
  name: 'finish_task',
  description: 'Marks a task as done: nothing is made for it any more.',
  zod: z.object({ task: Id }),
  says: ({ task }, titles) => `Marks “${titles.get(task) ?? task}” as done`,
  edits: ({ task }) => [{ do: 'finish', task }],
  done: (task) => `Marked as done: ${taskLine(task!)}`,
})

const REMOVING = taskTool({
  name: 'remove_task',
  description:
    'Removes a task and all beneath it from the plan; files that were made stay. A person is asked first when work is in it.',
  zod: z.object({ task: Id }),
  says: ({ task }, titles) => `Removes the task “${titles.get(task) ?? task}”`,
  edits: ({ task }) => [{ do: 'remove', task }],
  asks: ({ before, after }) => {
    const gone = before.filter(({ id }) => !after.some((each) => each.id === id))
    const worked = gone.filter(
      ({ status, kind, jobState }) => jobState !== null || (status === 'done' && kind !== 'note'),
    )
    if (worked.length === 0) return undefined
    const says = `Remove ${gone.length === 1 ? 'the task' : `${gone.length} tasks`} from the plan: ${gone.map(({ title }) => title).join(', ')}.`
    return { says, base: JSON.stringify(gone.map(({ id, status }) => [id, status])) }
  },
  done: () => 'Removed.',
})

export const TASK_TOOLS: ChatTool[] = [TASKS, CREATING, RENDERING, UPDATING, MOVING, FINISHING, REMOVING]

interface TaskTool<Input> {
  name: string
  description: string
  says(input: Input, titles: ReadonlyMap<string, string>): string
  /** `id` is for a new task. */
  edits(input: Input, id: string): TaskEdit[]
  asks?(plan: { before: EditedTask[]; after: EditedTask[] }): Exclude<Outcome, string>['asks']
  /** The result; of the task that the call was about, as it is afterwards. */
  done(task: Task | undefined): string
}

/** A tool that edits the plan by its rules: what they refuse is refused before anything is done, or asked. */
function taskTool<Shape extends z.ZodType>(tool: TaskTool<z.output<Shape>> & { zod: Shape }): ChatTool {
  const { name, description, zod, says, edits, asks, done } = tool
  return chatTool({
    name,
    description,
    zod,
    says,
    async run(deps: ToolDeps, { project, job, by }: Place, input) {
      const id = deps.newId()
      const wanted = edits(input, id)
      const before = await editableTasks(deps.db.read, project.id)
      const after = editedTasks(before, wanted)
      const about = 'task' in wanted[0]! ? wanted[0].task : id
      return {
        asks: asks?.({ before, after }),
        async effect(tx: Tx) {
          const { tasks } = await changeTasks(deps, tx, project.id, wanted, { by, job: refOf(job) })
          return done(tasks.find((task) => task.id === about))
        },
      }
    },
  })
}

/** A task on one line, as a model is told of it. */
export function taskLine({ id, parent, kind, title, path, status, dependsOn, dueAt }: Task): string {
  const facts = [
    kind,
    status === 'done' ? 'done' : 'to do',
    ...(path ? [path] : []),
    ...(parent ? [`in ${parent}`] : []),
    ...(dependsOn.length > 0 ? [`depends on ${dependsOn.join(', ')}`] : []),
    ...(dueAt ? [`due ${new Date(dueAt).toISOString().slice(0, 10)}`] : []),
  ]
  return `${id}: ${title} (${facts.join('; ')})`
}

import { z } from 'zod'
import type { Reader } from '../../db/open.ts'
import { projectById } from '../projects.ts'
import type { Task } from '../tables.ts'
import type { TaskPlace, TaskWish } from '../task-edits.ts'
import { tasksOf } from '../tasks.ts'

/** A task's fields as a browser sends them: all are texts, and what is not ticked is not sent. */
export const SentTask = z.object({
  title: z.string('takes a text').trim().min(1, 'takes a text').max(160, 'takes at most 160 characters'),
  kind: z.enum(['write', 'render', 'note']).default('write'),
  path: z.string().trim().max(1_024).default(''),
  prompt: z.string().max(20_000, 'takes at most 20,000 characters').default(''),
  width: pixels(),
  height: pixels(),
  parent: z.string().max(80).default(''),
  dependsOn: z.preprocess((given) => (given === undefined ? [] : [given].flat()), z.array(z.string().max(80)).max(200)),
  version: z.coerce.number().int().min(0).default(0),
})

export type SentTask = z.infer<typeof SentTask>

/** What the form of a task shows: what was typed, or else what is there. */
export interface TaskFormData {
  project: { id: string; title: string; status: string }
  /** The task's id; null for a new one. */
  id: string | null
  typed: SentTask
  /** The groups that it may stand in, and the tasks that it may wait for. */
  groups: { id: string; title: string }[]
  others: { id: string; title: string; path: string | null }[]
  /** How many tasks would go with it. */
  below: number
}

/** The form of a task that is there. */
export async function formOf(read: Reader, task: Task, typed = sentAs(task)): Promise<TaskFormData> {
  const { id, title, status } = await projectById(read, task.project)
  const all = await tasksOf(read, task.project)
  const gone = withBelow(task.id, all)
  const rest = all.filter((each) => !gone.has(each.id))
  const { groups, others } = choices(rest)
  const above = groupsAbove(task, all)
  const waitable = others.filter((each) => !above.has(each.id))
  return { project: { id, title, status }, id: task.id, typed, groups, others: waitable, below: gone.size - 1 }
}

/** The form of a new task of a project. */
export async function newForm(read: Reader, project: string, typed: SentTask): Promise<TaskFormData> {
  const { id, title, status } = await projectById(read, project)
  return { project: { id, title, status }, id: null, typed, ...choices(await tasksOf(read, project)), below: 0 }
}

/** What a form wishes that is not so already: whoever sends back what they saw wishes nothing. */
export function wishOf(typed: SentTask, task: Task): TaskWish & TaskPlace {
  const before = sentAs(task)
  const wish: TaskWish & TaskPlace = {}
  if (typed.title !== before.title) wish.title = typed.title
  if (task.kind !== 'note' && typed.path !== before.path) wish.path = typed.path
  if (task.kind !== 'note' && lines(typed.prompt) !== lines(before.prompt)) wish.prompt = lines(typed.prompt) || null
  if (task.kind === 'render' && (typed.width !== before.width || typed.height !== before.height))
    Object.assign(wish, { width: typed.width ?? null, height: typed.height ?? null })
  if (!Bun.deepEquals(typed.dependsOn.toSorted(), before.dependsOn.toSorted())) wish.dependsOn = typed.dependsOn
  if (typed.parent !== before.parent) wish.parent = typed.parent || null
  return wish
}

/** A new task as its form wishes it. */
export function newTaskOf({ title, kind, path, prompt, width, height, parent, dependsOn }: SentTask) {
  const place = { path: path || null, prompt: lines(prompt) || null, parent: parent || null }
  return { title, kind, ...place, width: width ?? null, height: height ?? null, dependsOn }
}

function sentAs({ title, kind, path, prompt, width, height, parent, dependsOn, version }: Task): SentTask {
  const size = { width: width ?? undefined, height: height ?? undefined }
  return { title, kind, path: path ?? '', prompt: prompt ?? '', ...size, parent: parent ?? '', dependsOn, version }
}

function choices(tasks: Task[]): Pick<TaskFormData, 'groups' | 'others'> {
  return {
    groups: tasks.filter(({ kind }) => kind === 'note').map(({ id, title }) => ({ id, title })),
    others: tasks.map(({ id, title, path }) => ({ id, title, path })),
  }
}

function withBelow(id: string, tasks: Task[]): Set<string> {
  const below = tasks.filter(({ parent }) => parent === id).flatMap((child) => [...withBelow(child.id, tasks)])
  return new Set([id, ...below])
}

/** The groups that it stands in: it can't wait for what waits for it. */
function groupsAbove(task: Task, tasks: Task[]): Set<string> {
  const above = tasks.find(({ id }) => id === task.parent)
  return above ? groupsAbove(above, tasks).add(above.id) : new Set()
}

/** A browser sends line breaks as two characters. */
function lines(text: string): string {
  return text.replace(/\r\n?/g, '\n')
}

function pixels() {
  const number = z.coerce.number('takes a number of pixels').int().min(1, 'takes a number of pixels').max(10_000)
  return z.preprocess((given) => (given === '' ? undefined : given), number.optional())
}

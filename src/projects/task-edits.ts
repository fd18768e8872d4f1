import { Conflict, Invalid, NotFound } from '../errors.ts'
import type { JobState } from '../jobs/state.ts'
import { isClip } from './clip-paths.ts'
import { type Contract, withPathMoved } from './contract.ts'
import type { TaskKind } from './state.ts'
import { treeProblems } from './tree-rules.ts'

/** The distance between two neighbours in a new plan, so that a task can be put between them by changing that one alone. */
export const POSITION_STEP = 1_024
/** A picture's and a clip's size when nobody names one, and what its sides are a multiple of, px. */
const PICTURE = { width: 1_024, height: 768, step: 64 }
const CLIP = { width: 832, height: 480, step: 16 }
const [LEAST_SIDE, MOST_SIDE] = [64, 2_048]

/** What of a task is edited, and so can be undone. */
export interface TaskFields {
  parent: string | null
  key: string
  position: number
  kind: TaskKind
  title: string
  path: string | null
  prompt: string | null
  width: number | null
  height: number | null
  dependsOn: string[]
  contract: Contract | null
  /** It mends a file that another task made. */
  mends: boolean
  status: 'todo' | 'done'
  /** The last moment, in UTC, of the day by which it is to be done, ms since the epoch. */
  dueAt?: number | null
}

/** A task as edits find it. */
export interface EditedTask extends TaskFields {
  id: string
  /** The state of its job; null while it has none. */
  jobState: JobState | null
}

/** What a person, or a model on their behalf, may say of a task. */
export interface TaskWish {
  title?: string | undefined
  path?: string | null | undefined
  prompt?: string | null | undefined
  width?: number | null | undefined
  height?: number | null | undefined
  dependsOn?: string[] | undefined
  contract?: Contract | null | undefined
  /** The last moment, in UTC, of a day, ms since the epoch. */
  dueAt?: number | null | undefined
}

/** Where a task is to stand: in which group (null: in none), and before which of its neighbours (null: as the last). */
export interface TaskPlace {
  parent?: string | null | undefined
  before?: string | null | undefined
}

/** One edit of a plan. `id` is the new task's, so that edits after it can name it. */
export type TaskEdit =
  | ({ do: 'create'; id: string; kind: TaskKind; title: string; mends?: boolean } & TaskWish & TaskPlace)
  | ({ do: 'edit'; task: string } & TaskWish)
  | ({ do: 'move'; task: string } & TaskPlace)
  | { do: 'remove'; task: string }
  | { do: 'finish'; task: string }

/**
 * The tasks as the edits leave them; nothing is stored. Who removes a task removes all beneath it, and what waited for it
 * waits no more; who gives a file another path changes the contracts that name it.
 * @throws NotFound `unknown_task`; Conflict `task_busy`, `task_done`, `task_started`; Invalid `plan_unsound` with the problems
 */
export function editedTasks(tasks: EditedTask[], edits: TaskEdit[]): EditedTask[] {
  const after = edits.reduce(withEdit, tasks)
  const problems = treeProblems(after.map((task) => ({ ...task, name: task.title })))
  if (problems.length > 0) throw unsound(problems)
  return after
}

/** A picture's or a clip's size as an engine can render it: multiples of 64, for a clip of 16, within bounds. */
export function pictureSize({ path, width, height }: Pick<TaskWish, 'path' | 'width' | 'height'>) {
  const usual = isClip(path ?? null) ? CLIP : PICTURE
  return { width: fit(width ?? usual.width, usual.step), height: fit(height ?? usual.height, usual.step) }
}

/** @throws Conflict `task_busy` when its job is at work */
export function mustRest({ title, jobState }: Pick<EditedTask, 'title' | 'jobState'>): void {
  if (jobState !== 'running' && jobState !== 'paused') return
  throw new Conflict('task_busy', `“${title}” is being worked on. Stop it first, or wait until it is done.`, {
    context: { jobState },
  })
}

export function unsound(problems: string[]): Invalid {
  return new Invalid('plan_unsound', `The plan could not be carried out like that: ${problems[0]}`, {
    context: { problems: problems.slice(0, 20) },
  })
}

function withEdit(tasks: EditedTask[], edit: TaskEdit): EditedTask[] {
  if (edit.do === 'create') return created(tasks, edit)
  const task = tasks.find(({ id }) => id === edit.task)
  if (!task) throw new NotFound('task', edit.task)
  if (edit.do === 'edit') return edited(tasks, task, edit)
  if (edit.do === 'move') return moved(tasks, task, edit)
  return edit.do === 'remove' ? removed(tasks, task) : finished(tasks, task)
}

function created(
  tasks: EditedTask[],
  { do: _, id, kind, mends = false, ...wish }: TaskEdit & { do: 'create' },
): EditedTask[] {
  const { title, path = null, prompt = null, dependsOn = [], contract = null } = wish
  const task: EditedTask = {
    id,
    parent: wish.parent ?? null,
    key: `${slug(title)}-${id.slice(-8)}`,
    position: 0,
    kind,
    title,
    path: kind === 'note' ? null : path,
    prompt,
    ...sizeOf(kind, wish),
    dependsOn,
    contract,
    mends,
    status: 'todo',
    dueAt: wish.dueAt ?? null,
    jobState: null,
  }
  return placed([...tasks, task], task, { parent: task.parent, before: wish.before })
}

function edited(
  tasks: EditedTask[],
  task: EditedTask,
  { do: _, task: __, ...wish }: TaskEdit & { do: 'edit' },
): EditedTask[] {
  const { title, dueAt, ...rest } = wish
  const given = Object.values(rest).some((value) => value !== undefined)
  if (given) mustBeOpen(task)
  if (rest.dependsOn && task.jobState !== null) throw started(task)
  const path = task.kind === 'note' ? null : (wish.path ?? task.path)
  const size = sizeOf(task.kind, { path, width: wish.width ?? task.width, height: wish.height ?? task.height })
  const after: EditedTask = {
    ...task,
    title: title ?? task.title,
    dueAt: dueAt === undefined ? (task.dueAt ?? null) : dueAt,
    path,
    prompt: wish.prompt === undefined ? task.prompt : wish.prompt,
    ...size,
    dependsOn: wish.dependsOn ?? task.dependsOn,
    contract: wish.contract === undefined ? task.contract : wish.contract,
  }
  const all = tasks.map((each) => (each.id === task.id ? after : each))
  return task.path === null || path === task.path ? all : withPath(all, task.path, path)
}

/** Without a place, in the group where it is: it stays. */
function moved(tasks: EditedTask[], task: EditedTask, { parent = task.parent, before }: TaskPlace): EditedTask[] {
  return parent === task.parent && before === undefined ? tasks : placed(tasks, task, { parent, before })
}

/** Among its neighbours. Where two of them stand too close, all of the group are spaced anew. */
function placed(tasks: EditedTask[], task: EditedTask, { parent = task.parent, before }: TaskPlace): EditedTask[] {
  const neighbours = tasks
    .filter((each) => each.parent === parent && each.id !== task.id)
    .sort((a, b) => a.position - b.position)
  if (before && !neighbours.some(({ id }) => id === before)) throw new NotFound('task', before)
  const at = before ? neighbours.findIndex(({ id }) => id === before) : neighbours.length
  const position = between(neighbours[at - 1]?.position, neighbours[at]?.position)
  if (position !== undefined) return tasks.map((each) => (each.id === task.id ? { ...each, parent, position } : each))
  const order = neighbours.toSpliced(at, 0, task).map(({ id }) => id)
  return tasks.map((each) =>
    order.includes(each.id) ? { ...each, parent, position: (order.indexOf(each.id) + 1) * POSITION_STEP } : each,
  )
}

function between(low: number | undefined, high: number | undefined): number | undefined {
  if (high === undefined) return (low ?? 0) + POSITION_STEP
  const middle = Math.floor(((low ?? high - 2 * POSITION_STEP) + high) / 2)
  return low === undefined || middle > low ? middle : undefined
}

function removed(tasks: EditedTask[], task: EditedTask): EditedTask[] {
  const children = Map.groupBy(tasks, ({ parent }) => parent)
  const below = (one: EditedTask): EditedTask[] => [one, ...(children.get(one.id) ?? []).flatMap(below)]
  const gone = new Map(below(task).map((each) => [each.id, each]))
  for (const each of gone.values()) {
    mustRest(each)
    if (each.jobState === 'queued' || each.jobState === 'held') throw waits(each)
  }
  const paths = [...gone.values()].flatMap(({ path, mends }) => (path === null || mends ? [] : [path]))
  const kept = tasks
    .filter(({ id }) => !gone.has(id))
    .map((each) =>
      each.dependsOn.some((id) => gone.has(id))
        ? { ...each, dependsOn: each.dependsOn.filter((id) => !gone.has(id)) }
        : each,
    )
  return paths.reduce((rest, path) => withPath(rest, path, null), kept)
}

function finished(tasks: EditedTask[], task: EditedTask): EditedTask[] {
  mustRest(task)
  if (task.jobState === 'queued' || task.jobState === 'held') throw waits(task)
  return tasks.map((each) => (each.id === task.id ? { ...each, status: 'done' } : each))
}

function withPath(tasks: EditedTask[], from: string, to: string | null): EditedTask[] {
  return tasks.map((each) => ({ ...each, contract: withPathMoved(each.contract, from, to) }))
}

/** @throws Conflict `task_busy`, `task_done` */
function mustBeOpen(task: EditedTask): void {
  mustRest(task)
  if (task.status === 'todo') return
  throw new Conflict(
    'task_done',
    `“${task.title}” is done: only its title can be changed. Add a task, or edit its file.`,
  )
}

function started({ title }: EditedTask): Conflict {
  return new Conflict('task_started', `“${title}” has been started: what it waits for can’t be changed any more.`)
}

function waits({ title, jobState }: EditedTask): Conflict {
  return new Conflict('task_busy', `“${title}” is about to be worked on. Stop it first.`, { context: { jobState } })
}

function sizeOf(kind: TaskKind, wish: Pick<TaskWish, 'path' | 'width' | 'height'>) {
  return kind === 'render' ? pictureSize(wish) : { width: null, height: null }
}

function fit(px: number, step: number): number {
  return Math.min(MOST_SIDE, Math.max(LEAST_SIDE, Math.round(px / step) * step))
}

function slug(title: string): string {
  const plain = title.normalize('NFKD').replace(/[^\w]+/g, '-')
  return (
    plain
      .replace(/^-+|-+$/g, '')
      .slice(0, 40)
      .toLowerCase() || 'task'
  )
}

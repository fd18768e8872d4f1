import { and, eq, inArray, isNull } from 'drizzle-orm'
import type { Choice } from '../changes/contest.ts'
import type { Change } from '../changes/tables.ts'
import type { Reader } from '../db/open.ts'
import type { Tx } from '../db/writer.ts'
import { Conflict } from '../errors.ts'
import type { JobRef } from '../events/line.ts'
import { jobs } from '../jobs/tables.ts'
import { enqueueCheck } from './check.ts'
import { projectById, refreshStatus } from './projects.ts'
import { isComplete, type TaskKind } from './state.ts'
import { type Task, tasks } from './tables.ts'
import {
  type EditedTask,
  editedTasks,
  type TaskEdit,
  type TaskFields,
  type TaskPlace,
  type TaskWish,
} from './task-edits.ts'
import { fieldsOf, startReady, TASK, type TasksDeps, taskById, tasksOf } from './tasks.ts'

/** Who edits, and what they saw. */
export interface Author {
  /** `person:<id>`, `job:<id>`. */
  by: string
  job?: JobRef | undefined
  /** Why, in words; without it, what the edit does. */
  reason?: string | undefined
  /** The version of each task that the author saw, by id: another one is a conflict. Without one: whatever is there. */
  seen?: ReadonlyMap<string, number>
  /** What they decided where this was contested. */
  choices?: readonly Choice[] | undefined
}

export interface Edited {
  /** Null when all was as the edits want it. */
  change: Change | null
  /** The project's tasks as they are now. */
  tasks: Task[]
}

type NewTask = { kind: TaskKind; title: string } & TaskWish & TaskPlace

/** Adds a task to a plan. @throws Invalid `plan_unsound` */
export async function createTask(deps: TasksDeps, project: string, wish: NewTask, author: Author): Promise<Task> {
  const id = deps.newId()
  await deps.db.write((tx) => changeTasks(deps, tx, project, [{ do: 'create', id, ...wish }], author))
  return taskById(deps.db.read, id)
}

/** Gives a task other words, another path, size or order. @throws Conflict `version_conflict`, `task_busy`, `task_done`, `task_started`; Invalid `plan_unsound` */
export function editTask(deps: TasksDeps, id: string, wish: TaskWish & TaskPlace, author: Author): Promise<Task> {
  const { parent, before, ...rest } = wish
  const moves = parent !== undefined || before !== undefined
  return editOne(deps, id, author, [
    { do: 'edit', task: id, ...rest },
    ...(moves ? [{ do: 'move', task: id, parent, before } as const] : []),
  ])
}

/** Swaps a task with the neighbour above or below it in its group; the first stays first and the last stays last. */
export function shiftTask(deps: TasksDeps, id: string, way: 'up' | 'down', author: Author): Promise<Task> {
  return editOne(deps, id, author, async (tx, { project, parent }) => {
    const group = (await editableTasks(tx, project)).filter((each) => each.parent === parent).map((each) => each.id)
    const to = group.indexOf(id) + (way === 'up' ? -1 : 1)
    if (to < 0 || to >= group.length) return []
    const others = group.filter((each) => each !== id)
    return [{ do: 'move', task: id, before: others[to] ?? null }]
  })
}

/** Marks a task as done by a person: nothing is made for it. @throws Conflict `task_busy` */
export function finishTask(deps: TasksDeps, id: string, author: Author): Promise<Task> {
  return editOne(deps, id, author, [{ do: 'finish', task: id }])
}

/** Removes a task and all beneath it, as one change. @throws Conflict `task_busy`; Invalid `plan_unsound` when nothing would be left to make */
export function removeTask(deps: TasksDeps, id: string, author: Author): Promise<Change> {
  return deps.db.write(async (tx) => {
    const { project } = await taskById(tx, id)
    return (await changeTasks(deps, tx, project, [{ do: 'remove', task: id }], author)).change!
  })
}

/**
 * Makes edits of a plan, all or none: as one change. Then starts what can start, asks for the
 * check where nothing is left to do, and brings the project's status up to date.
 * @throws what `editedTasks` throws; Conflict `version_conflict`, `still_planning`
 */
export async function changeTasks(
  deps: TasksDeps,
  tx: Tx,
  project: string,
  edits: TaskEdit[],
  author: Author,
): Promise<Edited> {
  await projectById(tx, project)
  await mustBePlanned(tx, project)
  const before = await editableTasks(tx, project)
  const after = editedTasks(before, edits)
  const change = await applyAll(deps, tx, project, { before, after }, author)
  const now = await tasksOf(tx, project)
  if (!isComplete(before) && isComplete(after)) await enqueueCheck(deps, tx, project)
  await startReady(deps, tx, project)
  await refreshStatus(deps, tx, project)
  return { change, tasks: now }
}

/** @throws Conflict `still_planning`: what a planner is about to add could not be checked against it */
async function mustBePlanned(tx: Tx, project: string): Promise<void> {
  const open = inArray(jobs.state, ['queued', 'running', 'paused', 'held'])
  const [planning] = await tx
    .select({ id: jobs.id })
    .from(jobs)
    .where(and(eq(jobs.scope, project), eq(jobs.kind, 'plan'), open))
  if (planning)
    throw new Conflict('still_planning', 'The plan is still being made. Wait until it is there, or stop it first.', {
      retryable: true,
    })
}

/** A project's tasks with the states of their jobs, as `editedTasks` takes them: for a look at edits before they are made. */
export async function editableTasks(read: Reader, project: string): Promise<EditedTask[]> {
  const rows = await read
    .select({ task: tasks, jobState: jobs.state })
    .from(tasks)
    .leftJoin(jobs, eq(jobs.id, tasks.job))
    .where(and(eq(tasks.project, project), isNull(tasks.deletedAt)))
    .orderBy(tasks.position, tasks.id)
  return rows.map(({ task, jobState }) => ({ id: task.id, ...fieldsOf(task), jobState }))
}

async function editOne(
  deps: TasksDeps,
  id: string,
  author: Author,
  edits: TaskEdit[] | ((tx: Tx, task: Task) => Promise<TaskEdit[]>),
): Promise<Task> {
  const edited = await deps.db.write(async (tx) => {
    const task = await taskById(tx, id)
    return changeTasks(deps, tx, task.project, Array.isArray(edits) ? edits : await edits(tx, task), author)
  })
  return edited.tasks.find((task) => task.id === id)!
}

/** What is new first, each after its group; then what changed; then what goes, each before its group. */
async function applyAll(
  deps: TasksDeps,
  tx: Tx,
  scope: string,
  { before, after }: { before: EditedTask[]; after: EditedTask[] },
  { by, job, seen, reason, choices }: Author,
): Promise<Change | null> {
  const known = new Set(before.map(({ id }) => id))
  const kept = new Set(after.map(({ id }) => id))
  const were = new Map(before.map((task) => [task.id, task]))
  const added = groupsFirst(after).filter(({ id }) => !known.has(id))
  const changed = after.filter((task) => known.has(task.id) && !Bun.deepEquals(task, were.get(task.id)))
  const gone = groupsFirst(before)
    .filter(({ id }) => !kept.has(id))
    .reverse()
  const edits = [
    ...[...added, ...changed].map((task) => ({ do: 'put', ...target(task.id), state: stateOf(task) }) as const),
    ...gone.map(({ id }) => ({ do: 'delete', ...target(id) }) as const),
  ]
  if (edits.length === 0) return null
  const why = reason ?? wordsFor({ added, changed, gone })
  return deps.changes.apply(tx, { scope, by, job, reason: why, choices, edits })

  function target(id: string) {
    return { entity: TASK, id, baseVersion: known.has(id) ? seen?.get(id) : 0 }
  }
}

/** What an edit of a plan is, where its author gives no reason. */
function wordsFor(edited: { added: EditedTask[]; changed: EditedTask[]; gone: EditedTask[] }): string {
  const parts = Object.entries(edited).flatMap(([what, tasks]) => {
    const [first] = tasks
    if (!first) return []
    return [`${VERBS[what as keyof typeof VERBS]} ${tasks.length === 1 ? `“${first.title}”` : `${tasks.length} tasks`}`]
  })
  const text = parts.join(', ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const VERBS = { added: 'added', changed: 'changed', gone: 'removed' }

function groupsFirst(all: EditedTask[]): EditedTask[] {
  const children = Map.groupBy(all, ({ parent }) => parent)
  const below = (parent: string | null): EditedTask[] =>
    (children.get(parent) ?? []).flatMap((task) => [task, ...below(task.id)])
  return below(null)
}

function stateOf({ id: _, jobState: __, ...fields }: EditedTask): TaskFields {
  return fields
}

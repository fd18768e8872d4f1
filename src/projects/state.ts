import type { JobState } from '../jobs/state.ts'

export type TaskKind = 'write' | 'render' | 'note'
/** `ready`: the plan waits for a person to start it. */
export type ProjectStatus = 'working' | 'ready' | 'done' | 'held' | 'failed' | 'paused' | 'cancelled'
export type TaskState = 'waiting' | 'queued' | 'running' | 'done' | 'held' | 'failed' | 'paused' | 'cancelled'

/** What the rules of the tree need to know of a task. */
export interface TaskFacts {
  id: string
  parent: string | null
  kind: TaskKind
  status: 'todo' | 'done'
  dependsOn: string[]
  job: string | null
}

/** The states of jobs that decide a project's status, the loudest first. */
const LOUDEST: [JobState, ProjectStatus][] = [
  ['running', 'working'],
  ['queued', 'working'],
  ['held', 'held'],
  ['paused', 'paused'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
]

/** The project's status from the states of its jobs, whether something waits for a person's yes, and whether work is left that nobody has started. */
export function projectStatus(jobs: JobState[], waits: { proposed: boolean; unstarted: boolean }): ProjectStatus {
  const states = waits.proposed ? [...jobs, 'held'] : jobs
  for (const [state, status] of LOUDEST) if (states.includes(state)) return status
  return waits.unstarted ? 'ready' : 'done'
}

/** The ids of all tasks that are done: a note is done when all beneath it is. */
export function doneTasks(tasks: TaskFacts[]): Set<string> {
  const children = Map.groupBy(tasks, ({ parent }) => parent)
  const done = new Set<string>()
  const visit = (task: TaskFacts): boolean => {
    const below = (children.get(task.id) ?? []).map(visit)
    const is = task.kind === 'note' ? below.every(Boolean) : task.status === 'done'
    if (is) done.add(task.id)
    return is
  }
  for (const root of children.get(null) ?? []) visit(root)
  return done
}

/** True when nothing of the plan is left to be made. */
export function isComplete(tasks: Pick<TaskFacts, 'kind' | 'status'>[]): boolean {
  return tasks.every(({ kind, status }) => kind === 'note' || status === 'done')
}

/** The tasks that can start: not started, and all that they (or a group they are in) depend on is done. */
export function readyTasks<T extends TaskFacts>(tasks: T[]): T[] {
  const done = doneTasks(tasks)
  return tasks.filter(
    (task) =>
      task.kind !== 'note' && task.status === 'todo' && task.job === null && waitsFor(task, tasks, done).length === 0,
  )
}

/** The ids of what a task still waits for, its groups' dependencies included. */
export function waitsFor(task: TaskFacts, tasks: TaskFacts[], done = doneTasks(tasks)): string[] {
  const byId = new Map(tasks.map((each) => [each.id, each]))
  const ids = new Set<string>()
  for (let at: TaskFacts | undefined = task; at; at = at.parent ? byId.get(at.parent) : undefined)
    for (const id of at.dependsOn) if (!done.has(id)) ids.add(id)
  return [...ids]
}

/** The tasks whose work a task builds on: all that it waits for, groups taken apart. */
export function buildsOn<T extends TaskFacts>(task: T, tasks: T[]): T[] {
  const children = Map.groupBy(tasks, ({ parent }) => parent)
  const below = (id: string): string[] => [id, ...(children.get(id) ?? []).flatMap((child) => below(child.id))]
  const ids = new Set(waitsFor(task, tasks, new Set()).flatMap(below))
  return tasks.filter(({ id }) => ids.has(id) && id !== task.id)
}

import type { Job } from '../jobs/tables.ts'
import { contractLines } from './contract.ts'
import type { JobView } from './job-view.ts'
import type { FileRow } from './page.ts'
import { doneTasks, type TaskState, waitsFor } from './state.ts'
import type { Task } from './tables.ts'

export interface TaskNode {
  id: string
  title: string
  kind: Task['kind']
  path: string | null
  prompt: string | null
  /** What its file promises to the others and takes from them. */
  promises: { heading: string; entries: string[] }[]
  version: number
  state: TaskState
  waitsFor: string[]
  job: JobView | null
  bytes: number | null
  seconds: number | null
  width: number | null
  height: number | null
  /** The last moment, in UTC, of the day by which it is to be done, ms since the epoch. */
  dueAt: number | null
  children: TaskNode[]
}

interface TreeFacts {
  jobs: Map<string, Job>
  views: Map<string, JobView>
  files: FileRow[]
}

/** The tasks as they stand under each other, each with its state and its job while that is of interest. */
export function taskTree(tasks: Task[], facts: TreeFacts): TaskNode[] {
  const children = Map.groupBy(tasks, ({ parent }) => parent)
  const done = doneTasks(tasks)
  const titles = new Map(tasks.map(({ id, title }) => [id, title]))
  const node = (task: Task): TaskNode => {
    const job = task.job ? facts.jobs.get(task.job) : undefined
    const below = (children.get(task.id) ?? []).map(node)
    return {
      id: task.id,
      title: task.title,
      kind: task.kind,
      path: task.path,
      prompt: task.prompt,
      promises: contractLines(task.contract),
      version: task.version,
      state: done.has(task.id) ? 'done' : task.kind === 'note' ? groupState(below) : taskState(job),
      waitsFor: waitsFor(task, tasks, done).map((id) => titles.get(id) ?? id),
      job: job && job.state !== 'succeeded' ? facts.views.get(job.id)! : null,
      bytes: facts.files.find(({ path }) => path === task.path)?.bytes ?? null,
      seconds: job?.startedAt && job.endedAt ? (job.endedAt - job.startedAt) / 1000 : null,
      width: task.width,
      height: task.height,
      dueAt: task.dueAt,
      children: below,
    }
  }
  return (children.get(null) ?? []).map(node)
}

function taskState(job: Job | undefined): TaskState {
  if (!job) return 'waiting'
  // what was made waits for a yes
  return job.state === 'succeeded' ? 'held' : job.state
}

function groupState(children: TaskNode[]): TaskState {
  const order: TaskState[] = ['running', 'held', 'failed', 'queued', 'paused', 'cancelled']
  return order.find((state) => children.some((child) => child.state === state)) ?? 'waiting'
}

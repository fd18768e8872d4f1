import { desc, eq } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { events } from '../events/tables.ts'
import { jobsOf } from '../jobs/jobs.ts'
import type { LiveJobs } from '../jobs/live.ts'
import type { Job } from '../jobs/tables.ts'
import { type CheckView, checkView } from './check.ts'
import { type DraftedTask, draftedTasks } from './plan-draft.ts'
import { projectById } from './projects.ts'
import { type SideProject, sideProjects } from './shell.ts'
import { doneTasks, type TaskState, waitsFor } from './state.ts'
import type { Project, Task } from './tables.ts'
import { tasksOf } from './tasks.ts'

/** Lines of the text being written that the page shows. */
const TAIL_LINES = 14

export interface FileRow {
  path: string
  language: string
  bytes: number
  version: number
  /** The viewer's page. */
  url: string
  rawUrl: string
}

export interface Picture {
  path: string
  url: string
  width: number
  height: number
  seed: number
  title: string
  prompt: string
}

/** A running or waiting job as the page shows it; times in seconds, unless the name says ms. */
export interface JobView {
  id: string
  state: Job['state']
  phase: string
  bytes: number
  step: number
  steps: number
  etaMs: number | null
  elapsed: number
  idleMs: number
  previewUrl: string | null
  attempt: number
  retryAt: number | null
  error: { code: string; message: string } | null
  /** The last lines of the text being written. */
  tail: string
}

export interface TaskNode {
  id: string
  title: string
  kind: Task['kind']
  path: string | null
  prompt: string | null
  state: TaskState
  waitsFor: string[]
  job: JobView | null
  bytes: number | null
  seconds: number | null
  width: number | null
  height: number | null
  children: TaskNode[]
}

export interface ActiveJob {
  taskId: string | null
  verb: 'Planning' | 'Writing' | 'Rendering' | 'Checking'
  name: string
  job: JobView
}

export interface ProjectPage {
  project: ReturnType<typeof projectView>
  tree: TaskNode[]
  active: ActiveJob[]
  files: FileRow[]
  pictures: Picture[]
  check: CheckView | null
  preview: { url: string; path: string } | null
  /** The tasks of the plan that is being made, as far as they have arrived. */
  drafted: DraftedTask[]
  /** The file that is being written now. */
  live: { job: string; path: string; text: string } | null
  stream: { url: string; lastSeq: number }
  /** The side's list, so that it stays true too. */
  side: SideProject[]
}

/** What the rooms after this one tell about a project. */
export interface ProjectPanels {
  files(project: string): Promise<FileRow[]>
  pictures(project: string): Promise<Picture[]>
  /** Path on the origin of generated pages. */
  previewPath(project: string, path: string): string
  modelLabel(model: string): { label: string; demo: boolean }
}

export interface PageDeps {
  read: Reader
  live: LiveJobs
  now: () => number
  panels: ProjectPanels
}

/** All that the page of a project shows, as it is now; `previewOrigin` is where the asking browser reaches generated pages. @throws NotFound `unknown_project` */
export async function projectPage(deps: PageDeps, id: string, previewOrigin: string): Promise<ProjectPage> {
  const { read, live, now, panels } = deps
  const project = await projectById(read, id)
  const lastSeq = await lastSeqOf(read, id)
  const [tasks, jobs, files, pictures] = [
    await tasksOf(read, id),
    await jobsOf(read, id),
    await panels.files(id),
    await panels.pictures(id),
  ]
  const views = new Map(jobs.map((job) => [job.id, jobView(job, live, now())]))
  const tree = taskTree(tasks, { jobs: new Map(jobs.map((job) => [job.id, job])), views, files })
  const index = files.find(({ path }) => path === 'index.html') ?? files.find(({ path }) => path.endsWith('.html'))
  const active = activeJobs(jobs, tasks, views)
  return {
    project: projectView(project, { jobs, tasks, panels, now: now() }),
    tree,
    active,
    files,
    pictures,
    check: checkView(jobs, versionOf(files)),
    preview: index
      ? { url: `${previewOrigin}${panels.previewPath(id, index.path)}?v=${versionOf(files)}`, path: index.path }
      : null,
    drafted: draftedPlan(jobs, live),
    live: liveText(active),
    stream: { url: `/projects/${id}/stream`, lastSeq },
    side: await sideProjects(read),
  }
}

interface ProjectFacts {
  jobs: Job[]
  tasks: Task[]
  panels: ProjectPanels
  now: number
}

function projectView(project: Project, { jobs, tasks, panels, now }: ProjectFacts) {
  const { done, total } = countWork(tasks)
  const plan = jobs.find(({ kind }) => kind === 'plan')
  const failed = jobs.find(({ state }) => state === 'held' || state === 'failed')
  return {
    id: project.id,
    title: project.title,
    brief: project.brief,
    summary: project.summary,
    status: project.status,
    kindWord: kindWord(tasks),
    model: project.model,
    ...modelWords(panels, project.model),
    tier: project.tier,
    createdAt: project.createdAt,
    elapsedMs: (project.endedAt ?? now) - project.createdAt,
    done,
    total,
    error: failed?.error ? { code: failed.error.code, message: failed.error.message } : null,
    planning: total === 0 && plan !== undefined && plan.state !== 'succeeded',
  }
}

function modelWords(panels: ProjectPanels, model: string) {
  const { label, demo } = panels.modelLabel(model)
  return { modelLabel: label, demo }
}

/** What kind of thing the plan makes, in a word. */
function kindWord(tasks: Task[]): string {
  const makes = (pattern: RegExp) => tasks.some(({ path }) => path !== null && pattern.test(path))
  if (makes(/(^|\/)story\.md$/)) return 'Story'
  if (makes(/\.html$/)) return 'Website'
  return makes(/\.(ts|js|py|rs|go|sh)$/) ? 'Program' : 'Project'
}

/** A number that changes with every file, so that the preview loads again. */
function versionOf(files: FileRow[]): number {
  return files.reduce((sum, { version }) => sum + version, 0)
}

function draftedPlan(jobs: Job[], live: LiveJobs): DraftedTask[] {
  const planning = jobs.find(({ kind, state }) => kind === 'plan' && state === 'running')
  return planning ? draftedTasks(live.view(planning.id)?.draft.text ?? '') : []
}

function liveText(active: ActiveJob[]): ProjectPage['live'] {
  const writing = active
    .filter(({ verb }) => verb === 'Writing')
    .sort((a, b) => a.job.idleMs - b.job.idleMs || b.job.bytes - a.job.bytes)[0]
  return writing ? { job: writing.job.id, path: writing.name, text: writing.job.tail } : null
}

function countWork(tasks: Task[]): { done: number; total: number } {
  const work = tasks.filter(({ kind }) => kind !== 'note')
  return { done: work.filter(({ status }) => status === 'done').length, total: work.length }
}

interface TreeFacts {
  jobs: Map<string, Job>
  views: Map<string, JobView>
  files: FileRow[]
}

function taskTree(tasks: Task[], facts: TreeFacts): TaskNode[] {
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
      state: done.has(task.id) ? 'done' : task.kind === 'note' ? groupState(below) : taskState(job),
      waitsFor: waitsFor(task, tasks, done).map((id) => titles.get(id) ?? id),
      job: job && job.state !== 'succeeded' ? facts.views.get(job.id)! : null,
      bytes: facts.files.find(({ path }) => path === task.path)?.bytes ?? null,
      seconds: job?.startedAt && job.endedAt ? (job.endedAt - job.startedAt) / 1000 : null,
      width: task.width,
      height: task.height,
      children: below,
    }
  }
  return (children.get(null) ?? []).map(node)
}

function taskState(job: Job | undefined): TaskState {
  if (!job) return 'waiting'
  return job.state === 'succeeded' ? 'done' : job.state
}

function groupState(children: TaskNode[]): TaskState {
  const order: TaskState[] = ['running', 'held', 'failed', 'queued', 'paused', 'cancelled']
  return order.find((state) => children.some((child) => child.state === state)) ?? 'waiting'
}

const VERBS: Record<string, ActiveJob['verb']> = {
  plan: 'Planning',
  write: 'Writing',
  render: 'Rendering',
  check: 'Checking',
}

function activeJobs(jobs: Job[], tasks: Task[], views: Map<string, JobView>): ActiveJob[] {
  return jobs
    .filter(({ state }) => state === 'running')
    .reverse()
    .map((job) => {
      const task = tasks.find((each) => each.job === job.id)
      return {
        taskId: task?.id ?? null,
        verb: VERBS[job.kind] ?? 'Writing',
        name: task?.path ?? task?.title ?? 'the project',
        job: views.get(job.id)!,
      }
    })
}

function jobView(job: Job, live: LiveJobs, now: number): JobView {
  const running = job.state === 'running' ? live.view(job.id) : undefined
  const draft = running?.draft
  return {
    id: job.id,
    state: job.state,
    phase: draft?.phase ?? job.state,
    bytes: draft?.bytes ?? 0,
    step: draft?.step ?? 0,
    steps: draft?.steps ?? 0,
    etaMs: running?.etaMs ?? null,
    elapsed: job.startedAt ? Math.max(0, (job.endedAt ?? now) - job.startedAt) / 1000 : 0,
    idleMs: running?.idleMs ?? 0,
    previewUrl: running?.previewUrl ?? null,
    attempt: job.attempt,
    retryAt: job.state === 'queued' && job.failures > 0 ? job.runAt : null,
    error: job.error ? { code: job.error.code, message: job.error.message } : null,
    tail: (draft?.text ?? '').slice(-4_000).split('\n').slice(-TAIL_LINES).join('\n'),
  }
}

async function lastSeqOf(read: Reader, project: string): Promise<number> {
  const [row] = await read
    .select({ seq: events.seq })
    .from(events)
    .where(eq(events.scope, project))
    .orderBy(desc(events.seq))
    .limit(1)
  return row?.seq ?? 0
}

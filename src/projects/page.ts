import { desc, eq } from 'drizzle-orm'
import type { Reader } from '../db/open.ts'
import { events } from '../events/tables.ts'
import { EMPTY_DRAFT } from '../jobs/handler.ts'
import { jobsOf } from '../jobs/jobs.ts'
import type { LiveJobs } from '../jobs/live.ts'
import type { Job } from '../jobs/tables.ts'
import { ASIDES } from './asides.ts'
import { type CheckView, checkView } from './check.ts'
import { type ActiveJob, activeJobs, jobView, liveText } from './job-view.ts'
import { type ChangeRow, latestChanges } from './latest-changes.ts'
import { type ProjectMoney, projectMoney } from './money.ts'
import { type DraftedTask, draftedTasks } from './plan-draft.ts'
import { projectById } from './projects.ts'
import { openProposals } from './proposals.ts'
import type { Region } from './regions.ts'
import { type SideProject, sideProjects } from './shell.ts'
import type { Project, Task } from './tables.ts'
import { type TaskNode, taskTree } from './task-tree.ts'
import { tasksOf } from './tasks.ts'

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
  /** What is shown of it where it is a clip; null where it is none, or has no picture that stands for it. */
  poster: string | null
  isClip: boolean
  width: number
  height: number
  seed: number
  title: string
  prompt: string
}

export interface ProjectPage {
  project: ReturnType<typeof projectView>
  tree: TaskNode[]
  active: ActiveJob[]
  files: FileRow[]
  pictures: Picture[]
  changes: ChangeRow[]
  check: CheckView | null
  preview: { url: string; path: string } | null
  /** The tasks of the plan that is being made, as far as they have arrived. */
  drafted: DraftedTask[]
  /** The file that is being written now. */
  live: { job: string; path: string; text: string } | null
  stream: { url: string; lastSeq: number }
  /** What waits for a yes. */
  proposals: { id: string; reason: string }[]
  money: ProjectMoney
  /** The side's list, so that it stays true too. */
  side: SideProject[]
  asides: Aside[]
}

/** A part of the page that a later room brings: the whole of it, and the regions in it that change. */
export interface Aside {
  html: string
  regions: Region[]
}

/** What the rooms after this one tell about a project. */
export interface ProjectPanels {
  asides?(project: string): Promise<Aside[]>
  files(project: string): Promise<FileRow[]>
  pictures(project: string): Promise<Picture[]>
  /** Path on the origin of generated pages. */
  previewPath(project: string, path: string): string
  modelLabel(model: string): { label: string; demo: boolean }
}

/** Why work waits that has not failed. */
const PUT_OFF = new Set(['circuit_open', 'budget_busy'])

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
    changes: await latestChanges(read, id),
    check: checkView(jobs, tasks, versionOf(files)),
    preview: index
      ? { url: `${previewOrigin}${panels.previewPath(id, index.path)}?v=${versionOf(files)}`, path: index.path }
      : null,
    drafted: draftedPlan(jobs, live),
    live: liveText(active),
    stream: { url: `/projects/${id}/stream`, lastSeq },
    proposals: (await openProposals(read, id)).map(({ id, reason }) => ({ id, reason })),
    money: await projectMoney(deps, id, jobs),
    side: await sideProjects(read),
    asides: (await panels.asides?.(id)) ?? [],
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
  const waiting = jobs.findLast(
    ({ state, error, runAt }) => state === 'queued' && error && PUT_OFF.has(error.code) && runAt > now,
  )
  const failed = jobs.find(({ kind, state }) => (state === 'held' || state === 'failed') && !ASIDES.includes(kind))
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
    elapsedMs: Math.max(0, (project.endedAt ?? now) - project.createdAt),
    done,
    total,
    error: failed?.error ? { code: failed.error.code, message: failed.error.message, job: failed.id } : null,
    waiting: waiting ? { message: waiting.error!.message, until: waiting.runAt } : null,
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
  return planning ? draftedTasks(live.view(planning.id)?.draft ?? EMPTY_DRAFT) : []
}

function countWork(tasks: Task[]): { done: number; total: number } {
  const work = tasks.filter(({ kind }) => kind !== 'note')
  return { done: work.filter(({ status }) => status === 'done').length, total: work.length }
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

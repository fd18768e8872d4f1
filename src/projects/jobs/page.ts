import { eq } from 'drizzle-orm'
import type { Reader } from '../../db/open.ts'
import { attemptsOfRender } from '../../gpu/render-attempts.ts'
import { jobWithAttempts } from '../../jobs/jobs.ts'
import type { LiveJobs } from '../../jobs/live.ts'
import type { Job } from '../../jobs/tables.ts'
import { type Wait, waitOf } from '../../jobs/wait.ts'
import { RUN } from '../asides.ts'
import { type RunView, runView } from '../execution.ts'
import { askedFor, isClipAsked, wordsAsked } from '../job-name.ts'
import { type JobView, jobView } from '../job-view.ts'
import { jobMoney } from '../money.ts'
import { projects, tasks } from '../tables.ts'
import { type RenderView, renderView } from './render-view.ts'

type Found = Awaited<ReturnType<typeof jobWithAttempts>>

export interface JobPage {
  job: Pick<Job, 'id' | 'kind' | 'state' | 'attempt' | 'priority' | 'createdAt' | 'endedAt'>
  /** What it makes, in words. */
  name: string
  project: { id: string; title: string } | null
  /** How far it is. */
  view: JobView
  wait: Wait | null
  /** The newest first. */
  attempts: Found['attempts']
  /** Of a render: what was decided for each attempt. */
  renders: RenderView[]
  checkpoints: Pick<Found['checkpoints'][number], 'name' | 'attempt' | 'at'>[]
  /** Of a render: what it is to show, how it looks so far, and the pictures or clips that came of it, by their ids. */
  made: { words: string; preview: string | null; artifacts: string[]; isClip: boolean } | null
  /** Of a command that a person has run. */
  run: RunView | null
  /** What its calls to models took. */
  money: Awaited<ReturnType<typeof jobMoney>>
}

export interface JobPageDeps {
  read: Reader
  live: LiveJobs
  now: () => number
}

const RENDER = 'render'
const NAMES: Record<string, string> = { plan: 'The plan', check: 'The check of everything', [RUN]: 'A command' }

/** All that the page of a job shows, as it is now. @throws NotFound `unknown_job` */
export async function jobPage({ read, live, now }: JobPageDeps, id: string): Promise<JobPage> {
  const { job, attempts, checkpoints } = await jobWithAttempts(read, id)
  const [project] = job.scope ? await read.select().from(projects).where(eq(projects.id, job.scope)) : []
  const [task] = await read
    .select({ title: tasks.title, path: tasks.path, prompt: tasks.prompt })
    .from(tasks)
    .where(eq(tasks.job, id))
  const view = jobView(job, live, now())
  return {
    job,
    name: task?.path ?? task?.title ?? NAMES[job.kind] ?? askedFor(job.input) ?? job.kind,
    project: project ? { id: project.id, title: project.title } : null,
    view,
    made: job.kind === RENDER ? madeOf(job, task?.prompt ?? task?.title, view) : null,
    wait: await waitOf(read, job, now()),
    attempts: attempts.toReversed(),
    renders: (await attemptsOfRender(read, id)).map(renderView),
    checkpoints: (job.kind === RUN ? [] : checkpoints).map(({ name, attempt, at }) => ({ name, attempt, at })),
    run: runView(job, live),
    money: await jobMoney(read, id),
  }
}

function madeOf({ input, result }: Job, task: string | undefined, { previewUrl }: JobView): JobPage['made'] {
  const { artifacts = [] } = (result ?? {}) as { artifacts?: string[] }
  return { words: wordsAsked(input) ?? task ?? '', preview: previewUrl, artifacts, isClip: isClipAsked(input) }
}

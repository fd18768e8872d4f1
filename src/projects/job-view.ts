import type { LiveJobs } from '../jobs/live.ts'
import type { Job } from '../jobs/tables.ts'
import { CHAT, EDIT_TASKS, RUN } from './asides.ts'
import { askedFor } from './job-name.ts'
import type { Task } from './tables.ts'

/** Lines of the text being written that the page shows, and the most characters of them. */
const TAIL_LINES = 14
const TAIL_CHARACTERS = 4_000

/** A running or waiting job as the page shows it; times in seconds, unless the name says ms. */
export interface JobView {
  id: string
  state: Job['state']
  phase: string
  bytes: number
  /** Of a download; null where nobody says. */
  totalBytes: number | null
  step: number
  steps: number
  etaMs: number | null
  elapsed: number
  idleMs: number
  previewUrl: string | null
  /** What stands in its way at this moment, in words. */
  note: string | null
  /** Of a render that runs: how long it waited, how long its model was loaded, how long it has worked; seconds. */
  times: { queued: number; loading: number; running: number } | null
  attempt: number
  retryAt: number | null
  error: { code: string; message: string } | null
  /** The last lines of the text being written. */
  tail: string
}

export interface ActiveJob {
  taskId: string | null
  verb: 'Planning' | 'Writing' | 'Rendering' | 'Checking' | 'Answering' | 'Running'
  name: string
  job: JobView
}

const VERBS: Record<string, ActiveJob['verb']> = {
  plan: 'Planning',
  write: 'Writing',
  render: 'Rendering',
  check: 'Checking',
  [CHAT]: 'Answering',
  [EDIT_TASKS]: 'Planning',
  [RUN]: 'Running',
}

const NAMES: Record<string, string> = { [CHAT]: 'a message', [EDIT_TASKS]: 'other tasks', [RUN]: 'a command' }

/** What runs now, the longest first. */
export function activeJobs(jobs: Job[], tasks: Task[], views: Map<string, JobView>): ActiveJob[] {
  return jobs
    .filter(({ state }) => state === 'running')
    .reverse()
    .map((job) => {
      const task = tasks.find((each) => each.job === job.id)
      return {
        taskId: task?.id ?? null,
        verb: VERBS[job.kind] ?? 'Writing',
        name: task?.path ?? task?.title ?? NAMES[job.kind] ?? askedFor(job.input) ?? 'the project',
        job: views.get(job.id)!,
      }
    })
}

/** A job at `now`: from memory while it runs, else from its row. */
export function jobView(job: Job, live: LiveJobs, now: number): JobView {
  const running = job.state === 'running' ? live.view(job.id) : undefined
  const draft = running?.draft
  return {
    id: job.id,
    state: job.state,
    phase: draft?.phase ?? job.state,
    bytes: draft?.bytes ?? 0,
    totalBytes: typeof draft?.data.totalBytes === 'number' ? draft.data.totalBytes : null,
    step: draft?.step ?? 0,
    steps: draft?.steps ?? 0,
    etaMs: running?.etaMs ?? null,
    elapsed: job.startedAt ? Math.max(0, (job.endedAt ?? now) - job.startedAt) / 1000 : 0,
    idleMs: running?.idleMs ?? 0,
    previewUrl: running?.previewUrl ?? null,
    note: typeof draft?.data.note === 'string' ? draft.data.note : null,
    times: timesOf(job, draft?.data.marks, now),
    attempt: job.attempt,
    retryAt: job.state === 'queued' && job.error && job.runAt > now ? job.runAt : null,
    error: job.error ? { code: job.error.code, message: job.error.message } : null,
    tail: (draft?.text ?? '').slice(-TAIL_CHARACTERS).split('\n').slice(-TAIL_LINES).join('\n'),
  }
}

/** Three times that are not one: a wait is no work, and neither is loading. */
function timesOf({ createdAt, attemptStartedAt }: Job, marks: unknown, now: number): JobView['times'] {
  if (typeof marks !== 'object' || marks === null) return null
  const { loadsAt, runsAt } = marks as { loadsAt?: number; runsAt?: number }
  const begun = loadsAt ?? runsAt ?? now
  if (begun < (attemptStartedAt ?? 0)) return null // of an attempt before this one
  const span = (from: number, to: number) => Math.max(0, to - from) / 1000
  const loaded = loadsAt === undefined ? 0 : span(loadsAt, runsAt ?? now)
  return { queued: span(createdAt, begun), loading: loaded, running: runsAt === undefined ? 0 : span(runsAt, now) }
}

/** The file that was written to last, with the end of its text. */
export function liveText(active: ActiveJob[]): { job: string; path: string; text: string } | null {
  const writing = active
    .filter(({ verb }) => verb === 'Writing')
    .sort((a, b) => a.job.idleMs - b.job.idleMs || b.job.bytes - a.job.bytes)[0]
  return writing ? { job: writing.job.id, path: writing.name, text: writing.job.tail } : null
}

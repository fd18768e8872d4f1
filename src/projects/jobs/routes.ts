import { Elysia } from 'elysia'
import { z } from 'zod'
import type { FollowDeps } from '../../events/follow.ts'
import { attemptsOfRender } from '../../gpu/render-attempts.ts'
import {
  cancelJob,
  type JobsDeps,
  jobById,
  jobWithAttempts,
  pauseJob,
  prioritiseJob,
  resumeJob,
  retryJob,
} from '../../jobs/jobs.ts'
import { listJobs } from '../../jobs/list.ts'
import type { Job } from '../../jobs/tables.ts'
import { waitOf } from '../../jobs/wait.ts'
import type { Log } from '../../log.ts'
import { EventsQuery, eventsResponse } from '../../web/events.ts'
import type { Guard } from '../../web/guard.ts'
import type { Lasting } from '../../web/lasting.ts'
import { page } from '../../web/page.ts'
import { projectById } from '../projects.ts'
import { type ShellDeps, shellFor } from '../shell.ts'
import { JOB_SAYS, JobStateForm } from './answers.ts'
import { type JobFeedDeps, openJobFeeds } from './feed.ts'
import { moverOf } from './moving.ts'
import { jobPage } from './page.ts'

export interface JobRoutesDeps extends JobsDeps, FollowDeps {
  guard: Guard
  lasting: Lasting
  log: Log
}

/** What a person can do to a job, by the noun that the request creates. */
const VERBS = { cancellation: cancelJob, retry: retryJob, pause: pauseJob, resumption: resumeJob } as const
type Noun = keyof typeof VERBS

/** Goes before what has the usual priority, 0. */
const RAISED = 10

const Attempt = z.number('takes a number').int().min(0).optional()
const Priority = z.number('takes a whole number from -100 to 100').int().min(-100).max(100).default(RAISED)
const Order = z.object({ attempt: Attempt }).nullish()
const RetryOrder = z
  .object({ attempt: Attempt, fromScratch: z.boolean('takes true or false').default(false) })
  .nullish()
const PriorityOrder = z.object({ attempt: Attempt, priority: Priority }).nullish()

const JobList = z.object({
  project: z.string().max(64).optional(),
  state: JobStateForm.optional(),
  limit: z.coerce.number('takes a number from 1 to 200').int().min(1).max(200).default(50),
  cursor: z.string().optional(),
})

/** The API of jobs. */
export function jobRoutes(deps: JobRoutesDeps) {
  const { read, now } = deps
  const app = new Elysia()
    .use(deps.guard)
    .get(
      '/api/jobs',
      async ({ query: { project, ...query } }) => {
        if (project) await projectById(read, project)
        return listJobs(read, { ...query, scope: project })
      },
      { query: JobList, ...JOB_SAYS.list },
    )
    .get(
      '/api/jobs/:id',
      async ({ params }) => {
        const found = await jobWithAttempts(read, params.id)
        const renders = await attemptsOfRender(read, params.id)
        return { ...found, renders, wait: await waitOf(read, found.job, now()) }
      },
      JOB_SAYS.get,
    )
    .get(
      '/api/jobs/:id/events',
      async ({ params, query, request }) => {
        await jobById(read, params.id)
        return eventsResponse(deps, { job: params.id }, request, query)
      },
      { query: EventsQuery, ...JOB_SAYS.events },
    )
    .post(
      '/api/jobs/:id/priority',
      async ({ params, body, actor, set }) => {
        set.status = 202
        return {
          job: await prioritiseJob(
            deps,
            params.id,
            await moverOf(read, params.id, actor),
            body ?? { priority: RAISED },
          ),
        }
      },
      { body: PriorityOrder, ...JOB_SAYS.prioritise },
    )
  for (const [noun, verb] of Object.entries(VERBS) as [Noun, typeof retryJob][])
    app.post(
      `/api/jobs/:id/${noun}`,
      async ({ params, body, actor, set }) => {
        set.status = 202
        return { job: await verb(deps, params.id, await moverOf(read, params.id, actor), body ?? {}) }
      },
      { body: noun === 'retry' ? RetryOrder : Order, ...JOB_SAYS.move(noun) },
    )
  return app
}

/** What a form of a page sends: all of it is text. */
const JobForm = z
  .object({
    attempt: z.coerce.number('takes a number').int().optional(),
    fromScratch: z.stringbool().default(false),
    priority: z.coerce.number('takes a number').int().min(-100).max(100).default(RAISED),
    /** The page to go back to: the job's own, the project's, or that of the queue. */
    page: z.enum(['job', 'project', 'queue']).default('project'),
  })
  .nullish()

/** The page of a job, and the forms on it and on a project's. */
export function jobPages(deps: JobRoutesDeps & ShellDeps & JobFeedDeps) {
  const feeds = openJobFeeds(deps)
  const app = new Elysia()
    .use(deps.guard)
    .get('/jobs/:id', async ({ params, request, actor }) => {
      const view = await jobPage(deps, params.id)
      const shell = await shellFor(deps, actor, view.name, view.project?.id)
      return page(request, 'jobs/show', { ...view, shell, stream: { url: `/jobs/${params.id}/stream` } })
    })
    .get('/jobs/:id/stream', async ({ params, request }) => {
      await jobById(deps.read, params.id)
      return feeds.open({ job: params.id }, deps.lasting.watch(request))
    })
    .post(
      '/jobs/:id/priority',
      async ({ params, body, actor }) =>
        back(
          await prioritiseJob(
            deps,
            params.id,
            await moverOf(deps.read, params.id, actor),
            body ?? { priority: RAISED },
          ),
          body?.page,
        ),
      { body: JobForm },
    )
  for (const [noun, verb] of Object.entries(VERBS) as [Noun, typeof retryJob][])
    app.post(
      `/jobs/:id/${noun}`,
      async ({ params, body, actor }) =>
        back(await verb(deps, params.id, await moverOf(deps.read, params.id, actor), body ?? {}), body?.page),
      { body: JobForm },
    )
  return app
}

function back({ id, scope }: Job, to: 'job' | 'project' | 'queue' = 'project'): Response {
  const location = to === 'queue' ? '/queue' : to === 'job' ? `/jobs/${id}` : scope ? `/projects/${scope}` : '/'
  return new Response(null, { status: 303, headers: { location } })
}

import { Elysia } from 'elysia'
import type { FollowDeps } from '../../events/follow.ts'
import { cancelJob, type JobsDeps, jobById, jobWithAttempts, pauseJob, resumeJob, retryJob } from '../../jobs/jobs.ts'
import type { Job } from '../../jobs/tables.ts'
import { EventsQuery, eventsResponse } from '../../web/events.ts'
import type { Guard } from '../../web/guard.ts'
import type { Lasting } from '../../web/lasting.ts'
import { JOB_SAYS } from './answers.ts'

export interface JobRoutesDeps extends JobsDeps, FollowDeps {
  guard: Guard
  lasting: Lasting
}

/** What a person can do to a job, by the noun that the request creates. */
const VERBS = { cancellation: cancelJob, retry: retryJob, pause: pauseJob, resumption: resumeJob } as const

/** The API of jobs, and the forms on a project's page. */
export function jobRoutes(deps: JobRoutesDeps) {
  const app = new Elysia()
    .use(deps.guard)
    .get('/api/jobs/:id', ({ params }) => jobWithAttempts(deps.read, params.id), JOB_SAYS.get)
    .get(
      '/api/jobs/:id/events',
      async ({ params, query, request }) => {
        await jobById(deps.read, params.id)
        return eventsResponse(deps, { job: params.id }, request, query)
      },
      { query: EventsQuery, ...JOB_SAYS.events },
    )
  for (const [noun, verb] of Object.entries(VERBS)) {
    app.post(
      `/api/jobs/:id/${noun}`,
      async ({ params, actor, set }) => {
        set.status = 202
        return { job: await verb(deps, params.id, `person:${actor.id}`) }
      },
      JOB_SAYS.move(noun as keyof typeof VERBS),
    )
    app.post(`/jobs/:id/${noun}`, async ({ params, actor }) =>
      backToProject(await verb(deps, params.id, `person:${actor.id}`)),
    )
  }
  return app
}

function backToProject({ scope }: Job): Response {
  return new Response(null, { status: 303, headers: { location: scope ? `/projects/${scope}` : '/' } })
}

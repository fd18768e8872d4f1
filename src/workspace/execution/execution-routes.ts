import { Elysia } from 'elysia'
import { z } from 'zod'
import { JobForm } from '../../projects/jobs/answers.ts'
import { projectById } from '../../projects/projects.ts'
import type { Guard } from '../../web/guard.ts'
import { says } from '../../web/openapi.ts'
import { executionsOf, SECONDS, startExecution } from './executions.ts'
import type { RunDeps } from './work.ts'

export interface ExecutionRoutesDeps extends RunDeps {
  guard: Guard
}

const Seconds = z.coerce
  .number(`takes seconds, up to ${SECONDS.most}`)
  .int()
  .min(1)
  .max(SECONDS.most)
  .default(SECONDS.usual)

const RunBody = z.object({
  command: z.string('takes a line of shell').default(''),
  keeps: z.boolean('takes true or false').default(true),
  seconds: Seconds,
})

const RunForm = z.object({
  command: z.string().default(''),
  /** A box that is not ticked is not sent. */
  keeps: z.stringbool().default(false),
  seconds: Seconds,
})

const SAYS = {
  list: says('listExecutions', 'Executions', 'What can be run in a project, and what was run last', () => ({
    200: {
      says: 'What holds it, or why nothing can be run; commands that the project offers; the last runs.',
      form: z.object({
        sandbox: z.union([z.object({ kind: z.string() }), z.object({ refused: z.string() })]),
        offers: z.array(
          z.object({ command: z.string(), purpose: z.string(), from: z.string(), needs: z.array(z.string()) }),
        ),
        last: z.array(
          z.object({
            job: z.string(),
            command: z.string(),
            state: z.string(),
            result: z.unknown(),
            at: z.number().int(),
          }),
        ),
      }),
    },
  })),
  start: says('runCommand', 'Executions', 'Run a command in the sandbox, on a copy of the project', () => ({
    201: {
      says: 'Its job: the output comes by the job’s events; new and changed files become a change when it ends, unless keeps is false.',
      form: z.object({ job: JobForm }),
    },
  })),
}

/** Commands that are run in the sandbox for a person. */
export function executionRoutes(deps: ExecutionRoutesDeps) {
  return new Elysia()
    .use(deps.guard)
    .get(
      '/api/projects/:id/executions',
      async ({ params }) => {
        const { id } = await projectById(deps.db.read, params.id)
        return executionsOf({ ...deps, read: deps.db.read }, id)
      },
      SAYS.list,
    )
    .post(
      '/api/projects/:id/executions',
      async ({ params, body, actor, set }) => {
        set.status = 201
        return { job: await startExecution(deps, params.id, body, `person:${actor.id}`) }
      },
      { body: RunBody, ...SAYS.start },
    )
    .post(
      '/projects/:id/executions',
      async ({ params, body, actor }) => {
        const { id } = await startExecution(deps, params.id, body, `person:${actor.id}`)
        return new Response(null, { status: 303, headers: { location: `/jobs/${id}` } })
      },
      { body: RunForm },
    )
}

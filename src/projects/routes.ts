import { Elysia } from 'elysia'
import { z } from 'zod'
import { Conflict, Invalid } from '../errors.ts'
import type { FollowDeps } from '../events/follow.ts'
import { moveAll } from '../jobs/jobs.ts'
import type { Models } from '../llm/models.ts'
import type { Provider } from '../llm/provider.ts'
import type { Log } from '../log.ts'
import { EventsQuery, eventsResponse } from '../web/events.ts'
import type { Actor, Guard } from '../web/guard.ts'
import type { Lasting } from '../web/lasting.ts'
import { page } from '../web/page.ts'
import { PROJECT_SAYS } from './answers.ts'
import { ASIDES } from './asides.ts'
import { checkAgain } from './check.ts'
import type { Feeds } from './feed.ts'
import { modelFor } from './model-for.ts'
import { type FileRow, type PageDeps, projectPage } from './page.ts'
import { createProject, listProjects, projectById, projectJson } from './projects.ts'
import { type ShellDeps, shellFor } from './shell.ts'
import { startProject, type TasksDeps, tasksOf } from './tasks.ts'

export interface ProjectRoutesDeps extends TasksDeps, FollowDeps, ShellDeps, PageDeps {
  guard: Guard
  lasting: Lasting
  log: Log
  feeds: Feeds
  models: Models
  /** Servers of models that were found and are not used. */
  reach: { offers(): { label: string; models: string[] }[] }
  /** Checks a tier's name; without one, says `auto`. */
  tierNamed(name: string | undefined): string
  tiers(): { id: string; label: string }[]
  /** Where the asking browser reaches Hearth. */
  origin(request: Request): string
  /** Where the asking browser reaches generated pages. */
  previewOrigin(request: Request): string
}

/** The tier of whoever names none: the form says it without a name. */
const AUTO = 'auto'

const NewProjectBody = z.object({
  brief: z.string('takes a text'),
  model: z.string('takes the name of a model').optional(),
  tier: z.string('takes the name of a tier').optional(),
  autorun: z.boolean('takes true or false').default(true),
})

const ProjectList = z.object({
  q: z.string().max(200).optional(),
  status: z.enum(['working', 'ready', 'done', 'held', 'failed', 'paused', 'cancelled']).optional(),
  priority: z.coerce.number().int().optional(),
  tag: z.string().max(80).optional(),
  sort: z.enum(['newest', 'oldest']).default('newest'),
  limit: z.coerce.number('takes a number from 1 to 200').int().min(1).max(200).default(50),
  cursor: z.string().optional(),
})

/** The API of projects. */
export function projectApi(deps: ProjectRoutesDeps) {
  return new Elysia({ prefix: '/api/projects' })
    .use(deps.guard)
    .post(
      '/',
      async ({ body, actor, set }) => {
        set.status = 201
        const { project, job } = await makeProject(deps, body, actor)
        return { project: projectJson(project), job }
      },
      { body: NewProjectBody, ...PROJECT_SAYS.create },
    )
    .get(
      '/',
      async ({ query }) => {
        const { items, nextCursor } = await listProjects(deps.read, query)
        return { items: items.map(projectJson), nextCursor }
      },
      { query: ProjectList, ...PROJECT_SAYS.list },
    )
    .get(
      '/:id',
      async ({ params }) => ({
        project: projectJson(await projectById(deps.read, params.id)),
        tasks: await tasksOf(deps.read, params.id),
        files: (await deps.panels.files(params.id)).map(fileJson),
      }),
      PROJECT_SAYS.get,
    )
    .get(
      '/:id/events',
      async ({ params, query, request }) => {
        await projectById(deps.read, params.id)
        return eventsResponse(deps, { project: params.id }, request, query)
      },
      { query: EventsQuery, ...PROJECT_SAYS.events },
    )
    .post(
      '/:id/cancellation',
      ({ params, actor }) => moveProject(deps, params.id, 'cancel', actor),
      PROJECT_SAYS.cancel,
    )
    .post('/:id/pause', ({ params, actor }) => moveProject(deps, params.id, 'pause', actor), PROJECT_SAYS.pause)
    .post('/:id/resumption', ({ params, actor }) => moveProject(deps, params.id, 'resume', actor), PROJECT_SAYS.resume)
    .post('/:id/retry', ({ params, actor }) => moveProject(deps, params.id, 'retry', actor), PROJECT_SAYS.retry)
    .post(
      '/:id/runs',
      async ({ params, actor, set }) => {
        set.status = 201
        return { jobs: await startProject(deps, params.id, `person:${actor.id}`) }
      },
      PROJECT_SAYS.run,
    )
    .post(
      '/:id/checks',
      async ({ params, actor, set }) => {
        set.status = 201
        return { job: await checkAgain(deps, params.id, `person:${actor.id}`) }
      },
      PROJECT_SAYS.check,
    )
}

const BriefForm = z.object({
  brief: z.string(),
  model: z.string().optional(),
  tier: z.string().optional(),
  plan: z.literal('first').optional(),
})

/** The pages of projects. */
export function projectPages(deps: ProjectRoutesDeps) {
  const app = new Elysia()
    .use(deps.guard)
    .get('/', ({ request, query, actor }) => home(deps, request, actor, { brief: query.brief ?? '' }), {
      query: z.object({ brief: z.string().max(20_000).optional() }),
    })
    .post(
      '/projects',
      async ({ body, request, actor }) => {
        try {
          const { project } = await makeProject(deps, { ...body, autorun: body.plan !== 'first' }, actor)
          return seeOther(`/projects/${project.id}`)
        } catch (error) {
          if (!(error instanceof Invalid)) throw error
          return home(deps, request, actor, { ...body, error })
        }
      },
      { body: BriefForm },
    )
    .get('/projects/:id', async ({ request, params, actor }) => {
      const view = await projectPage(deps, params.id, deps.previewOrigin(request))
      return page(request, 'projects/show', {
        ...view,
        origin: deps.origin(request),
        shell: await shellFor(deps, actor, view.project.title, params.id),
      })
    })
    .get('/projects/:id/stream', async ({ params, request }) => {
      await projectById(deps.read, params.id)
      const watched = { project: params.id, previewOrigin: deps.previewOrigin(request) }
      return deps.feeds.open(watched, deps.lasting.watch(request))
    })
    .post('/projects/:id/runs', async ({ params, actor }) => {
      await startProject(deps, params.id, `person:${actor.id}`)
      return seeOther(`/projects/${params.id}`)
    })
    .post('/projects/:id/checks', async ({ params, actor }) => {
      await checkAgain(deps, params.id, `person:${actor.id}`)
      return seeOther(`/projects/${params.id}`)
    })
  for (const [noun, move] of Object.entries(MOVES))
    app.post(`/projects/:id/${noun}`, async ({ params, actor }) => {
      await moveWhatCan(deps, params.id, move, actor)
      return seeOther(`/projects/${params.id}`)
    })
  return app
}

/** What a button on the page creates, and what that does to all jobs of the project that allow it. */
const MOVES = { cancellation: 'cancel', pause: 'pause', resumption: 'resume', retry: 'retry' } as const

async function home(
  deps: ProjectRoutesDeps,
  request: Request,
  actor: Actor,
  form: Partial<z.infer<typeof BriefForm>> & { brief: string; error?: Invalid },
): Promise<Response> {
  const shell = await shellFor(deps, actor, 'What do you want to make?')
  const { label, demo } = deps.panels.modelLabel(modelFor(deps.models, undefined))
  return page(
    request,
    'projects/home',
    {
      shell,
      brief: form.brief,
      error: form.error ?? null,
      models: deps.models.providers().flatMap(modelOptions),
      tiers: deps.tiers().filter(({ id }) => id !== AUTO),
      model: form.model ?? '',
      tier: form.tier ?? '',
      planFirst: form.plan === 'first',
      demo,
      offers: demo ? deps.reach.offers() : [],
      modelLabel: label,
      projects: shell.projects,
    },
    { status: form.error ? 422 : 200 },
  )
}

function modelOptions({ name, demo, models }: Provider) {
  return demo
    ? [{ id: name, label: 'Demo (no AI)' }]
    : models.map((model) => ({ id: `${name}/${model}`, label: model }))
}

function makeProject(
  deps: ProjectRoutesDeps,
  { brief, model, tier, autorun }: z.infer<typeof NewProjectBody>,
  actor: Actor,
) {
  const by = `person:${actor.id}`
  return createProject(deps, {
    brief,
    model: modelFor(deps.models, model || undefined),
    tier: deps.tierNamed(tier || undefined),
    autorun,
    by,
  })
}

type ProjectMove = (typeof MOVES)[keyof typeof MOVES]

/** @throws Conflict `not_allowed` when no job of the project moved */
async function moveProject(deps: ProjectRoutesDeps, id: string, what: ProjectMove, actor: Actor) {
  const jobs = await moveWhatCan(deps, id, what, actor)
  if (jobs.length === 0) throw nothingTo(what)
  return { jobs }
}

async function moveWhatCan(deps: ProjectRoutesDeps, id: string, what: ProjectMove, actor: Actor) {
  await projectById(deps.read, id)
  // What was said, or was not, long ago is tried again one by one, where it stands.
  return moveAll(deps, id, what, `person:${actor.id}`, what === 'retry' ? ASIDES : [])
}

function nothingTo(what: ProjectMove): Conflict {
  return new Conflict('not_allowed', `Nothing of the project is in a state to ${what}. Look at it again.`, {
    context: { move: what },
  })
}

function fileJson({ path, language, bytes, version }: FileRow) {
  return { path, language, bytes, version }
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } })
}

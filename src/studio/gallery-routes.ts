import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Reader } from '../db/open.ts'
import { DomainError } from '../errors.ts'
import type { LiveJobs } from '../jobs/live.ts'
import { projectById } from '../projects/projects.ts'
import { type ShellDeps, shellFor } from '../projects/shell.ts'
import type { Project } from '../projects/tables.ts'
import type { Actor, Guard } from '../web/guard.ts'
import { fragment, page } from '../web/page.ts'
import { statusOf } from '../web/problems.ts'
import { artifactById } from './artifacts.ts'
import { standingOf } from './bin.ts'
import type { ClipChoices } from './clips.ts'
import { artifactPage, galleryPage, onTheWay, shotOf } from './gallery.ts'
import { type FormFields, fieldsOf, fieldsOfRecipe, RenderForm, renderOf, textsOf, upscaleOf } from './gallery-form.ts'
import { differences } from './known.ts'
import { type Preflight, type PreflightDeps, preflightOf } from './preflight.ts'
import { recipeOfFile } from './recipe-of-file.ts'
import { type RendersDeps, repeatArtifact, startRender } from './renders.ts'
import { upscaleChoices } from './upscale-choices.ts'
import { upscaleArtifact } from './upscales.ts'

export interface GalleryRoutesDeps extends RendersDeps, ShellDeps, PreflightDeps {
  read: Reader
  guard: Guard
  live: LiveJobs
  /** What the form offers. */
  choices(): { models: { id: string; label: string }[]; clips: ClipChoices; tiers: { id: string; label: string }[] }
}

const Query = z.object({
  function: z.string().max(100).optional(),
  /** Empty: those of engines without one. */
  model: z
    .string()
    .max(200)
    .optional()
    .transform((model) => (model === 'any' ? undefined : model)),
  cursor: z.string().max(100).optional(),
  /** A file of the project, with whose parameters the form is filled. */
  from: z.string().max(1_024).optional(),
  /** What has just been deleted, to be brought back. */
  deleted: z.string().max(64).optional(),
})
const With = z.object({ with: z.union([z.string().max(64), z.array(z.string().max(64))]).optional() })

/** The pages of what was rendered. */
export function galleryRoutes(deps: GalleryRoutesDeps) {
  return new Elysia().use(deps.guard).use(galleries(deps)).use(artifactPages(deps))
}

function galleries(deps: GalleryRoutesDeps) {
  const { read } = deps
  return new Elysia()
    .use(deps.guard)
    .get('/gallery', ({ request, query, actor }) => gallery(deps, request, actor, { query }), { query: Query })
    .get('/gallery/now', async () =>
      fragment('studio/_rendering', { rendering: await onTheWay(deps), at: '/gallery/now' }),
    )
    .get(
      '/projects/:id/gallery',
      async ({ request, params, query: { from, ...query }, actor }) => {
        const project = await projectById(read, params.id)
        const filled = from ? await filledFrom(deps, project, from) : {}
        return gallery(deps, request, actor, { query, project, ...filled })
      },
      { query: Query },
    )
    .get('/projects/:id/gallery/now', async ({ params }) => {
      const { id } = await projectById(read, params.id)
      const at = `/projects/${id}/gallery/now`
      return fragment('studio/_rendering', { rendering: await onTheWay(deps, id), at })
    })
    .post(
      '/projects/:id/renders',
      async ({ request, params, body, actor }) => {
        const project = await projectById(read, params.id)
        try {
          await startRender(deps, project.id, renderOf(body), `person:${actor.id}`)
        } catch (error) {
          if (!(error instanceof DomainError)) throw error
          return gallery(deps, request, actor, { query: {}, project, form: textsOf(body), error })
        }
        return seeOther(`/projects/${project.id}/gallery`)
      },
      { body: RenderForm },
    )
    .post(
      '/projects/:id/renders/preflight',
      async ({ request, params, body, actor }) => {
        const project = await projectById(read, params.id)
        const shown = { query: {}, project, form: textsOf(body) }
        try {
          const found = await preflightOf(deps, renderOf(body), project)
          return gallery(deps, request, actor, { ...shown, preflight: found })
        } catch (error) {
          if (!(error instanceof DomainError)) throw error
          return gallery(deps, request, actor, { ...shown, error })
        }
      },
      { body: RenderForm },
    )
    .get(
      '/compare',
      async ({ request, query, actor }) => {
        const ids = [query.with ?? []].flat().slice(0, 2)
        const both = []
        for (const id of ids) both.push(await artifactById(read, id))
        const [one, other] = both
        const differs = one && other ? differences(one, other) : []
        const shell = await shellFor(deps, actor, 'Compare')
        return page(request, 'studio/compare', { shell, shots: both.map((each) => shotOf(each, '')), differs })
      },
      { query: With },
    )
}

/** The form with the parameters of a file, or why it has none. */
async function filledFrom(
  deps: GalleryRoutesDeps,
  { id }: Project,
  path: string,
): Promise<Pick<Shown, 'form' | 'error'>> {
  try {
    return { form: fieldsOfRecipe(await recipeOfFile(deps, id, path)) }
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return { error }
  }
}

interface Shown {
  query: Partial<z.infer<typeof Query>>
  project?: Project
  form?: FormFields
  error?: DomainError
  preflight?: Preflight
}

async function gallery(
  deps: GalleryRoutesDeps,
  request: Request,
  actor: Actor,
  { query, project, form = {}, error, preflight }: Shown,
): Promise<Response> {
  const title = project ? `Gallery · ${project.title}` : 'Gallery'
  const at = project ? `/projects/${project.id}/gallery` : '/gallery'
  const { deleted, ...which } = query
  const view = await galleryPage(deps, { ...which, project: project?.id })
  return page(
    request,
    'studio/gallery',
    {
      shell: await shellFor(deps, actor, title, project?.id),
      ...view,
      project: project ? { id: project.id, title: project.title } : null,
      at,
      form,
      choices: deps.choices(),
      deleted: deleted ? await deletedShot(deps.read, deleted) : null,
      error: error ?? null,
      preflight: preflight ?? null,
    },
    { status: error ? statusOf(error) : 200 },
  )
}

/** Null where it is there again. */
async function deletedShot(read: Reader, id: string) {
  const artifact = await artifactById(read, id)
  return (await standingOf(read, artifact)) === 'deleted' ? shotOf(artifact, '') : null
}

function artifactPages(deps: GalleryRoutesDeps) {
  const { read } = deps
  const shown = async (request: Request, actor: Actor, id: string, error?: DomainError) => {
    const view = await artifactPage(read, id)
    const { artifact, shot } = view
    const data = {
      ...view,
      shell: await shellFor(deps, actor, shot.title, artifact.project),
      form: fieldsOf(artifact),
      choices: deps.choices(),
      upscale: upscaleChoices(deps, artifact),
      error: error ?? null,
    }
    return page(request, 'studio/artifact', data, { status: error ? statusOf(error) : 200 })
  }
  return new Elysia()
    .use(deps.guard)
    .get('/artifacts/:id', ({ request, params, actor }) => shown(request, actor, params.id))
    .post('/artifacts/:id/repetitions', async ({ request, params, actor }) => {
      const { project } = await artifactById(read, params.id)
      try {
        await repeatArtifact(deps, params.id, { anyway: false }, `person:${actor.id}`)
      } catch (error) {
        if (!(error instanceof DomainError)) throw error
        return shown(request, actor, params.id, error)
      }
      return seeOther(`/projects/${project}/gallery`)
    })
    .post(
      '/artifacts/:id/upscales',
      async ({ request, params, body, actor }) => {
        const { project } = await artifactById(read, params.id)
        try {
          await upscaleArtifact(deps, params.id, upscaleOf(body), `person:${actor.id}`)
        } catch (error) {
          if (!(error instanceof DomainError)) throw error
          return shown(request, actor, params.id, error)
        }
        return seeOther(`/projects/${project}/gallery`)
      },
      { body: RenderForm, transform: async ({ params }) => void (await artifactById(read, params.id)) },
    )
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } })
}

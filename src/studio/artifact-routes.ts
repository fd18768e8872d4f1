import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Reader } from '../db/open.ts'
import { Invalid, NotFound } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import { projectById } from '../projects/projects.ts'
import type { Guard } from '../web/guard.ts'
import { contentResponse } from '../workspace/ranges.ts'
import { disposition } from '../workspace/urls.ts'
import { STUDIO_SAYS } from './answers.ts'
import { artifactJson } from './artifact-view.ts'
import { artifactById, listArtifacts } from './artifacts.ts'
import { endingOf, shownAs } from './kinds.ts'
import { recipe } from './recipe.ts'
import { type RendersDeps, repeatArtifact, startAgain, startAlbum, startRender } from './renders.ts'
import { newRender } from './request.ts'
import type { Artifact } from './tables.ts'
import { upscaleArtifact } from './upscales.ts'

export interface ArtifactRoutesDeps extends RendersDeps {
  read: Reader
  guard: Guard
  blobs: Blobs
}

const Listed = z.object({
  function: z.string().max(100).optional(),
  /** Empty: those of engines without one. */
  model: z.string().max(200).optional(),
  job: z.string().max(64).optional(),
  limit: z.coerce.number('takes a number from 1 to 200').int().min(1).max(200).default(50),
  cursor: z.string().max(100).optional(),
})
const ListedAll = Listed.extend({ project: z.string().max(64).optional() })
const Album = z.object({
  title: z.string('takes a text').max(200).optional(),
  request: newRender.shape.request.optional(),
  /** Of an upscale: the artifact that is made larger, in its own project. */
  parent: z.string().max(64).optional(),
})
const { scale, model, engine, tier } = newRender.shape.request.shape
const Upscale = z.object({ scale, model, engine, tier }).nullish()
const Again = z.object({
  recipe,
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'takes a sha256')
    .optional(),
  project: z.string().max(64).optional(),
  anyway: z.boolean('takes true or false').default(false),
})
const Repeated = z.object({ anyway: z.boolean('takes true or false').default(false) }).nullish()

/** The API of what is rendered: asking for it, and what became of it. */
export function artifactRoutes(deps: ArtifactRoutesDeps) {
  return new Elysia().use(deps.guard).use(asking(deps)).use(looking(deps))
}

function asking(deps: ArtifactRoutesDeps) {
  const mustBeProject = async ({ params }: { params: { id: string } }) => void (await projectById(deps.read, params.id))
  const mustBe = async ({ params }: { params: { id: string } }) => void (await artifactById(deps.read, params.id))
  return new Elysia()
    .use(deps.guard)
    .post(
      '/api/projects/:id/renders',
      async ({ params, body, actor, set }) => {
        set.status = 201
        return { job: await startRender(deps, params.id, body, `person:${actor.id}`) }
      },
      { body: newRender, transform: mustBeProject, ...STUDIO_SAYS.render },
    )
    .post(
      '/api/renders',
      async ({ body: { title, request, parent }, actor, set }) => {
        const by = `person:${actor.id}`
        if (request?.function === 'upscale') {
          const job = await upscaleArtifact(deps, mustBeNamed(parent), request, by)
          set.status = 201
          return { project: job.scope!, job }
        }
        const { id } = await startAlbum(deps, title || request?.prompt || 'Pictures', by)
        set.status = 201
        return { project: id, job: request ? await startRender(deps, id, { request, inputs: {} }, by) : null }
      },
      { body: Album, ...STUDIO_SAYS.album },
    )
    .post(
      '/api/repetitions',
      async ({ body, actor, set }) => {
        const { project, job, original } = await startAgain(deps, body, `person:${actor.id}`)
        set.status = 201
        return { project: project.id, job, original: original?.id ?? null }
      },
      { body: Again, ...STUDIO_SAYS.again },
    )
    .post(
      '/api/artifacts/:id/repetitions',
      async ({ params, body, actor, set }) => {
        set.status = 201
        return { job: await repeatArtifact(deps, params.id, { anyway: body?.anyway ?? false }, `person:${actor.id}`) }
      },
      { body: Repeated, transform: mustBe, ...STUDIO_SAYS.repeat },
    )
    .post(
      '/api/artifacts/:id/upscales',
      async ({ params, body, actor, set }) => {
        set.status = 201
        return { job: await upscaleArtifact(deps, params.id, body ?? {}, `person:${actor.id}`) }
      },
      { body: Upscale, transform: mustBe, ...STUDIO_SAYS.upscale },
    )
}

function looking(deps: ArtifactRoutesDeps) {
  const { read } = deps
  const list = async (query: z.infer<typeof ListedAll>) => {
    const { items, nextCursor } = await listArtifacts(read, query)
    return { items: items.map(({ projectTitle: _, ...item }) => artifactJson(item)), nextCursor }
  }
  return new Elysia()
    .use(deps.guard)
    .get(
      '/api/projects/:id/artifacts',
      async ({ params, query }) => list({ ...query, project: (await projectById(read, params.id)).id }),
      { query: Listed, ...STUDIO_SAYS.list },
    )
    .get('/api/artifacts', ({ query }) => list(query), { query: ListedAll, ...STUDIO_SAYS.listAll })
    .get(
      '/api/artifacts/:id',
      async ({ params }) => ({ artifact: artifactJson(await artifactById(read, params.id)) }),
      STUDIO_SAYS.get,
    )
    .get(
      '/api/artifacts/:id/content',
      async ({ params, request }) => {
        const artifact = await artifactById(read, params.id)
        return served(deps.blobs, request, artifact, artifact.hash, artifact.mediaType)
      },
      STUDIO_SAYS.content,
    )
    .get(
      '/api/artifacts/:id/poster',
      async ({ params, request }) => {
        const artifact = await artifactById(read, params.id)
        if (!artifact.poster) throw new NotFound('poster', params.id)
        const blob = await deps.blobs.open(artifact.poster)
        return served(deps.blobs, request, artifact, artifact.poster, pictureType(await blob.slice(0, 4).bytes()))
      },
      STUDIO_SAYS.poster,
    )
}

function mustBeNamed(parent: string | undefined): string {
  if (parent) return parent
  throw new Invalid('invalid_input', 'An upscale begins with a picture: name the artifact as “parent”.', {
    context: { field: 'parent' },
  })
}

/** Bytes that never change under this address. An engine's output is shown only where it can do nothing. */
async function served(blobs: Blobs, request: Request, { path }: Artifact, hash: string, mediaType: string) {
  const content = await blobs.open(hash)
  const shown = shownAs(mediaType) !== 'other' && endingOf(mediaType) !== 'bin'
  return contentResponse(request, content, {
    etag: `"${hash.slice(0, 32)}"`,
    'cache-control': 'private, max-age=31536000, immutable',
    'content-type': shown ? mediaType : 'application/octet-stream',
    'content-disposition': disposition(shown ? 'inline' : 'attachment', path),
    'content-length': String(content.size),
    'content-security-policy': "sandbox; default-src 'none'",
    'x-content-type-options': 'nosniff',
  })
}

function pictureType([first]: Uint8Array): string {
  if (first === 0xff) return 'image/jpeg'
  return first === 0x89 ? 'image/png' : 'image/webp'
}

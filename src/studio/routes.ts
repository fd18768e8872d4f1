import { join } from 'node:path'
import { and, eq } from 'drizzle-orm'
import { Elysia } from 'elysia'
import { z } from 'zod'
import type { Reader } from '../db/open.ts'
import { NotFound } from '../errors.ts'
import { mediaTypeOf } from '../files/languages.ts'
import { readPlain } from '../gpu/plain.ts'
import { rawUrl } from '../workspace/urls.ts'
import { type ArtifactRoutesDeps, artifactRoutes } from './artifact-routes.ts'
import { binRoutes } from './bin-routes.ts'
import { type GalleryRoutesDeps, galleryRoutes } from './gallery-routes.ts'
import { type PreflightRoutesDeps, preflightRoutes } from './preflight-routes.ts'
import { artifacts } from './tables.ts'

export interface StudioRoutesDeps extends ArtifactRoutesDeps, GalleryRoutesDeps, PreflightRoutesDeps {
  /** The folder of all attempts. */
  attempts: string
}

/** A preview has 512 pixels a side: what is larger is none. */
const MOST_PREVIEW_BYTES = 8 * 1024 ** 2

const Preview = z.object({
  id: z.string().regex(/^[\w-]{1,64}$/),
  attempt: z.coerce.number().int().min(1),
  file: z.string().regex(/^\d{1,6}\.(png|jpe?g|webp)$/),
})

/** Pictures and clips: asking for them, what they look like while they are rendered, and what was made. */
export function studioRoutes(deps: StudioRoutesDeps) {
  return new Elysia()
    .use(deps.guard)
    .use(preflightRoutes(deps))
    .use(artifactRoutes(deps))
    .use(binRoutes(deps))
    .use(galleryRoutes(deps))
    .use(previewRoutes(deps))
}

function previewRoutes({ guard, read, attempts }: StudioRoutesDeps) {
  return new Elysia().use(guard).get('/jobs/:id/previews/:attempt/:file', async ({ params }) => {
    const known = Preview.safeParse(params)
    if (!known.success) throw new NotFound('preview', params.file)
    const { id, attempt, file } = known.data
    const picture = readPlain(attempts, join(id, String(attempt), 'previews', file), MOST_PREVIEW_BYTES)
    if (!picture) return toFinished(read, id, file)
    return new Response(picture, {
      headers: { 'content-type': mediaTypeOf(file), 'cache-control': 'private, max-age=3600, immutable' },
    })
  })
}

/** The previews go when the picture is finished: a page that shows the last one gets the picture itself. */
async function toFinished(read: Reader, job: string, file: string): Promise<Response> {
  const [made] = await read
    .select()
    .from(artifacts)
    .where(and(eq(artifacts.job, job), eq(artifacts.n, 1)))
  if (!made) throw new NotFound('preview', file)
  return new Response(null, {
    status: 302,
    headers: { location: rawUrl(made.project, made.path), 'cache-control': 'no-store' },
  })
}

import { Elysia } from 'elysia'
import type { Guard } from '../web/guard.ts'
import { STUDIO_SAYS } from './answers.ts'
import { artifactUrl } from './artifact-view.ts'
import { artifactById } from './artifacts.ts'
import { bringBackArtifact, deleteArtifact } from './bin.ts'
import type { RendersDeps } from './renders.ts'

export interface BinRoutesDeps extends RendersDeps {
  guard: Guard
}

/** Deleting a picture or clip, and bringing it back: by the API and by the forms of its page. */
export function binRoutes(deps: BinRoutesDeps) {
  return new Elysia()
    .use(deps.guard)
    .delete(
      '/api/artifacts/:id',
      async ({ params, actor }) => {
        await deleteArtifact(deps, params.id, `person:${actor.id}`)
        return new Response(null, { status: 204 })
      },
      STUDIO_SAYS.remove,
    )
    .post(
      '/api/artifacts/:id/restoration',
      async ({ params, actor }) => {
        await bringBackArtifact(deps, params.id, `person:${actor.id}`)
        return new Response(null, { status: 204 })
      },
      STUDIO_SAYS.restore,
    )
    .post('/artifacts/:id/deletion', async ({ params, actor }) => {
      const { project, id } = await deleteArtifact(deps, params.id, `person:${actor.id}`)
      return seeOther(`/projects/${project}/gallery?deleted=${id}`)
    })
    .post('/artifacts/:id/restoration', async ({ params, actor }) => {
      const { id } = await artifactById(deps.db.read, params.id)
      await bringBackArtifact(deps, id, `person:${actor.id}`)
      return seeOther(artifactUrl(id))
    })
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } })
}

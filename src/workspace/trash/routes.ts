import { Elysia } from 'elysia'
import { z } from 'zod'
import { DomainError } from '../../errors.ts'
import { type ProjectsDeps, projectById } from '../../projects/projects.ts'
import { type ShellDeps, shellFor } from '../../projects/shell.ts'
import type { Actor, Guard } from '../../web/guard.ts'
import { page } from '../../web/page.ts'
import { versionIn } from '../../web/versions.ts'
import { TRASH_SAYS } from './answers.ts'
import { deleteProject, restoreProject, restoreThing, trashedProjects, trashOf } from './trash.ts'

export interface TrashRoutesDeps extends ProjectsDeps, ShellDeps {
  guard: Guard
  /** Days after which the trash is emptied; 0: never. */
  trashDays: number
}

const Thing = z.object({ entity: z.enum(['task', 'file']), id: z.string().min(1).max(1_024) })

/** Deleting and bringing back. */
export function trashRoutes(deps: TrashRoutesDeps) {
  return new Elysia().use(trashApi(deps)).use(trashPages(deps))
}

/** Before its body is looked at: whoever names no project hears of that. */
function ofProject({ read }: TrashRoutesDeps) {
  return { transform: async ({ params }: { params: { id: string } }) => void (await projectById(read, params.id)) }
}

function trashApi(deps: TrashRoutesDeps) {
  return new Elysia({ prefix: '/api' })
    .use(deps.guard)
    .get('/trash', async () => ({ items: await trashedProjects(deps.read) }), TRASH_SAYS.projects)
    .get(
      '/projects/:id/trash',
      async ({ params }) => ({ items: await trashOf(deps.read, (await projectById(deps.read, params.id)).id) }),
      TRASH_SAYS.things,
    )
    .delete(
      '/projects/:id',
      async ({ params, request, actor }) => {
        const author = { by: personOf(actor), baseVersion: versionIn(request) }
        return { change: (await deleteProject(deps, params.id, author)).id }
      },
      TRASH_SAYS.remove,
    )
    .post(
      '/projects/:id/restoration',
      async ({ params, actor, set }) => {
        set.status = 201
        return { change: (await restoreProject(deps, params.id, personOf(actor))).id }
      },
      TRASH_SAYS.restore,
    )
    .post(
      '/projects/:id/trash/restorations',
      async ({ params, body, actor, set }) => {
        const change = await restoreThing(deps, params.id, body, personOf(actor))
        set.status = 201
        return { change: change.id }
      },
      { body: Thing, ...ofProject(deps), ...TRASH_SAYS.restoreThing },
    )
}

function trashPages(deps: TrashRoutesDeps) {
  const { read, trashDays } = deps
  const projectTrash = async (request: Request, actor: Actor, id: string, error?: DomainError) => {
    const { title } = await projectById(read, id)
    const shell = await shellFor(deps, actor, `Trash · ${title}`, id)
    const things = await trashOf(read, id)
    return page(request, 'workspace/trash', { shell, project: { id, title }, things, trashDays, error: error ?? null })
  }
  return new Elysia()
    .use(deps.guard)
    .get('/trash', async ({ request, actor }) => {
      const shell = await shellFor(deps, actor, 'Trash')
      const things = await trashedProjects(read)
      return page(request, 'workspace/trash', { shell, project: null, things, trashDays, error: null })
    })
    .get('/projects/:id/trash', ({ request, params, actor }) => projectTrash(request, actor, params.id))
    .post('/projects/:id/deletion', async ({ params, actor }) => {
      await deleteProject(deps, params.id, { by: personOf(actor) })
      return seeOther('/trash')
    })
    .post('/projects/:id/restoration', async ({ params, actor }) => {
      await restoreProject(deps, params.id, personOf(actor))
      return seeOther(`/projects/${params.id}`)
    })
    .post(
      '/projects/:id/trash/restorations',
      async ({ request, params, body, actor }) => {
        try {
          await restoreThing(deps, params.id, body, personOf(actor))
          return seeOther(`/projects/${params.id}/trash`)
        } catch (error) {
          if (!(error instanceof DomainError)) throw error
          return projectTrash(request, actor, params.id, error)
        }
      },
      { body: Thing, ...ofProject(deps) },
    )
}

function personOf({ id }: Actor): string {
  return `person:${id}`
}

function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } })
}

import { Elysia } from 'elysia'
import { z } from 'zod'
import { projectById } from '../../projects/projects.ts'
import type { TasksDeps } from '../../projects/tasks.ts'
import type { Actor, Guard } from '../../web/guard.ts'
import { isPartial } from '../../web/page.ts'
import { WISH_SAYS } from './answers.ts'
import { applyWish, discardWish, undoWish, wishById, wishFor, wishViews } from './wishes.ts'

export interface WishRoutesDeps extends TasksDeps {
  guard: Guard
}

const WishBody = z.object({ text: z.string('takes a text').default('') })
const ListQuery = z.object({ limit: z.coerce.number('takes a number from 1 to 100').int().min(1).max(100).default(20) })

/** All that wishes for a plan answer to. */
export function wishRoutes(deps: WishRoutesDeps) {
  return new Elysia().use(wishApi(deps)).use(wishForms(deps))
}

function wishApi(deps: WishRoutesDeps) {
  return new Elysia({ prefix: '/api' })
    .use(deps.guard)
    .get(
      '/projects/:id/task-wishes',
      async ({ params, query }) => {
        const { id } = await projectById(deps.db.read, params.id)
        return { items: await wishViews(deps.db.read, id, query.limit) }
      },
      { query: ListQuery, ...WISH_SAYS.list },
    )
    .post(
      '/projects/:id/task-wishes',
      async ({ params, body, actor, set }) => {
        const { wish, job } = await wishFor(deps, { project: params.id, text: body.text, by: personOf(actor) })
        set.status = 201
        return { wish: wish.id, job }
      },
      { body: WishBody, ...WISH_SAYS.ask },
    )
    .post(
      '/task-wishes/:id/application',
      async ({ params, actor, set }) => {
        const { id, state } = await applyWish(deps, params.id, personOf(actor))
        set.status = 201
        return { id, state }
      },
      WISH_SAYS.apply,
    )
    .post(
      '/task-wishes/:id/dismissal',
      async ({ params, actor, set }) => {
        const { id, state } = await discardWish(deps, params.id, personOf(actor))
        set.status = 201
        return { id, state }
      },
      WISH_SAYS.discard,
    )
    .post(
      '/task-wishes/:id/reversal',
      async ({ params, actor, set }) => {
        const undone = await undoWish(deps, params.id, personOf(actor))
        set.status = 201
        return { change: undone.id }
      },
      WISH_SAYS.undo,
    )
}

/** What a button of the page creates, and what that does to the wish. */
const DECISIONS = { application: applyWish, dismissal: discardWish, reversal: undoWish } as const

function wishForms(deps: WishRoutesDeps) {
  const app = new Elysia().use(deps.guard).post(
    '/projects/:id/task-wishes',
    async ({ params, body, actor, request }) => {
      await wishFor(deps, { project: params.id, text: body.text, by: personOf(actor) })
      return backTo(params.id, request)
    },
    { body: WishBody },
  )
  for (const [noun, decideOn] of Object.entries(DECISIONS))
    app.post(`/task-wishes/:id/${noun}`, async ({ params, actor, request }) => {
      const { project } = await wishById(deps.db.read, params.id)
      await decideOn(deps, params.id, personOf(actor))
      return backTo(project, request)
    })
  return app
}

/** Without script back to the page; with it the page's stream brings what has changed. */
function backTo(project: string, request: Request): Response {
  if (isPartial(request)) return new Response(null, { status: 204 })
  return new Response(null, { status: 303, headers: { location: `/projects/${project}#wishes` } })
}

function personOf({ id }: Actor): string {
  return `person:${id}`
}

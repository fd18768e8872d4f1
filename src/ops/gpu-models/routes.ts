import { Elysia } from 'elysia'
import type { Actor, Guard } from '../../web/guard.ts'
import type { PageData } from '../../web/page.ts'
import { WEIGHTS_SAY } from './answers.ts'
import { AddBody, acceptAs, addAs, checkAs, FetchBody, fetchAs, mayManage, removeAs } from './deeds.ts'
import { gpuModelPages } from './page-routes.ts'
import { type GpuModelsDeps, gpuModelView, gpuModelViews } from './view.ts'

export interface GpuModelRoutesDeps extends GpuModelsDeps {
  door: Guard
  /** What the layout draws around a page of this person. */
  shell: (actor: Actor, title: string) => Promise<PageData['shell']>
}

/** The page of models for pictures and clips, and the API. Everybody may look; all else is for the owner. */
export const gpuModelRoutes = (deps: GpuModelRoutesDeps) =>
  new Elysia({ name: 'gpu-models' }).use(deps.door).use(api(deps)).use(gpuModelPages(deps))

const api = (deps: GpuModelRoutesDeps) =>
  new Elysia({ prefix: '/api/gpu/models' })
    .use(deps.door)
    .get(
      '/',
      async ({ actor }) => ({ items: await gpuModelViews(deps, asPerson(actor)), ...around(deps) }),
      WEIGHTS_SAY.list,
    )
    .post(
      '/',
      async ({ actor, body, set }) => {
        const job = await addAs(deps, body, mayManage(actor))
        set.status = 202
        return { job }
      },
      { body: AddBody, ...WEIGHTS_SAY.add },
    )
    .post(
      '/looks',
      async ({ actor }) => {
        mayManage(actor)
        await deps.modelStore.scan()
        return { installed: deps.modelStore.installed().length, left: deps.modelStore.left().length }
      },
      WEIGHTS_SAY.look,
    )
    .get(
      '/:family/:name',
      async ({ actor, params }) => ({ model: await gpuModelView(deps, idOf(params), asPerson(actor)) }),
      WEIGHTS_SAY.get,
    )
    .delete(
      '/:family/:name',
      async ({ actor, params }) => {
        await removeAs(deps, idOf(params), mayManage(actor))
        return new Response(null, { status: 204 })
      },
      WEIGHTS_SAY.remove,
    )
    .post(
      '/:family/:name/licence',
      async ({ actor, params, set }) => {
        await acceptAs(deps, idOf(params), mayManage(actor))
        set.status = 201
        return { model: await gpuModelView(deps, idOf(params), asPerson(actor)) }
      },
      WEIGHTS_SAY.accept,
    )
    .post(
      '/:family/:name/download',
      async ({ actor, params, body, set }) => {
        const job = await fetchAs(deps, idOf(params), mayManage(actor), body?.acceptLicence ?? false)
        set.status = 202
        return { job }
      },
      { body: FetchBody, ...WEIGHTS_SAY.fetch },
    )
    .post(
      '/:family/:name/check',
      async ({ actor, params, set }) => {
        const job = await checkAs(deps, idOf(params), mayManage(actor))
        set.status = 202
        return { job }
      },
      WEIGHTS_SAY.check,
    )

export function idOf({ family, name }: { family: string; name: string }): string {
  return `${family}/${name}`
}

export function asPerson(actor: Actor): string {
  return `person:${actor.id}`
}

function around({ modelStore }: GpuModelRoutesDeps) {
  return { left: modelStore.left(), folders: modelStore.folders }
}

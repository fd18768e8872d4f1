import { Elysia } from 'elysia'
import { TABLE_DATE } from '../../llm/model-table.ts'
import type { Actor, Guard } from '../../web/guard.ts'
import type { PageData } from '../../web/page.ts'
import { MODELS_SAY } from './answers.ts'
import { AddressBody, KeyBody, NewServerBody, SettingsBody } from './forms.ts'
import { modelPages } from './page-routes.ts'
import { addAndTry, keepAndTry, mayManage, moveAndTry, setAll, tryProvider } from './settings.ts'
import { chainViews, modelViews, providerView, providerViews, type ViewDeps } from './view.ts'

export interface ModelRoutesDeps extends ViewDeps {
  door: Guard
  /** What the layout draws around a page of this person. */
  shell: (actor: Actor, title: string) => Promise<PageData['shell']>
}

/** The page of models and its forms, and the API. All but the list of models is for the owner. */
export const modelRoutes = (deps: ModelRoutesDeps) =>
  new Elysia({ name: 'models' }).use(deps.door).use(modelApi(deps)).use(providerApi(deps)).use(modelPages(deps))

const modelApi = (deps: ModelRoutesDeps) =>
  new Elysia({ prefix: '/api/models' })
    .use(deps.door)
    .get('/', () => ({ items: modelViews(deps), tableDate: TABLE_DATE }), MODELS_SAY.list)
    .get(
      '/settings',
      ({ actor }) => {
        mayManage(actor)
        return settings(deps)
      },
      MODELS_SAY.settings,
    )
    .put(
      '/settings',
      async ({ actor, body }) => {
        await setAll(deps, body.chains, body.overrides, mayManage(actor))
        return settings(deps)
      },
      { body: SettingsBody, ...MODELS_SAY.set },
    )
    .get(
      '/offers',
      async ({ actor }) => {
        mayManage(actor)
        return { items: await deps.reach.look() }
      },
      MODELS_SAY.offers,
    )

const providerApi = (deps: ModelRoutesDeps) =>
  new Elysia({ prefix: '/api/models/providers' })
    .use(deps.door)
    .get(
      '/',
      async ({ actor }) => {
        mayManage(actor)
        return { items: await providerViews(deps) }
      },
      MODELS_SAY.providers,
    )
    .post(
      '/',
      async ({ actor, body, set }) => {
        await addAndTry(deps, body, mayManage(actor))
        set.status = 201
        return shown(deps, body.name.trim())
      },
      { body: NewServerBody, ...MODELS_SAY.add },
    )
    .put(
      '/:provider',
      async ({ actor, params, body }) => {
        await moveAndTry(deps, params.provider, body, mayManage(actor))
        return shown(deps, params.provider)
      },
      { body: AddressBody, ...MODELS_SAY.move },
    )
    .delete(
      '/:provider',
      async ({ actor, params }) => {
        await deps.setup.removeServer(params.provider, mayManage(actor))
        return new Response(null, { status: 204 })
      },
      MODELS_SAY.remove,
    )
    .put(
      '/:provider/key',
      async ({ actor, params, body }) => {
        await keepAndTry(deps, params.provider, body.key, mayManage(actor))
        return shown(deps, params.provider)
      },
      { body: KeyBody, ...MODELS_SAY.keepKey },
    )
    .delete(
      '/:provider/key',
      async ({ actor, params }) => {
        await deps.setup.forgetKey(params.provider, mayManage(actor))
        return new Response(null, { status: 204 })
      },
      MODELS_SAY.forgetKey,
    )
    .post(
      '/:provider/tries',
      async ({ actor, params, set }) => {
        mayManage(actor)
        set.status = 201
        const { ok, says, models, at } = await tryProvider(deps, params.provider)
        return { ok, says, models, at }
      },
      MODELS_SAY.try,
    )

async function shown(deps: ModelRoutesDeps, provider: string) {
  return { provider: await providerView(deps, deps.setup.place(provider)) }
}

function settings(deps: ModelRoutesDeps) {
  return { chains: chainViews(deps), overrides: deps.setup.current.overrides, tableDate: TABLE_DATE }
}

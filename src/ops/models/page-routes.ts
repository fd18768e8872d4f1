import { Elysia } from 'elysia'
import { z } from 'zod'
import { DomainError } from '../../errors.ts'
import { sourceOf, TABLE_DATE } from '../../llm/model-table.ts'
import { PURPOSES } from '../../llm/provider.ts'
import type { Actor } from '../../web/guard.ts'
import { page } from '../../web/page.ts'
import { statusOf } from '../../web/problems.ts'
import { AddressBody, checked, factsTyped, KeyBody, NewServerBody } from './forms.ts'
import type { ModelRoutesDeps } from './routes.ts'
import { addAndTry, keepAndTry, mayManage, moveAndTry, setAll, tryProvider, useOffer } from './settings.ts'
import { chainViews, modelViews, providerViews } from './view.ts'

/** What a form does to one provider, by the noun that it creates. */
const FORMS: Record<string, (deps: ModelRoutesDeps, provider: string, by: string, body: unknown) => Promise<unknown>> =
  {
    key: (deps, provider, by, body) => keepAndTry(deps, provider, checked(KeyBody, body).key, by),
    'key-removal': (deps, provider, by) => deps.setup.forgetKey(provider, by),
    address: (deps, provider, by, body) => moveAndTry(deps, provider, checked(AddressBody, body), by),
    removal: (deps, provider, by) => deps.setup.removeServer(provider, by),
    tries: (deps, provider) => tryProvider(deps, provider),
  }

const ChainForm = z.object({
  purpose: z.enum(PURPOSES),
  models: z.union([z.string(), z.array(z.string())]).default([]),
})
const OfferForm = z.object({ baseUrl: z.string().optional() })

/** The page of models, which works without script: each form leads back to the part of the page that it was about. */
export function modelPages(deps: ModelRoutesDeps) {
  const app = new Elysia()
    .use(deps.door)
    .get('/models', ({ actor, request, query }) => modelsPage(deps, request, actor, { model: query.model ?? '' }), {
      query: z.object({ model: z.string().max(300).optional() }),
    })
    .post('/models/providers', ({ actor, request, body }) =>
      answered(deps, request, actor, '#own', async (by) => {
        const asked = checked(NewServerBody, body)
        await addAndTry(deps, asked, by)
        return `#provider-${asked.name.trim()}`
      }),
    )
    .post('/models/looks', ({ actor, request }) => answered(deps, request, actor, '#offers', () => deps.reach.look()))
    .post('/models/offers', ({ actor, request, body }) =>
      answered(deps, request, actor, '#offers', (by) => useOffer(deps, checked(OfferForm, body).baseUrl, by)),
    )
    .post('/models/chains', ({ actor, request, body }) =>
      answered(deps, request, actor, '#chains', (by) => {
        const { purpose, models } = checked(ChainForm, body)
        return setAll(deps, { [purpose]: [models].flat() }, {}, by)
      }),
    )
    .post('/models/facts', ({ actor, request, body }) =>
      answered(deps, request, actor, '#facts', async (by) => {
        const { model, facts } = factsTyped(body)
        await setAll(deps, {}, { [model]: facts }, by)
      }),
    )
  for (const [noun, act] of Object.entries(FORMS))
    app.post(`/models/providers/:provider/${noun}`, ({ actor, params: { provider }, request, body }) => {
      mayManage(actor)
      deps.setup.place(provider)
      return answered(deps, request, actor, `#provider-${provider}`, (by) => act(deps, provider, by, body))
    })
  return app
}

/** Back to the page, at the part that it was about; or the page with what was wrong. What was typed as a key is not repeated. */
async function answered(
  deps: ModelRoutesDeps,
  request: Request,
  actor: Actor,
  part: string,
  act: (by: string) => Promise<unknown>,
): Promise<Response> {
  const by = mayManage(actor)
  try {
    const elsewhere = await act(by)
    const at = typeof elsewhere === 'string' ? elsewhere : part
    return new Response(null, { status: 303, headers: { location: `/models${at}` } })
  } catch (error) {
    if (error instanceof DomainError) return modelsPage(deps, request, actor, { error })
    throw error
  }
}

async function modelsPage(
  deps: ModelRoutesDeps,
  request: Request,
  actor: Actor,
  { error = null, model = '' }: { error?: DomainError | null; model?: string } = {},
): Promise<Response> {
  mayManage(actor)
  const [shell, providers] = [await deps.shell(actor, 'Models'), await providerViews(deps)]
  const models = modelViews(deps).filter(({ demo }) => !demo)
  const data = {
    shell,
    error,
    providers,
    models,
    offers: deps.reach.offers(),
    chains: chainViews(deps),
    overrides: deps.setup.current.overrides,
    typed: { model, ...deps.setup.current.overrides[model] },
    tableDate: TABLE_DATE,
    sources: providers.flatMap(({ name, label }) => (sourceOf(name) ? [{ label, says: sourceOf(name)! }] : [])),
  }
  return page(request, 'ops/models', data, { status: error ? statusOf(error) : 200 })
}

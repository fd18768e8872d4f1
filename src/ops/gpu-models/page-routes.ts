import { Elysia } from 'elysia'
import { z } from 'zod'
import { DomainError } from '../../errors.ts'
import { FAMILIES } from '../../gpu/models/families.ts'
import { isTerminal } from '../../jobs/state.ts'
import type { Actor } from '../../web/guard.ts'
import { fragment, page } from '../../web/page.ts'
import { statusOf } from '../../web/problems.ts'
import { acceptAs, addAs, checkAs, fetchAs, mayManage, removeAs } from './deeds.ts'
import type { GpuModelRoutesDeps } from './routes.ts'
import { type GpuModelView, gpuModelViews, profileNamed } from './view.ts'

const AddForm = z.object({ url: z.string().max(2_000).default(''), accept: z.string().optional() })
const FetchForm = z.object({ accept: z.string().optional() }).nullish()

/** What a form does to one model, by the noun that it creates. */
const FORMS: Record<string, (deps: GpuModelRoutesDeps, id: string, by: string, accepts: boolean) => Promise<unknown>> =
  {
    download: fetchAs,
    licence: (deps, id, by) => acceptAs(deps, id, by),
    check: (deps, id, by) => checkAs(deps, id, by),
    removal: (deps, id, by) => removeAs(deps, id, by),
  }

/** The page of models, which works without script: each form leads back to the model that it was about. */
export function gpuModelPages(deps: GpuModelRoutesDeps) {
  const app = new Elysia()
    .use(deps.door)
    .get('/gpu/models', ({ actor, request }) => modelsPage(deps, request, actor))
    .get('/gpu/models/work', async ({ actor }) => {
      const { working } = await shown(deps, actor)
      const headers: Record<string, string> = working.length === 0 ? { 'hx-refresh': 'true' } : {}
      return fragment('ops/_gpu_work', { working }, { headers })
    })
    .post('/gpu/models/looks', ({ actor, request }) => answered(deps, request, actor, '', () => deps.modelStore.scan()))
    .post('/gpu/models', ({ actor, request, body }) => {
      const { url, accept } = AddForm.parse(body ?? {})
      return answered(deps, request, actor, '#work', (by) => addAs(deps, { url, acceptLicence: accept === 'yes' }, by))
    })
  for (const [noun, act] of Object.entries(FORMS))
    app.post(`/gpu/models/:family/:name/${noun}`, async ({ actor, params: { family, name }, request, body }) => {
      mayManage(actor)
      await profileNamed(deps, `${family}/${name}`)
      const accepts = FetchForm.parse(body)?.accept === 'yes'
      const part = noun === 'removal' ? '' : `#${anchor(`${family}/${name}`)}`
      return answered(deps, request, actor, part, (by) => act(deps, `${family}/${name}`, by, accepts))
    })
  return app
}

async function answered(
  deps: GpuModelRoutesDeps,
  request: Request,
  actor: Actor,
  part: string,
  act: (by: string) => Promise<unknown>,
): Promise<Response> {
  const by = mayManage(actor)
  try {
    await act(by)
    return new Response(null, { status: 303, headers: { location: `/gpu/models${part}` } })
  } catch (error) {
    if (error instanceof DomainError) return modelsPage(deps, request, actor, error)
    throw error
  }
}

async function modelsPage(
  deps: GpuModelRoutesDeps,
  request: Request,
  actor: Actor,
  error: DomainError | null = null,
): Promise<Response> {
  const { modelStore, hosts, watch } = deps
  const data = {
    shell: await deps.shell(actor, 'Weights'),
    error,
    owner: actor.scopes.includes('admin'),
    ...(await shown(deps, actor)),
    left: modelStore.left(),
    folders: modelStore.folders,
    hosts,
    devices: watch.now(),
    anchor,
  }
  return page(request, 'ops/gpu-models', data, { status: error ? statusOf(error) : 200 })
}

/** The models as the page has them: at work, installed, and to be had, by family. */
async function shown(deps: GpuModelRoutesDeps, actor: Actor) {
  const all = await gpuModelViews(deps, `person:${actor.id}`)
  const atWork = ({ job }: GpuModelView) => job !== null && !isTerminal(job.state)
  const there = all.filter(({ installed }) => installed)
  return {
    working: all.filter(atWork),
    models: there.filter(({ kind }) => kind === 'model'),
    parts: there.filter(({ kind }) => kind !== 'model'),
    offered: [
      ...Map.groupBy(
        all.filter(({ installed, kind }) => !installed && kind === 'model'),
        ({ family }) => FAMILIES[family]?.label ?? family,
      ),
    ],
  }
}

/** The place of a model on the page. */
function anchor(id: string): string {
  return `model-${id.replace(/[^\w-]/g, '_')}`
}

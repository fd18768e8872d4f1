import { DomainError, Invalid } from '../errors.ts'
import type { Blobs } from '../files/blobs.ts'
import type { Device } from '../gpu/devices.ts'
import type { GivenInput } from '../gpu/inputs.ts'
import type { ModelStore } from '../gpu/models/store.ts'
import type { RenderPlan } from '../gpu/plan.ts'
import type { RenderSpec } from '../gpu/render.ts'
import type { Job } from '../jobs/tables.ts'
import type { Order } from './order.ts'

export interface SpecDeps {
  blobs: Blobs
  modelStore: ModelStore
  /** What one step takes at least, ms. */
  stepMs: number
}

/** What a worker is told: the plan, with the model and the files as they lie on this machine. */
export async function specOf(
  deps: SpecDeps,
  job: Job,
  { request, inputs, recipe }: Order,
  plan: RenderPlan,
  { id, name, kind }: Device,
  signal: AbortSignal,
): Promise<RenderSpec> {
  const { loras = [], controlnet } = request
  const scaled = (one: { model: string; scale: number }) => addOn(deps, one, signal)
  const control = recipe?.controlnet ?? (controlnet ? { name: controlnet.model, scale: controlnet.scale } : null)
  return {
    engine: plan.engine,
    function: request.function ?? 'image',
    job: job.id,
    attempt: job.attempt,
    freshAfter: job.freshAfter,
    params: plan.params,
    inputs: await placesOf(deps, inputs),
    model: plan.model ? await modelOf(deps, plan.model, signal) : null,
    loras: await Promise.all(
      (recipe?.loras.map(({ name: model, scale }) => ({ model, scale })) ?? loras).map(async (one) => ({
        ...(await scaled(one)),
        name: one.model,
      })),
    ),
    controlnet: control ? await scaled({ model: control.name, scale: control.scale }) : null,
    memory: plan.memory,
    tier: plan.tier,
    device: { id, name, kind },
    stepMs: plan.model === null ? deps.stepMs : 0, // a model needs no help to be watched
  }
}

async function modelOf({ modelStore }: SpecDeps, id: string, signal: AbortSignal) {
  const { profile, path, parts } = modelStore.model(id)
  const { family, format, scale } = profile
  const sha256 = await modelStore.digest(id, signal)
  return { id, family, format, path, parts, sha256, ...(scale ? { scale } : {}) }
}

async function addOn(
  { modelStore }: SpecDeps,
  { model, scale }: { model: string; scale: number },
  signal: AbortSignal,
) {
  const { path } = modelStore.model(model)
  return { path, sha256: await modelStore.digest(model, signal), scale }
}

/** The files as they are kept: nothing that happens in the project meanwhile reaches them. */
async function placesOf({ blobs }: SpecDeps, inputs: Order['inputs']): Promise<Record<string, GivenInput>> {
  const places: Record<string, GivenInput> = {}
  for (const [role, { path, hash, mediaType }] of Object.entries(inputs)) {
    const from = ((await blobs.open(hash)) as { name?: string }).name
    if (!from)
      throw new Invalid('input_unusable', `“${path}” is a text. Choose a picture or a clip.`, { context: { path } })
    places[role] = { from, sha256: hash, mediaType }
  }
  return places
}

/** A render that failed twice in the same way is not tried a third time. */
export function forGood(error: DomainError): DomainError {
  return new DomainError(error.code, error.message, { context: error.context, cause: error })
}

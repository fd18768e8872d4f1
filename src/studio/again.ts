import { Conflict } from '../errors.ts'
import type { Device } from '../gpu/devices.ts'
import type { EngineSet } from '../gpu/engines.ts'
import type { ModelStore } from '../gpu/models/store.ts'
import type { RenderPlan } from '../gpu/plan.ts'
import type { Recipe } from './recipe.ts'

export interface AgainDeps {
  engines: EngineSet
  modelStore: ModelStore
}

/**
 * What is made again is made as it was: nothing is chosen, and nothing may be lowered.
 * @throws NotFound `unknown_engine`, `unknown_model`; Conflict `recipe_differs`, `gpu_engine_missing`, `gpu_no_model`
 */
export function planAgain(deps: AgainDeps, recipe: Recipe, device: Device, anyway: boolean): RenderPlan {
  const engine = deps.engines.named(recipe.engine)
  const { devices, families } = engine.manifest
  if (engine.missing) throw new Conflict('gpu_engine_missing', engine.missing)
  const works = devices.includes(device.kind) || (families.length === 0 && devices.includes('cpu'))
  if (!works)
    throw new Conflict('gpu_no_model', `${engine.manifest.label} does not work on ${device.name}.`, {
      context: { engine: recipe.engine },
    })
  if (!anyway) refuseOthers(deps, recipe)
  const { tier, params, memory, lowered } = recipe
  return {
    engine: recipe.engine,
    model: recipe.model?.id ?? null,
    tier,
    params,
    memory,
    lowered,
    needBytes: null,
    needFrom: null,
    expect: { loadMs: null, stepMs: null, decodeMs: null, totalMs: null },
    reason: 'Made again by its recipe.',
    rung: 0,
    ahead: [],
  }
}

/** What would not come out the same is not made unasked. */
function refuseOthers({ engines, modelStore }: AgainDeps, { engine, engineVersion, model }: Recipe): void {
  const { version } = engines.named(engine).manifest
  const has = model ? modelStore.model(model.id).sha256 : null
  const changed = [
    ...(version === engineVersion ? [] : [`${engine} is version ${version}, and was ${engineVersion}`]),
    ...(has === (model?.sha256 ?? null) ? [] : [`${model!.id} has other weights than then`]),
  ]
  if (changed.length === 0) return
  throw new Conflict(
    'recipe_differs',
    `It would not be the same picture: ${changed.join('; ')}. Ask for it anyway, or make a new one with its parameters.`,
    { context: { engine, engineVersion, model: model?.id ?? null } },
  )
}

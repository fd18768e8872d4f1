import type { RenderPlan } from './plan.ts'
import type { Choice, PlanFacts } from './planner-facts.ts'
import { memoryKey, sizeClass } from './planner-memory.ts'
import { gb } from './planner-words.ts'
import type { InstalledModel } from './profile.ts'
import type { MemoryPlan, RenderParams } from './spec.ts'

const FROM = {
  learned: 'as it took here before',
  measured: 'measured',
  published: 'as published',
  estimated: 'estimated',
}

/** What would have been better, and does not fit. */
interface Passed {
  plan: RenderPlan
  choice: Choice
}

/** One sentence: why this engine, model and tier on this device. `better`: what was passed over, since it did not fit. */
export function reasonFor(facts: PlanFacts, { engine, model }: Choice, plan: RenderPlan, better?: Passed): string {
  const { device, reserveBytes, request, tier } = facts
  const wish = request.tier ?? tier
  if (!model) {
    const where = device.kind === 'cpu' ? 'there is no graphics card' : `on ${device.name}`
    const why = wish === 'auto' ? `by itself, ${where}` : 'as asked for'
    const honest = request.function === 'upscale' ? ' It makes the picture larger and smooth, and adds no detail.' : ''
    return `${engine.manifest.label} at tier ${plan.tier}, ${why}; it needs no memory of a device.${honest}`
  }
  const what = `${model.profile.label} at tier ${plan.tier}, ${wish === plan.tier ? 'as asked for' : 'the highest that fits'}`
  const need = `needs ${gb(plan.needBytes ?? 0)} (${FROM[plan.needFrom ?? 'estimated']})`
  const has = `of ${gb(device.freeBytes)} free on ${device.name}, less ${gb(reserveBytes)} that are left alone`
  const over = better ? `; ${passedOver(better, plan)} would need ${gb(better.plan.needBytes ?? 0)}` : ''
  return `${what}: ${need} ${has}${over}.`
}

function passedOver(better: Passed, { model, tier }: RenderPlan): string {
  if (better.plan.model !== model) return `${better.choice.model?.profile.label} at tier ${better.plan.tier}`
  return better.plan.tier === tier ? 'without its savings it' : `tier ${better.plan.tier}`
}

/** What was learned of the times of such a render; null where nothing was. */
export function expectedTimes(
  { learned, device, warm }: PlanFacts,
  {
    engine,
    model,
    params,
    memory,
  }: { engine: string; model: InstalledModel | null; params: RenderParams; memory: MemoryPlan },
): RenderPlan['expect'] {
  const key = {
    engine,
    model: model?.profile.id ?? null,
    deviceName: device.name,
    size: sizeClass(params),
    memory: memoryKey(memory),
  }
  const times = learned.times(key, warm ? 'warm' : 'cold') ?? learned.times(key, warm ? 'cold' : 'warm')
  if (!times) return { loadMs: null, stepMs: null, decodeMs: null, totalMs: null }
  const { loadMs, encodeMs, stepMs, decodeMs, saveMs } = times
  const each = stepMs === null ? null : stepMs * params.steps + (decodeMs ?? 0) + (saveMs ?? 0)
  const totalMs = each === null ? null : Math.round((loadMs ?? 0) + (encodeMs ?? 0) + each * params.count)
  return { loadMs, stepMs, decodeMs, totalMs }
}

import type { RenderPlan } from './plan.ts'
import type { Choice, PlanDevice, PlanFacts } from './planner-facts.ts'
import { upscalerBytes } from './planner-upscale.ts'
import type { InstalledModel, TierProfile } from './profile.ts'
import { type MemoryPlan, memoryPlan, type RenderParams, type TierName } from './spec.ts'
import { TIERS } from './tiers.ts'

const MIB = 1024 ** 2
/** What a learned peak is multiplied by: the same work never takes quite the same. */
const MARGIN = 1.05
/** What a process takes of a GPU before it has loaded anything. */
const CONTEXT_BYTES = 500 * MIB
/** What a pixel takes while it is denoised and decoded, where a profile says nothing: SDXL's is 3.4 KB, SD 1.5's 4. */
const PIXEL_BYTES = 4096
/** Frames of a clip that share a latent one, about. */
const FRAMES_A_LATENT = 8
/** What is left of the moving part where the VAE works tile by tile: it is most of it. */
const TILED = 0.5
/** Of a figure for a whole model, the most that its weights can be. */
const MOST_WEIGHTS = 0.8
/** A model in one file: its text encoder's share, and that of its largest part. */
const [ENCODER_SHARE, LARGEST_SHARE] = [0.35, 0.6]
/** Of the largest part, what is on the device while groups of layers come and go. */
const GROUP_SHARE = 0.2
/** Of a side that is 256 pixels long: a size class is so many. */
const CLASS_PIXELS = 256 * 256

const WEIGHT_BYTES = { float32: 4, float16: 2, bfloat16: 2 }
const QUANTISED_BYTES = {
  fp8: 1,
  int8: 1,
  nf4: 0.56,
  q8_0: 1.06,
  q6_k: 0.82,
  q5_k: 0.69,
  q4_k: 0.56,
  q3_k: 0.43,
  q2_k: 0.33,
}
const OFFLOADS = ['none', 'encoder', 'model', 'group'] as const
/** Where a rung of the ladder has its saving; those of offloading are in `OFFLOADS`' order. */
export const SAVING = { tiling: 2, encoder: 3, model: 4, group: 5 } as const

/** Bytes that a plan takes of the device; null: nobody knows. */
export interface Need {
  bytes: number | null
  from: RenderPlan['needFrom']
}

/** Pictures of about the same size need the same memory: `s<units>f<frames>`, a unit being 256 x 256 pixels, rounded up. */
export function sizeClass({ width, height, frames }: Pick<RenderParams, 'width' | 'height' | 'frames'>): string {
  return `s${Math.ceil((width * height) / CLASS_PIXELS)}f${frames}`
}

/** A memory plan in a word, such as `float16-none-model-tiling-slicing`. */
export function memoryKey({ dtype, quantisation, offload, vaeTiling, vaeSlicing }: MemoryPlan): string {
  return [dtype, quantisation, offload, ...(vaeTiling ? ['tiling'] : []), ...(vaeSlicing ? ['slicing'] : [])].join('-')
}

/** A tier of a model, whether its profile names it or not: then after the nearest below it, else above. */
export function tierOf({ profile }: InstalledModel, name: TierName): TierProfile {
  const at = TIERS.findIndex((tier) => tier.name === name)
  const order = [...TIERS.slice(0, at + 1).toReversed(), ...TIERS.slice(at + 1)]
  const near = order.map((tier) => profile.tiers[tier.name]).find((tier) => tier !== undefined)
  const own = profile.tiers[name]
  if (own) return own
  const memory = near?.memory ?? memoryPlan.parse({ dtype: 'float16' })
  return { memory, vramBytes: 0, vramFrom: 'estimated', maxPixels: near?.maxPixels, maxFrames: near?.maxFrames }
}

/** The tiers that a model has, the highest first. */
export function tiersOf({ profile }: InstalledModel): TierName[] {
  const names = TIERS.map(({ name }) => name).toReversed()
  const own = names.filter((name) => profile.tiers[name])
  return own.length > 0 ? own : names
}

/** A tier's memory plan as this device can have it, with the savings of the ladder down to `rung`. */
export function memoryAt(tier: TierProfile, device: PlanDevice, rung: number): MemoryPlan {
  const base = onDevice(tier.memory, device)
  const isTiled = rung >= SAVING.tiling
  const saved = device.kind === 'cpu' ? 0 : Math.min(rung, SAVING.group) - SAVING.tiling
  return {
    ...base,
    vaeTiling: base.vaeTiling || isTiled,
    vaeSlicing: base.vaeSlicing || isTiled,
    offload: OFFLOADS[Math.max(OFFLOADS.indexOf(base.offload), saved)] ?? base.offload,
  }
}

/** What this takes of the host's memory, besides what every process takes, bytes. */
export function ramOf(model: InstalledModel, tier: TierProfile, memory: MemoryPlan): number {
  if (memory.offload === 'none') return 0
  if (tier.ramBytes !== undefined && tier.memory.offload === memory.offload) return tier.ramBytes
  const { all, encoder } = weightsOf(model, memory)
  return Math.round(memory.offload === 'encoder' ? encoder : all)
}

/**
 * What a plan takes of the device. From the learned peak of this very way to run it; else worked out: the profile's figure is
 * split into weights (what is resident of them by the memory plan) and a moving part that grows with pixels x frames; a
 * lighter memory plan that was learned of corrects it by as much as it was wrong there. Pictures of one job are made
 * one after another: their number changes the time alone.
 */
export function needOf(facts: PlanFacts, choice: Choice, name: TierName, rung: number, params: RenderParams): Need {
  const { model } = choice
  if (!model) return { bytes: null, from: null }
  const tier = tierOf(model, name)
  const extra = addedBytes(facts)
  let scale = 1
  let from: Need['from'] = tier.vramBytes > 0 ? tier.vramFrom : 'estimated'
  let need = 0
  for (const step of [0, SAVING.tiling, SAVING.encoder, SAVING.model, SAVING.group].filter(
    (one) => one <= Math.max(rung, 0),
  )) {
    const memory = memoryAt(tier, facts.device, step)
    const worked = workedOut(model, tier, facts.device, memory, params) + extra
    const known = knownOf(facts, choice, memory, params)
    need = worked * scale
    if (known.peak !== null) [need, from] = [known.peak, 'learned']
    else if (known.above > need) [need, from] = [known.above, 'learned']
    scale = need / worked
  }
  return { bytes: Math.ceil(need), from }
}

function knownOf(facts: PlanFacts, { engine, model }: Choice, memory: MemoryPlan, params: RenderParams) {
  const known = facts.learned.memory({
    engine: engine.manifest.name,
    model: model!.profile.id,
    deviceName: facts.device.name,
    size: sizeClass(params),
    memory: memoryKey(memory),
  })
  return {
    peak: known?.peakBytes == null ? null : known.peakBytes * MARGIN,
    above: (known?.moreThanBytes ?? 0) * MARGIN,
  }
}

function workedOut(
  model: InstalledModel,
  tier: TierProfile,
  device: PlanDevice,
  memory: MemoryPlan,
  params: RenderParams,
) {
  const context = device.kind === 'cpu' ? 0 : CONTEXT_BYTES
  if (model.profile.kind === 'upscaler') return upscalerBytes(model, device, memory, params) + context
  const usual = tier.memory
  const [fixed, resident] = [residentOf(model, usual), residentOf(model, memory)]
  const isTiled = memory.vaeTiling && !usual.vaeTiling
  const grain = (WEIGHT_BYTES[memory.dtype] / WEIGHT_BYTES[usual.dtype]) * (isTiled ? TILED : 1)
  const pixels = params.width * params.height
  if (tier.vramBytes === 0) {
    const moving = pixels * PIXEL_BYTES * (1 + (params.frames - 1) / FRAMES_A_LATENT)
    return resident + moving * grain * (usual.vaeTiling ? TILED : 1) + context
  }
  const weights = Math.min(fixed, tier.vramBytes * MOST_WEIGHTS)
  const most = (tier.maxPixels ?? model.profile.size.side ** 2) * (tier.maxFrames ?? model.profile.frames?.max ?? 1)
  const moving = (tier.vramBytes - weights) * ((pixels * params.frames) / most)
  return weights * (resident / fixed) + moving * grain
}

/** LoRAs and a ControlNet, which are resident. */
function addedBytes({ request, models }: PlanFacts): number {
  const names = [...(request.loras ?? []), ...(request.controlnet ? [request.controlnet] : [])].map(
    ({ model }) => model,
  )
  return models.filter(({ profile }) => names.includes(profile.id)).reduce((sum, { bytes }) => sum + bytes, 0)
}

/** Of the weights, what is on the device at the worst moment. */
function residentOf(model: InstalledModel, memory: MemoryPlan): number {
  const { all, encoder, largest } = weightsOf(model, memory)
  if (memory.offload === 'none') return all
  if (memory.offload === 'encoder') return Math.max(all - encoder, encoder, largest)
  return memory.offload === 'model' ? largest : largest * GROUP_SHARE
}

/** The weights in memory, bytes: all, the text encoders', those of the largest part. GGUF lies there as in its file. */
function weightsOf(model: InstalledModel, { dtype, quantisation }: MemoryPlan) {
  const each = quantisation === 'none' ? WEIGHT_BYTES[dtype] : QUANTISED_BYTES[quantisation]
  const scale = model.profile.format === 'gguf' ? 1 : each / 2
  const all = Math.max(1, model.bytes) * scale
  const parts = Map.groupBy(
    model.profile.files,
    ({ path, part }) => part ?? (path.includes('/') ? path.split('/')[0]! : ''),
  )
  const sizes = [...parts].map(([part, files]) => ({
    part,
    bytes: files.reduce((sum, file) => sum + (file.bytes ?? 0), 0),
  }))
  const known = sizes.reduce((sum, { bytes }) => sum + bytes, 0)
  if (sizes.length < 2 || known === 0) return { all, encoder: all * ENCODER_SHARE, largest: all * LARGEST_SHARE }
  const share = (some: typeof sizes, pick: (sizes: number[]) => number) =>
    (pick(some.map(({ bytes }) => bytes)) / known) * all
  const encoders = sizes.filter(({ part }) => /encoder|clip|t5|llm|conditioner/i.test(part))
  return {
    all,
    encoder: share(encoders, (each) => each.reduce((sum, one) => sum + one, 0)),
    largest: share(sizes, (each) => Math.max(...each)),
  }
}

/** A CPU reckons in float32, and has nowhere to offload to; what is made by a GPU's own library is left out elsewhere. */
function onDevice(memory: MemoryPlan, { kind }: PlanDevice): MemoryPlan {
  const ofTorch = ['fp8', 'int8', 'nf4'].includes(memory.quantisation)
  if (kind === 'cpu')
    return { ...memory, dtype: 'float32', offload: 'none', quantisation: ofTorch ? 'none' : memory.quantisation }
  return kind === 'cuda' || !['int8', 'nf4'].includes(memory.quantisation)
    ? memory
    : { ...memory, quantisation: 'none' }
}

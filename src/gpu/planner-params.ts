import { Invalid } from '../errors.ts'
import { type Lowering, mayLower } from './plan.ts'
import { functionOf } from './planner-choices.ts'
import type { Choice, PlanFacts } from './planner-facts.ts'
import { tierOf } from './planner-memory.ts'
import { upscaleParams } from './planner-upscale.ts'
import type { ModelProfile, TierProfile } from './profile.ts'
import { type RenderParams, renderParams, type TierName } from './spec.ts'
import { parseTier } from './tiers.ts'

/** A side where nobody says one and there is no model that was trained at some. */
const USUAL_SIDE = 768
const USUAL_FPS = 24
const USUAL_FRAMES = 33
/** Width to height of a clip where nobody says one: as 832 x 480, which video models were trained at. */
const CLIP_SHAPE = 26 / 15

export interface Chosen {
  params: RenderParams
  lowered: Omit<Lowering, 'rung'>[]
}

/**
 * What is rendered at a tier: what the request sets, else what the tier of the model, the model, or the SD family's tier
 * says. What was set is taken as it is or refused, unless it may be lowered.
 * @throws Invalid `invalid_steps`, `invalid_size`, `invalid_frames`, `invalid_input`, `gpu_bad_spec`
 */
export function paramsFor(facts: PlanFacts, choice: Choice, name: TierName): Chosen {
  if (functionOf(facts) === 'upscale') return { params: upscaleParams(facts, choice), lowered: [] }
  const { request, before } = facts
  const { model } = choice
  const profile = model?.profile
  const tier = model ? tierOf(model, name) : undefined
  const usual = parseTier(name)
  const lowered: Chosen['lowered'] = []
  const size = sizeFor(facts, profile, tier, lowered)
  const clip = framesFor(facts, profile, tier, lowered)
  const { prompt, negative, strength, count, scale } = request
  const parsed = renderParams.safeParse({
    prompt,
    negative,
    strength,
    count,
    scale,
    ...size,
    ...clip,
    seed: request.seed ?? before?.params.seed ?? facts.seed ?? 0,
    steps: stepsFor(facts, profile, tier?.steps ?? profile?.steps ?? usual.steps, lowered),
    guidance: request.guidance ?? tier?.guidance ?? profile?.guidance ?? usual.guidance,
    sampler: request.sampler ?? tier?.sampler ?? profile?.sampler ?? null,
  })
  if (parsed.success) return { params: parsed.data, lowered }
  const issue = parsed.error.issues[0]!
  const field = issue.path.join('.')
  throw new Invalid(
    'gpu_bad_spec',
    `This can't be rendered as asked. ${field}: ${issue.message}. Change it and try again.`,
    {
      context: { field },
    },
  )
}

function stepsFor(
  { request }: PlanFacts,
  profile: ModelProfile | undefined,
  usual: number,
  lowered: Chosen['lowered'],
) {
  const allowed = profile?.allowedSteps
  if (!allowed || allowed.length === 0) return request.steps ?? usual
  const { steps } = request
  if (steps === undefined) return nearest(allowed, usual)
  if (allowed.includes(steps)) return steps
  if (!mayLower(request, 'steps'))
    throw new Invalid('invalid_steps', `${profile.label} takes ${either(allowed)} steps, not ${steps}.`, {
      context: { field: 'steps', allowed },
    })
  const taken = nearest(allowed, steps)
  lowered.push({
    what: 'steps',
    from: `${steps}`,
    to: `${taken}`,
    why: `${profile.label} takes ${either(allowed)} steps`,
  })
  return taken
}

function sizeFor(
  { request }: PlanFacts,
  profile: ModelProfile | undefined,
  tier: TierProfile | undefined,
  lowered: Chosen['lowered'],
): { width: number; height: number } {
  const { side, multiple, min, max } = profile?.size ?? { side: USUAL_SIDE, multiple: 1, min: 16, max: 8192 }
  const isSet = request.width !== undefined || request.height !== undefined
  const usual = isSet ? { width: side, height: side } : usualSize(request, side, multiple)
  const width = request.width ?? request.height ?? usual.width
  const height = request.height ?? request.width ?? usual.height
  const fits = fitted({ width, height }, { multiple, min, max, most: tier?.maxPixels ?? Number.POSITIVE_INFINITY })
  if (fits.width === width && fits.height === height) return { width, height }
  if (isSet && !mayLower(request, 'size'))
    throw new Invalid('invalid_size', sizeWords(profile!, tier, { width, height }), {
      context: { field: 'width', width, height, multiple, min, max, maxPixels: tier?.maxPixels },
    })
  const why =
    tier?.maxPixels && width * height > tier.maxPixels ? 'the tier allows no more' : 'the model takes such sides'
  lowered.push({ what: 'size', from: `${width} x ${height}`, to: `${fits.width} x ${fits.height}`, why })
  return fits
}

/** Where nobody says one: the shape of what it begins with, else a square, and for a clip a wide frame whose shorter side is the model's. */
function usualSize(request: PlanFacts['request'], side: number, multiple: number): { width: number; height: number } {
  const isClip = functionOf({ request }) === 'video'
  const shape = request.shape ?? (isClip ? CLIP_SHAPE : 1)
  const scale = isClip ? Math.sqrt(Math.max(shape, 1 / shape)) : 1
  const step = Math.max(1, multiple)
  const rounded = (length: number) => Math.max(step, Math.round((length * scale) / step) * step)
  return { width: rounded(side * Math.sqrt(shape)), height: rounded(side / Math.sqrt(shape)) }
}

/** The largest size of about this shape that keeps to all bounds. */
function fitted(
  { width, height }: { width: number; height: number },
  { multiple, min, max, most }: { multiple: number; min: number; max: number; most: number },
): { width: number; height: number } {
  const step = Math.max(1, multiple)
  const shrink = Math.min(1, max / width, max / height, Math.sqrt(most / (width * height)))
  const sideOf = (side: number) =>
    Math.max(Math.ceil(min / step) * step, step, Math.floor((side * shrink) / step) * step)
  return { width: sideOf(width), height: sideOf(height) }
}

function framesFor(
  { request }: PlanFacts,
  profile: ModelProfile | undefined,
  tier: TierProfile | undefined,
  lowered: Chosen['lowered'],
): { frames: number; fps: number } {
  const clip = profile?.frames
  const fps = request.fps ?? clip?.fps ?? USUAL_FPS
  if (functionOf({ request }) !== 'video') return { frames: request.frames ?? 1, fps }
  const { multiple, max } = clip ?? { multiple: 1, max: 2000 }
  const most = Math.min(max, tier?.maxFrames ?? max)
  const step = Math.max(1, multiple)
  const lasting = request.seconds && Math.max(1, Math.round((request.seconds * fps - 1) / step) * step + 1)
  const wanted = request.frames ?? lasting ?? clip?.usual ?? USUAL_FRAMES
  const frames = Math.max(1, Math.floor((Math.min(wanted, most) - 1) / step) * step + 1)
  if (frames === wanted) return { frames, fps }
  if (request.frames === undefined && lasting && !mayLower(request, 'frames'))
    throw new Invalid('invalid_frames', lengthWords(profile, { seconds: request.seconds!, fps, frames }), {
      context: { field: 'seconds', seconds: request.seconds, nearest: frames / fps },
    })
  if (request.frames !== undefined && !mayLower(request, 'frames'))
    throw new Invalid(
      'invalid_frames',
      `${profile!.label} takes ${multiple} x n + 1 frames, at most ${most} here, not ${wanted}. ${frames} would do.`,
      { context: { field: 'frames', frames: wanted, nearest: frames } },
    )
  lowered.push({
    what: 'frames',
    from: `${wanted}`,
    to: `${frames}`,
    why: `the model takes ${multiple} x n + 1, at most ${most} here`,
  })
  return { frames, fps }
}

function sizeWords(
  { label, size }: ModelProfile,
  tier: TierProfile | undefined,
  asked: { width: number; height: number },
) {
  const { width, height } = asked
  const most = tier?.maxPixels
  if (most && width * height > most)
    return `${width} x ${height} is more than ${label} does at this tier: at most ${most.toLocaleString('en-GB')} pixels. Choose a smaller size or a higher tier.`
  return `${label} takes sides from ${size.min} to ${size.max} that are a multiple of ${size.multiple}, not ${width} x ${height}.`
}

/** The longest is rounded down: who asks for what they are told gets it. */
function lengthWords(
  profile: ModelProfile | undefined,
  { seconds, fps, frames }: { seconds: number; fps: number; frames: number },
): string {
  const most = Math.floor((frames / fps) * 10) / 10
  return `${profile?.label ?? 'It'} makes clips of at most ${most} s here (${frames} frames, ${fps} a second), not ${seconds} s. Ask for a shorter one, or for fewer frames a second.`
}

function nearest(allowed: number[], wanted: number): number {
  return allowed.toSorted((a, b) => Math.abs(a - wanted) - Math.abs(b - wanted) || a - b)[0]!
}

function either(numbers: number[]): string {
  return numbers.length === 1 ? `${numbers[0]}` : `${numbers.slice(0, -1).join(', ')} or ${numbers.at(-1)}`
}

import { Invalid } from '../errors.ts'
import type { Choice, PlanDevice, PlanFacts } from './planner-facts.ts'
import type { InstalledModel } from './profile.ts'
import { type MemoryPlan, type RenderParams, renderParams } from './spec.ts'
import {
  LONGEST_SIDE,
  MOST_ON_THE_WAY,
  passesFor,
  type Size,
  sizesOnTheWay,
  tileBytes,
  tileOf,
  tilesOf,
  USUAL_SCALE,
} from './upscale.ts'

const SHORTEST_SIDE = 16
const MOST_STEPS = 500
/** A picture in the host's memory, as the engine holds it: three numbers of four bytes a pixel. */
const HELD_BYTES_A_PIXEL = 12

/**
 * What is done to make a picture larger. Nothing of it is left to chance: the same picture and the same scale give the same bytes.
 * @throws Invalid `invalid_input` without a picture, or for several; `invalid_size` for one that would be too large
 */
export function upscaleParams({ request }: PlanFacts, { model }: Choice): RenderParams {
  const { given, count = 1, prompt } = request
  if (!given) throw wrong('inputs', 'An upscale begins with a picture. Name one as “init”.')
  if (count !== 1) throw wrong('count', 'An upscale makes one picture. Ask for each of them.')
  const own = model?.profile.scale
  const scale = request.scale ?? usualScale(given, own)
  if (scale <= 1) throw wrong('scale', 'A picture is made 1.1 to 8 times as large. Choose a scale above 1.')
  const size = scaled(given, scale)
  mustBeWithin(given, size, scale)
  const passes = own ? passesFor(own, scale) : 1
  if (own) mustBeWithinOnTheWay(given, own, passes, model!.profile.label)
  const tiles = own ? sum(tilesOf(given, own, passes, tileOf({ vaeTiling: false, offload: 'none' }))) : 1
  const steps = Math.min(MOST_STEPS, tiles)
  return renderParams.parse({ prompt, ...size, seed: request.seed ?? 0, steps, guidance: 0, scale })
}

/** What an upscaler takes of a device; a CPU's own memory holds the pictures too. */
export function upscalerBytes(model: InstalledModel, device: PlanDevice, memory: MemoryPlan, out: Size): number {
  const held = device.kind === 'cpu' ? out.width * out.height * HELD_BYTES_A_PIXEL : 0
  return model.bytes + tileBytes(model.profile.scale ?? USUAL_SCALE, tileOf(memory)) + held
}

export function scaled({ width, height }: Size, scale: number): Size {
  return { width: Math.round(width * scale), height: Math.round(height * scale) }
}

/** The model's own, unless that would be too large. */
function usualScale(given: Size, own = USUAL_SCALE): number {
  const longest = Math.max(given.width, given.height)
  return [own, USUAL_SCALE].find((scale) => longest * scale <= LONGEST_SIDE) ?? own
}

function mustBeWithin(given: Size, { width, height }: Size, scale: number): void {
  if (Math.max(width, height) <= LONGEST_SIDE && Math.min(width, height) >= SHORTEST_SIDE) return
  throw new Invalid(
    'invalid_size',
    `${given.width} x ${given.height} made ${scale} times as large would be ${width} x ${height}. Sides are from ${SHORTEST_SIDE} to ${LONGEST_SIDE} pixels: choose another scale.`,
    { context: { field: 'scale', width, height, max: LONGEST_SIDE } },
  )
}

function mustBeWithinOnTheWay(given: Size, own: number, passes: number, label: string): void {
  const { width, height } = sizesOnTheWay(given, own, passes).at(-1)!
  if (width * height <= MOST_ON_THE_WAY) return
  throw new Invalid(
    'invalid_size',
    `${label} would first make ${width} x ${height} of it: more than ${MOST_ON_THE_WAY / 1e6} million pixels. Choose a smaller scale, or the engine “sketch”, which needs no such step.`,
    { context: { field: 'scale', width, height } },
  )
}

function wrong(field: string, message: string): Invalid {
  return new Invalid('invalid_input', message, { context: { field } })
}

function sum(numbers: number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}

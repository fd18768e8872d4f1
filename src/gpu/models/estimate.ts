import type { ModelProfile, TierProfile } from '../profile.ts'
import { FAMILIES } from './families.ts'
import type { FoundFile, FoundFolder } from './scan.ts'
import { upscalerProfile } from './upscalers.ts'

const GIB = 1024 ** 3
/** What the work itself takes beside the weights: attention, latents, the picture as it is decoded. Clips take more. */
const WORKING = { image: 1.5 * GIB, video: 4 * GIB }
/** Tiles instead of the whole picture. */
const TILED = 0.5

/** No one has said under which licence it may be used. */
export const UNKNOWN_LICENCE: ModelProfile['licence'] = {
  id: 'unknown',
  name: 'Not known to Hearth',
  terms: 'Hearth found this file and does not know its licence. Look where you have it from.',
  notIn: [],
  commercial: true,
}

export interface Weights {
  total: number
  /** Of the part that is largest. */
  largest: number
}

/**
 * What tiers a model has, worked out from its weights alone: all of them on the device, or the largest part at a time and the picture in
 * tiles. Figures of somebody who has measured it are better: those are in the catalogue.
 */
export function tiersFrom({ total, largest }: Weights, clips: boolean): ModelProfile['tiers'] {
  const working = clips ? WORKING.video : WORKING.image
  const plain = {
    dtype: 'float16',
    quantisation: 'none',
    offload: 'none',
    vaeTiling: false,
    vaeSlicing: false,
  } as const
  const figures = (vramBytes: number, ramBytes?: number) => ({
    vramBytes: Math.ceil(vramBytes),
    vramFrom: 'estimated' as const,
    ...(ramBytes && { ramBytes }),
  })
  const whole: TierProfile = { memory: plain, ...figures(total + working) }
  const tiled: TierProfile = {
    memory: { ...plain, vaeTiling: true, vaeSlicing: true },
    ...figures(total + working * TILED),
  }
  const turns: TierProfile = {
    memory: { ...plain, offload: 'model', vaeTiling: true, vaeSlicing: true },
    ...figures(largest + working * TILED, total),
  }
  return { low: largest < total ? turns : tiled, standard: tiled, high: whole, premium: whole }
}

/** The profile of a model that no catalogue has. */
export function profileOfFile(id: string, label: string, { format, is }: FoundFile, weights: Weights): ModelProfile {
  return profileOf({
    id,
    label,
    format,
    family: is.family,
    kind: is.kind,
    whole: is.part === 'checkpoint',
    variant: is.variant,
    weights,
  })
}

export function profileOfFolder(id: string, label: string, family: string, { files }: FoundFolder): ModelProfile {
  const sizes = files.map(({ bytes }) => bytes)
  const weights = { total: sizes.reduce((a, b) => a + b, 0), largest: Math.max(...sizes) }
  return profileOf({ id, label, format: 'diffusers', family, kind: 'model', whole: true, variant: '', weights })
}

interface Worked {
  id: string
  label: string
  format: ModelProfile['format']
  family: string
  kind: ModelProfile['kind']
  whole: boolean
  variant: string
  weights: Weights
}

function profileOf({ id, label, format, family: name, kind, whole, variant, weights }: Worked): ModelProfile {
  const family = FAMILIES[name]
  const clips = family?.functions.includes('video') ?? false
  const common = { id, label, family: name, kind, format, files: [], gated: false, licence: UNKNOWN_LICENCE }
  if (kind === 'upscaler') return { ...common, ...upscalerProfile(variant, weights.total) }
  if (kind !== 'model') {
    const size = FAMILIES.sd15!.size
    return { ...common, functions: [], modes: ['text'], engines: ['sd-cpp', 'diffusers'], size, tiers: {} }
  }
  return {
    ...common,
    functions: family?.functions ?? ['image'],
    modes: variant === 'inpaint' ? ['inpaint'] : (family?.modes ?? ['text']),
    engines: enginesFor(format, whole),
    size: family?.size ?? { multiple: 16, min: 64, max: 2048, side: 1024 },
    ...(family?.frames && { frames: family.frames }),
    ...distilled(name, variant),
    ...(family?.steps && { steps: family.steps }),
    ...(family?.guidance !== undefined && { guidance: family.guidance }),
    ...ownFigures(name, variant),
    tiers: tiersFrom(weights, clips),
  }
}

function enginesFor(format: ModelProfile['format'], whole: boolean): string[] {
  if (format === 'diffusers') return ['diffusers']
  return whole ? ['diffusers', 'sd-cpp'] : ['sd-cpp', 'diffusers']
}

/** Models of four or eight steps, by what their files give away: nobody can tell SDXL from its turbo by its tensors. */
function distilled(family: string, variant: string): Pick<ModelProfile, 'allowedSteps'> {
  if (family === 'flux1' && variant === 'schnell') return { allowedSteps: [1, 2, 3, 4] }
  return family === 'flux2' && variant.startsWith('klein') ? { allowedSteps: [4] } : {}
}

function ownFigures(family: string, variant: string): Pick<ModelProfile, 'steps' | 'guidance'> {
  if (family === 'flux1' && variant === 'schnell') return { steps: 4, guidance: 0 }
  if (family === 'flux2') return variant.startsWith('klein') ? { steps: 4, guidance: 1 } : { steps: 28, guidance: 4 }
  return family === 'z-image' ? { steps: 8, guidance: 1 } : {}
}

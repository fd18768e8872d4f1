import type { ModelProfile } from '../profile.ts'
import { tileBytes, tileOf } from '../upscale.ts'

/** Names and shapes of a file's tensors. */
interface Keys {
  has(name: string): boolean
  shape(name: string): number[] | undefined
  any(pattern: RegExp): boolean
}

const MIB = 1024 ** 2
/** What a process takes of a GPU before it has loaded anything. */
const CONTEXT_BYTES = 500 * MIB
/** The only width, and the colours, that stable-diffusion.cpp builds the net with. */
const [FEATURES, COLOURS] = [64, 3]

/**
 * ESRGAN (RRDBNet), by the names of Real-ESRGAN or the older ones. The variant is how much larger it makes a picture, `x2` or `x4`; empty
 * for one that no engine loads: of another width, with the names of a training run, or one that takes a picture folded together
 * (RealESRGAN_x2plus). Source: `esrgan.hpp` of stable-diffusion.cpp.
 */
export function upscaler(keys: Keys) {
  const names = NAMES.find(({ sign }) => keys.any(sign))
  if (!names) return undefined
  const [out, into] = keys.shape(names.first) ?? []
  const isLoaded = out === FEATURES && into === COLOURS
  const larger = keys.has(names.x4) ? 'x4' : keys.has(names.x2) ? 'x2' : ''
  return { kind: 'upscaler' as const, family: 'esrgan', part: 'upscaler', variant: isLoaded ? larger : '' }
}

const NAMES = [
  { sign: /^body\.0\.rdb1\.conv1/, first: 'conv_first.weight', x4: 'conv_up2.weight', x2: 'conv_up1.weight' },
  { sign: /^model\.1\.sub\.0\.RDB1\./, first: 'model.0.weight', x4: 'model.10.weight', x2: 'model.7.weight' },
  { sign: /^RRDB_trunk\.0\./, first: '', x4: '', x2: '' },
]

/** What all profiles of upscalers have in common; `variant` as it was recognised. */
export function upscalerProfile(
  variant: string,
  bytes: number,
): Pick<ModelProfile, 'functions' | 'modes' | 'engines' | 'size' | 'tiers' | 'scale'> {
  const scale = Number(variant.slice(1)) || undefined
  const size = { multiple: 1, min: 16, max: 8192, side: 512 }
  const common = { modes: ['image' as const], engines: ['sd-cpp'], size }
  if (!scale) return { ...common, functions: [], tiers: {} }
  return { ...common, functions: ['upscale'], scale, tiers: upscalerTiers(scale, bytes) }
}

function upscalerTiers(scale: number, bytes: number): ModelProfile['tiers'] {
  const tier = (vaeTiling: boolean) => {
    const memory = {
      dtype: 'float16',
      quantisation: 'none',
      offload: 'none',
      vaeTiling,
      vaeSlicing: false,
    } as const
    const vramBytes = Math.ceil(bytes + CONTEXT_BYTES + tileBytes(scale, tileOf(memory)))
    return { memory, vramBytes, vramFrom: 'estimated' as const }
  }
  return { low: tier(true), standard: tier(false) }
}

import { Invalid } from '../errors.ts'
import type { DeviceKind } from './devices.ts'
import type { TierName } from './spec.ts'

const GIB = 1024 ** 3
/** A card of 8 GB never reports all of it as free: this much of a tier's memory may be missing. */
const SLACK = 0.9

/** What a device can afford, for the SD family; a model profile may bring its own numbers. */
export const TIERS = [
  { name: 'low', bytes: 4 * GIB, steps: 15, guidance: 7.0 },
  { name: 'standard', bytes: 8 * GIB, steps: 25, guidance: 7.5 },
  { name: 'high', bytes: 12 * GIB, steps: 35, guidance: 8.0 },
  { name: 'premium', bytes: 16 * GIB, steps: 50, guidance: 8.5 },
] as const

export type Tier = (typeof TIERS)[number]

/** What a person may say: a tier, or that each picture gets the best that its device can do. */
export type TierWish = TierName | 'auto'

/** The highest tier that this much free memory carries. Less than the lowest still gives `low`, as does a CPU. */
export function tierFor(device: { kind: DeviceKind; freeBytes: number }): Tier {
  if (device.kind === 'cpu') return TIERS[0]
  return TIERS.findLast((tier) => device.freeBytes >= tier.bytes * SLACK) ?? TIERS[0]
}

/** @throws Invalid `unknown_tier` */
export function parseTier(name: string): Tier {
  const tier = TIERS.find((one) => one.name === name)
  if (tier) return tier
  throw unknownTier(name, [])
}

/** @throws Invalid `unknown_tier` */
export function parseTierWish(name: string): TierWish {
  if (name === 'auto') return name
  const tier = TIERS.find((one) => one.name === name)
  if (tier) return tier.name
  throw unknownTier(name, ['auto'])
}

function unknownTier(name: string, more: string[]): Invalid {
  const names = [...more, ...TIERS.map((one) => one.name)].join(', ')
  return new Invalid('unknown_tier', `There is no tier “${name.slice(0, 40)}”. Choose one of ${names}.`, {
    context: { field: 'tier' },
  })
}

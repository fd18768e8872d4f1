import { Conflict, type DomainError } from '../errors.ts'
import type { TierName } from './spec.ts'

const GIB = 1024 ** 3

/** 11811160064 -> `11 GB`, 5905580032 -> `5.5 GB`: as cards are sold, GB are 2^30 bytes. */
export function gb(bytes: number): string {
  const size = bytes / GIB
  return `${size < 99.95 ? Math.round(size * 10) / 10 : Math.round(size)} GB`
}

/** Nothing that could be done would make it fit. `later`: it would, were nothing else on the device. */
export interface Refused {
  label: string
  tier: TierName
  needBytes: number
  later: boolean
  /** What is missing is memory of the host, to offload into; null: it is the device's. */
  missingRam: number | null
}

interface Place {
  freeRamBytes: number
  device: { name: string; freeBytes: number; totalBytes: number }
  reserveBytes: number
}

/** Retryable when the memory is only taken by others at the moment. */
export function willNotFit({ device, reserveBytes, freeRamBytes }: Place, refused: Refused): DomainError {
  const { label, tier, needBytes, later, missingRam } = refused
  const { freeBytes, totalBytes } = device
  const has = `${device.name} has ${gb(freeBytes)} free of ${gb(totalBytes)}, of which ${gb(reserveBytes)} are left alone`
  const todo = later
    ? 'Free its memory, or wait until others have'
    : 'Choose a lower tier, a smaller picture or a smaller model'
  const ram =
    missingRam === null
      ? ''
      : ` To run in less it would need ${gb(missingRam)} of this machine’s memory, of which ${gb(freeRamBytes)} are free.`
  return new Conflict(
    'gpu_will_not_fit',
    `${label} at tier ${tier} needs ${gb(needBytes)}; ${has}.${ram} ${todo}, then try again.`,
    { retryable: later, context: { needBytes, freeBytes, totalBytes, reserveBytes, tier, later } },
  )
}

export function noModel(message: string, context: Record<string, unknown> = {}): DomainError {
  return new Conflict('gpu_no_model', message, { context })
}

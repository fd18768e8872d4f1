import type { RenderPlan } from './plan.ts'
import { SAVING } from './planner-memory.ts'
import type { Phase } from './protocol.ts'

/**
 * What is tried when memory runs out, one rung per attempt; each keeps the savings of those before it. Down to `group` the
 * picture is the same, so that checkpoints still count; from `quantisation` on it is another, and is begun anew.
 */
export const RUNG = { planned: 0, fresh: 1, ...SAVING, quantisation: 6, tier: 7 } as const
/** Two more lower tiers come after the first. */
export const LAST_RUNG = 9

const NAMES = [
  'as planned',
  'in a fresh process',
  'decoding tile by tile',
  'the text encoder off the device',
  'components off the device in turn',
  'groups of layers off the device in turn',
  'a lower quantisation',
  'a lower tier',
  'a lower tier',
  'a lower tier',
]

/** Whose memory ran out, and in which phase. */
export interface OutOfMemory {
  where: 'device' | 'host'
  phase: Phase | null
}

/**
 * The rung that is tried next, or `hold` when none is left. A device that is out while decoding has done the steps: tiles are
 * what helps, from the latents that were kept. Where it is the host's memory, offloading into it makes it worse: a fresh
 * process, then smaller weights.
 */
export function nextRung({ rung, ahead }: Pick<RenderPlan, 'rung' | 'ahead'>, failure: OutOfMemory): number | 'hold' {
  const left = ahead.filter((one) => one > rung)
  const useful = left.filter((one) => {
    if (failure.where === 'host') return one === RUNG.fresh || one >= RUNG.quantisation
    return failure.phase !== 'decode' || one !== RUNG.fresh
  })
  return useful[0] ?? 'hold'
}

/** `2` -> `decoding tile by tile`. */
export function rungName(rung: number): string {
  return NAMES[rung] ?? NAMES.at(-1)!
}

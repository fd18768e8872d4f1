import { DomainError } from '../errors.ts'
import { Hold, Snooze } from '../jobs/handler.ts'
import { nextRung, type OutOfMemory, rungName } from './ladder.ts'
import type { RenderPlan } from './plan.ts'
import { gb } from './planner-words.ts'
import type { Phase } from './protocol.ts'

const OUT_OF_MEMORY = 'gpu_out_of_memory'

/** Memory ran out: where, in which phase, and the figures that are known, bytes. */
export interface Shortage extends OutOfMemory {
  wantedBytes: number | null
  freeBytes: number | null
  totalBytes: number | null
}

/** What an error says of memory; null for any other error: a failed device and a black picture are none of memory's. */
export function shortageIn(error: unknown): Shortage | null {
  if (!(error instanceof DomainError) || error.code !== OUT_OF_MEMORY) return null
  const { where, phase, needBytes, freeBytes, totalBytes } = error.context
  return {
    where: where === 'host' ? 'host' : 'device',
    phase: (phase as Phase | undefined) ?? null,
    wantedBytes: figure(needBytes),
    freeBytes: figure(freeBytes),
    totalBytes: figure(totalBytes),
  }
}

/** How the job goes on: `rung` for the attempt's row, `ends` to be thrown. */
export interface Climb {
  rung: number | null
  ends: Snooze | Hold
}

/** After memory ran out: the next rung at once, which counts as no failure; or, where none is left, a person must decide. */
export function climb(
  plan: RenderPlan,
  shortage: Shortage,
  device: { name: string; freeBytes: number; totalBytes: number },
): Climb {
  const rung = nextRung(plan, shortage)
  if (rung === 'hold') return { rung: null, ends: new Hold(nothingLeft(plan, shortage, device)) }
  const what = shortage.where === 'host' ? 'This machine’s memory' : `The memory of ${device.name}`
  const reason = new DomainError(
    OUT_OF_MEMORY,
    `${what} ran out${shortage.phase ? ` in “${shortage.phase}”` : ''}: it is tried again, ${rungName(rung)}.`,
    { retryable: true, context: { ...shortage, rung } },
  )
  return { rung, ends: new Snooze(0, reason) }
}

function nothingLeft(
  plan: RenderPlan,
  shortage: Shortage,
  device: { name: string; freeBytes: number; totalBytes: number },
) {
  const { where, wantedBytes } = shortage
  const freeBytes = shortage.freeBytes ?? device.freeBytes
  const totalBytes = shortage.totalBytes ?? device.totalBytes
  const needBytes = wantedBytes ?? plan.needBytes
  const need =
    needBytes === null
      ? ''
      : wantedBytes === null
        ? ` It needs about ${gb(needBytes)}.`
        : ` It wanted ${gb(needBytes)} more.`
  const [has, todo] =
    where === 'host'
      ? ['This machine’s memory ran out', 'Free some of it, or choose a smaller model']
      : [
          `The memory of ${device.name} ran out: ${gb(freeBytes)} were free of ${gb(totalBytes)}`,
          'Choose a smaller picture, a lower tier or a smaller model, or free the device',
        ]
  return new DomainError(
    OUT_OF_MEMORY,
    `${has}.${need} Nothing is left that Hearth may lower. ${todo}, then try again.`,
    {
      context: { ...shortage, needBytes, freeBytes, totalBytes, rung: plan.rung },
    },
  )
}

function figure(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

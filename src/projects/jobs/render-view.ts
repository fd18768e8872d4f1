import { rungName } from '../../gpu/ladder.ts'
import { gb } from '../../gpu/planner-words.ts'
import type { RenderAttempt } from '../../gpu/render-attempt-rows.ts'
import { phase as phaseWords, seconds } from '../../web/format.ts'

/** What was decided for an attempt at a render, and why, in words. */
export interface RenderView {
  attempt: number
  /** Engine, model, tier, size and steps. */
  what: string
  device: string
  reason: string
  /** Each thing that was lowered: what, from, to, why. */
  lowered: string[]
  /** Names and values of all else. */
  facts: [string, string][]
}

const PHASES = ['fetch', 'load', 'encode', 'denoise', 'decode', 'save'] as const
const LOWERED = {
  tier: 'Tier',
  steps: 'Steps',
  size: 'Size',
  frames: 'Frames',
  count: 'Pictures',
  tiling: 'Tiling',
  offload: 'Offloading',
  quantisation: 'Quantisation',
  model: 'Model',
}

export function renderView({ plan, ...row }: RenderAttempt): RenderView {
  const { engine, model, tier, params, lowered, reason } = plan
  const { width, height, steps, count, frames } = params
  const extra = [count > 1 ? `${count} pictures` : '', frames > 1 ? `${frames} frames` : '']
  const what = [
    model ? `${model} on ${engine}` : engine,
    `tier ${tier}`,
    `${width} × ${height}`,
    `${steps} steps`,
    ...extra,
  ]
  return {
    attempt: row.attempt,
    what: what.filter(Boolean).join(', '),
    device: row.deviceName,
    reason,
    lowered: lowered.map(({ what, from, to, why }) => `${LOWERED[what]}: ${from} → ${to}, since ${why}`),
    facts: factsOf({ plan, ...row }).filter((fact): fact is [string, string] => fact[1] !== null),
  }
}

function factsOf({ plan, ...row }: RenderAttempt): [string, string | null][] {
  const { memory, needBytes } = plan
  const saving = [memory.dtype, memory.quantisation === 'none' ? '' : memory.quantisation]
  const offload = memory.offload === 'none' ? '' : `${memory.offload} offloaded`
  const tiles = memory.vaeTiling ? 'decoded in tiles' : ''
  const wanted = row.wantedBytes === null ? '' : `, where ${gb(row.wantedBytes)} more were wanted`
  return [
    ['Ladder', row.rung > 0 ? rungName(row.rung) : null],
    ['Memory', [...saving, offload, tiles].filter(Boolean).join(', ')],
    [
      'Needs',
      needBytes === null ? null : `${gb(needBytes)}, of ${gb(row.freeBytes)} that were free of ${gb(row.totalBytes)}`,
    ],
    ['Took', row.peakBytes === null ? null : gb(row.peakBytes)],
    [
      'Ran out',
      row.outOf === null
        ? null
        : `of the ${row.outOf === 'host' ? 'machine' : 'device'}’s memory${row.phase ? `, while ${phaseWords(row.phase)}` : ''}${wanted}`,
    ],
    [
      'Went on',
      row.resumedFrom ? `from step ${row.resumedFrom}${row.resumedOn ? `, begun on ${row.resumedOn}` : ''}` : null,
    ],
    ['Times', timesOf(row)],
  ]
}

/** Queued, waiting for a device, and each phase. */
function timesOf({ queuedMs, waitedMs, times }: Pick<RenderAttempt, 'queuedMs' | 'waitedMs' | 'times'>): string {
  const phases = PHASES.flatMap((phase) =>
    times[phase] === undefined ? [] : [`${phaseWords(phase)} ${seconds(times[phase] / 1000)}`],
  )
  return [`queued ${seconds(queuedMs / 1000)}`, `waited for a device ${seconds(waitedMs / 1000)}`, ...phases].join(', ')
}

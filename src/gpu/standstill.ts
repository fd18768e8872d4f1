import type { DeviceKind } from './devices.ts'
import type { StageTimes } from './plan.ts'
import type { Phase, WorkerLine } from './protocol.ts'

const MINUTE = 60_000
/** What a phase may take without going forward where nothing is known of it, ms: a large model comes over a slow network too. */
const UNKNOWN: Record<Phase, number> = {
  fetch: 30 * MINUTE,
  load: 60 * MINUTE,
  encode: 30 * MINUTE,
  denoise: 30 * MINUTE,
  decode: 60 * MINUTE,
  save: 30 * MINUTE,
}
/** Times what it took before, within these bounds, ms: another program may have the device or the disk meanwhile. */
const FACTOR = 20
const LEAST = { load: 10 * MINUTE, other: 5 * MINUTE }
const MOST = 6 * 60 * MINUTE
/** A processor takes minutes for what a GPU does in seconds. */
const CPU_FACTOR = 4
/** Steps of this attempt that are believed more than nothing: some engines count those that they skip. */
const ENOUGH_STEPS = 3
/** By how much a peak of memory must have grown to be loading and no leak. */
const GROWN = 1.01

const FIELD = { load: 'loadMs', encode: 'encodeMs', denoise: 'stepMs', decode: 'decodeMs', save: 'saveMs' } as const

/** What is known of a work before it begins. */
export interface Known {
  kind: DeviceKind
  expected: StageTimes | null
  /** Of the engine, ms: it holds whatever was learned. */
  own: Partial<Record<Phase, number>>
}

/** The longest time, ms, that a work may stay in a phase without going forward; `stepMs`: the slowest of its own steps. */
export function patienceIn(phase: Phase, { kind, expected, own }: Known, stepMs: number | null): number {
  if (own[phase] !== undefined) return own[phase]
  const slow = kind === 'cpu' ? CPU_FACTOR : 1
  const known = Math.max(expectedOf(phase, expected) ?? 0, phase === 'denoise' ? (stepMs ?? 0) : 0)
  if (known === 0) return UNKNOWN[phase] * slow
  const least = (phase === 'load' ? LEAST.load : LEAST.other) * slow
  return Math.max(least, Math.min(known * FACTOR, MOST), known * 3)
}

function expectedOf(phase: Phase, expected: StageTimes | null): number | null {
  return phase === 'fetch' ? null : (expected?.[FIELD[phase]] ?? null)
}

/** Watches that the work itself goes forward: a heartbeat says only that a thread of its process lives. */
export interface Forward {
  hear(line: WorkerLine): void
  /** How long it has stood still, ms. */
  stillMs(): number
  /** The slowest of this attempt's steps; null: too few were seen. */
  stepMs(): number | null
  /** Where it was last: `step 7 of 30`; null: it has said nothing of the kind in this phase. */
  place(): string | null
}

/** A step, a byte, a tile, a preview, a checkpoint or a phase is going forward, once each; so is memory that is filled. */
export function followForward(awake: () => number): Forward {
  let at = awake()
  let peak = 0
  let place: string | null = null
  const last = new Map<string, string>()
  const steps = { lastAt: null as number | null, seen: 0, slowest: 0 }
  const isForward = (line: WorkerLine) => {
    if (line.type === 'heartbeat') return (line.peakBytes ?? line.usedBytes ?? 0) > peak * GROWN
    const said = JSON.stringify({ ...line, seq: 0, t: 0 })
    return last.get(line.type) !== said && last.set(line.type, said) !== null
  }
  return {
    hear(line) {
      if (!isForward(line)) return
      at = awake()
      if (line.type === 'heartbeat') peak = line.peakBytes ?? line.usedBytes ?? 0
      if (line.type === 'phase') [place, steps.lastAt] = [null, null]
      if (line.type !== 'progress') return
      place = placeOf(line)
      if (line.step === undefined) return
      if (steps.lastAt !== null) {
        steps.seen++
        steps.slowest = Math.max(steps.slowest, at - steps.lastAt)
      }
      steps.lastAt = at
    },
    stillMs: () => awake() - at,
    stepMs: () => (steps.seen < ENOUGH_STEPS ? null : steps.slowest),
    place: () => place,
  }
}

function placeOf({ step, steps, bytes, totalBytes }: Extract<WorkerLine, { type: 'progress' }>): string | null {
  if (step !== undefined) return steps === undefined ? `step ${step}` : `step ${step} of ${steps}`
  return bytes === undefined || !totalBytes ? null : `${Math.floor((100 * bytes) / totalBytes)} % of its bytes`
}

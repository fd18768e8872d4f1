import type { StageTimes } from './plan.ts'
import type { Phase } from './protocol.ts'

/** Follows an attempt through its phases. */
export interface StageClock {
  phase(phase: Phase): void
  step(step: number, steps: number): void
  /** What is left, ms: of this phase, and of all; null: nobody knows yet. */
  left(): { stageMs: number | null; wholeMs: number | null }
  /** The phases so far, ms, by name. */
  spent(): Partial<Record<Phase, number>>
  /** What it teaches: times of each stage, of one step and of one picture. */
  times(): StageTimes
}

export interface StageDeps {
  /** Time that goes on only while this machine is awake. */
  awake: () => number
  /** What was learned of such renders; null: nothing. */
  expected: StageTimes | null
  steps: number
  count: number
}

interface Seen {
  awake: () => number
  expected: StageTimes | null
  spent: Partial<Record<Phase, number>>
  pictures: number
  now: { phase: Phase; since: number } | null
  steps: { at: number; of: number; first: number; firstAt: number; lastAt: number } | null
  wantedSteps: number
  count: number
}

/**
 * Says what is left: by this attempt's own steps once two were seen, before that by what was learned. Pictures of one job come
 * one after another, each with its own steps and its own decoding.
 */
export function followStages({ awake, expected, steps, count }: StageDeps): StageClock {
  const seen: Seen = { awake, expected, spent: {}, pictures: 0, now: null, steps: null, wantedSteps: steps, count }
  return {
    phase: (phase) => enter(seen, phase),
    step: (step, of) => stepDone(seen, step, of),
    left() {
      const stage = leftOfStage(seen)
      const whole = stage === null ? null : leftOfAll(seen, stage)
      return { stageMs: stage && Math.round(stage), wholeMs: whole && Math.round(whole) }
    },
    spent: () => spentBy(seen),
    times: () => taughtBy(seen),
  }
}

function enter(seen: Seen, phase: Phase): void {
  seen.spent = spentBy(seen)
  if (seen.now?.phase === 'save' && phase !== 'save') seen.pictures++
  if (phase === 'denoise') seen.steps = null
  seen.now = { phase, since: seen.awake() }
}

/** Some engines count the steps of all pictures together: here they are those of one. */
function stepDone(seen: Seen, said: number, ofAll: number): void {
  const isOfAll = seen.count > 1 && ofAll === seen.wantedSteps * seen.count
  const of = isOfAll ? seen.wantedSteps : ofAll
  const step = isOfAll && said > 0 ? ((said - 1) % of) + 1 : said
  const at = seen.awake()
  seen.steps = seen.steps
    ? { ...seen.steps, at: step, of, lastAt: at }
    : { at: step, of, first: step, firstAt: at, lastAt: at }
}

function spentBy({ spent, now, awake }: Seen): Partial<Record<Phase, number>> {
  if (!now) return spent
  return { ...spent, [now.phase]: Math.round((spent[now.phase] ?? 0) + awake() - now.since) }
}

/** Between the first step that was seen and the last: the first one pays for what is compiled. */
function ownStepMs({ steps }: Seen): number | null {
  return steps && steps.at > steps.first ? (steps.lastAt - steps.firstAt) / (steps.at - steps.first) : null
}

function stepMs(seen: Seen): number | null {
  return ownStepMs(seen) ?? seen.expected?.stepMs ?? null
}

function leftOfStage(seen: Seen): number | null {
  const { now, expected, awake } = seen
  if (!now) return null
  const remains = (ms: number | null) => (ms === null ? null : Math.max(0, ms - (awake() - now.since)))
  if (now.phase === 'denoise') return leftOfSteps(seen)
  if (now.phase === 'load') return remains(expected?.loadMs ?? null)
  if (now.phase === 'encode') return remains(expected?.encodeMs ?? 0)
  if (now.phase === 'decode') return remains(expected?.decodeMs ?? 0)
  return now.phase === 'save' ? remains(expected?.saveMs ?? 0) : null
}

function leftOfSteps(seen: Seen): number | null {
  const each = stepMs(seen)
  if (each === null) return null
  const { steps, wantedSteps } = seen
  return steps ? each * (steps.of - steps.at) : each * wantedSteps
}

/** What comes after this phase: of this picture, then of those after it. */
function leftOfAll(seen: Seen, stage: number): number | null {
  const { now, expected, count, pictures, wantedSteps } = seen
  const each = stepMs(seen)
  const [encode, decode, save] = [expected?.encodeMs ?? 0, expected?.decodeMs ?? 0, expected?.saveMs ?? 0]
  const whole = each === null ? null : each * (seen.steps?.of ?? wantedSteps) + decode + save
  const phase = now!.phase
  if (phase === 'load' || phase === 'encode')
    return whole === null ? null : stage + (phase === 'load' ? encode : 0) + whole * count
  const rest = phase === 'denoise' ? decode + save : phase === 'decode' ? save : 0
  const others = Math.max(0, count - pictures - 1)
  if (others === 0) return stage + rest
  return whole === null ? null : stage + rest + others * whole
}

function taughtBy(seen: Seen): StageTimes {
  const { load, encode, decode, save } = spentBy(seen)
  const pictures = Math.max(1, seen.pictures + (seen.now?.phase === 'save' ? 1 : 0))
  const ofOne = (ms: number | undefined) => (ms === undefined ? null : ms / pictures)
  return {
    loadMs: load ?? null,
    encodeMs: encode ?? null,
    stepMs: ownStepMs(seen),
    decodeMs: ofOne(decode),
    saveMs: ofOne(save),
  }
}

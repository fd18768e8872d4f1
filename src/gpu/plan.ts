import type { MemoryPlan, RenderParams, TierName } from './spec.ts'

/** What a person or a task asks for. What is absent is Hearth's to choose, and Hearth's to lower. */
export type RenderRequest = Partial<Omit<RenderParams, 'prompt'>> &
  Pick<RenderParams, 'prompt'> & {
    function?: string | undefined
    /** Of a clip, instead of frames: the nearest length that the model can do. */
    seconds?: number | undefined
    /** Width by height of what it begins with: its own where no size is asked for. */
    shape?: number | undefined
    /** A profile's id; absent: the best that is installed and fits. */
    model?: string | undefined
    engine?: string | undefined
    tier?: TierName | 'auto' | undefined
    /** Names of inputs that it begins with: `init`, `mask`, `control`, `last`. */
    inputs?: string[] | undefined
    /** The size of `init`, pixels: what an upscale is worked out from. */
    given?: { width: number; height: number } | undefined
    loras?: { model: string; scale: number }[] | undefined
    controlnet?: { model: string; scale: number } | undefined
    /** Lets Hearth lower what was set, too: all of it, or what is named. */
    mayLower?: boolean | Lowerable[] | undefined
  }

/** What a request may set, and let Hearth lower. */
export type Lowerable = 'size' | 'steps' | 'frames' | 'tier' | 'model'

/** Something that was lowered, and why. `rung`: of the ladder; 0: before it was first tried. */
export interface Lowering {
  what: 'tier' | 'steps' | 'size' | 'frames' | 'count' | 'tiling' | 'offload' | 'quantisation' | 'model'
  from: string
  to: string
  rung: number
  why: string
}

/** How a request is run on one device. */
export interface RenderPlan {
  engine: string
  /** A profile's id; null for an engine without weights. */
  model: string | null
  tier: TierName
  params: RenderParams
  memory: MemoryPlan
  lowered: Lowering[]
  /** Memory of the device that it is expected to take, bytes; null: nobody knows. */
  needBytes: number | null
  /** How that is known. */
  needFrom: 'learned' | 'measured' | 'published' | 'estimated' | null
  /** Expected times, ms; null: nobody knows yet. */
  expect: { loadMs: number | null; stepMs: number | null; decodeMs: number | null; totalMs: number | null }
  /** One sentence: why this tier on this device. */
  reason: string
  /** Where on the ladder it stands; 0: as it was first planned. See `ladder.ts`. */
  rung: number
  /** The rungs below that would still change something, the nearest first. */
  ahead: number[]
}

/** What was learned about one way to run a model; see `learned.ts`. */
export interface LearnedKey {
  engine: string
  /** A profile's id; null for an engine without weights. */
  model: string | null
  deviceName: string
  /** From `sizeClass`. */
  size: string
  /** From `memoryKey`. */
  memory: string
}

/** Expected times of the stages, ms; null: not known. `stepMs` is of one step, `decodeMs` and `saveMs` of one picture. */
export interface StageTimes {
  loadMs: number | null
  encodeMs: number | null
  stepMs: number | null
  decodeMs: number | null
  saveMs: number | null
}

/** What the planner asks of what was learned. */
export interface Learned {
  /** The most memory that was seen to be enough, and that was seen not to be; null: nothing is known. */
  memory(key: LearnedKey): { peakBytes: number | null; moreThanBytes: number | null } | null
  /** Cold: the model has to be read from the disk. Warm: it was in use a moment ago. */
  times(key: LearnedKey, start: 'cold' | 'warm'): StageTimes | null
}

/** Whether this may be lowered though the request has set it. */
export function mayLower({ mayLower: may }: Pick<RenderRequest, 'mayLower'>, what: Lowerable): boolean {
  return Array.isArray(may) ? may.includes(what) : may === true
}

import type { EngineManifest } from './manifest.ts'
import type { Learned, RenderPlan, RenderRequest } from './plan.ts'
import type { InstalledModel, ModelProfile } from './profile.ts'
import type { TierName } from './spec.ts'
import type { TierWish } from './tiers.ts'

/** What a plan needs to know of a device. */
export interface PlanDevice {
  id: string
  name: string
  kind: 'cpu' | 'cuda' | 'rocm' | 'xpu' | 'mps'
  totalBytes: number
  freeBytes: number
}

/** What a plan needs to know of an engine. */
export interface PlanEngine {
  manifest: EngineManifest
  /** What is missing, as a sentence for a person, or null when it can run now. */
  missing: string | null
}

/** All that a plan is made from. */
export interface PlanFacts {
  request: RenderRequest
  device: PlanDevice
  engines: PlanEngine[]
  models: InstalledModel[]
  profiles: ModelProfile[]
  learned: Learned
  /** Memory of the device that is left alone, bytes. */
  reserveBytes: number
  /** Memory of the host that offloading may take, bytes. */
  freeRamBytes: number
  /** Where on the ladder the attempt stands: 0 unless one before it ran out of memory. */
  rung: number
  /** What holds where the request says nothing: the project's tier. */
  tier: TierWish
  /** Of the first picture, where the request says nothing. */
  seed?: number
  /** What the attempt before was run as: its engine, model, tier and parameters are kept, so that its checkpoints count. */
  before?: RenderPlan | null
  /** Whether the model is probably still in memory, of the host at least. */
  warm?: boolean
}

/** An engine, and the model that it runs; null for one that has no weights. */
export interface Choice {
  engine: PlanEngine
  model: InstalledModel | null
}

/** One way to run a choice: at a tier, with the savings of the ladder down to a rung. */
export interface State {
  tier: TierName
  rung: number
}

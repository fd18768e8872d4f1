import { freemem } from 'node:os'
import type { Learned, RenderPlan, RenderRequest } from './plan.ts'
import type { PlanDevice, PlanEngine, PlanFacts } from './planner-facts.ts'
import type { InstalledModel, ModelProfile } from './profile.ts'
import type { TierWish } from './tiers.ts'

/** Where a planner's facts come from. */
export interface PlannerDeps {
  render: { engines: { all(): PlanEngine[] } }
  modelStore: { installed(): InstalledModel[]; profiles(): ModelProfile[] }
  learned: Learned & { isWarm(model: string | null): boolean }
  /** Memory of each device that is left alone, bytes. */
  reserveBytes: number
}

/** What is to be planned, and where its job stands. */
export interface PlanFor {
  request: RenderRequest
  tier: TierWish
  device: PlanDevice
  rung?: number
  before?: RenderPlan | null
}

/** The facts of this moment. */
export function factsFor({ render, modelStore, learned, reserveBytes }: PlannerDeps, about: PlanFor): PlanFacts {
  const { request, before = null, rung = 0 } = about
  return {
    ...about,
    rung,
    before,
    engines: render.engines.all(),
    models: modelStore.installed(),
    profiles: modelStore.profiles(),
    learned,
    reserveBytes,
    freeRamBytes: freemem(),
    warm: learned.isWarm(before?.model ?? request.model ?? null),
  }
}

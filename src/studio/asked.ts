import { freemem } from 'node:os'
import type { Reader } from '../db/open.ts'
import { DomainError } from '../errors.ts'
import type { Wish } from '../gpu/devices/choose.ts'
import type { Device } from '../gpu/devices.ts'
import type { EngineSet } from '../gpu/engines.ts'
import type { LearnedStore } from '../gpu/learned.ts'
import type { ModelStore } from '../gpu/models/store.ts'
import type { RenderPlan } from '../gpu/plan.ts'
import { planRender } from '../gpu/planner.ts'
import { type Standing, standingOf } from '../gpu/render-attempts.ts'
import { TIER } from '../gpu/spec.ts'
import { parseTierWish, type TierWish } from '../gpu/tiers.ts'
import type { Breakers } from '../jobs/breaker.ts'
import { Hold, Snooze } from '../jobs/handler.ts'
import type { Job } from '../jobs/tables.ts'
import { planAgain } from './again.ts'
import type { Order } from './order.ts'

/** Until memory that others hold is looked at again. */
const MEMORY_MS = 10_000

export interface AskedDeps {
  read: Reader
  breakers: Breakers
  engines: EngineSet
  modelStore: ModelStore
  learned: LearnedStore
  /** Memory of each device that is left alone, bytes. */
  reserveBytes: number
  /** The devices that there are now. */
  watch: { now(): Device[] }
}

/** What a job asks for at this attempt, and where it stands on the ladder. */
export interface Asking {
  job: Job
  order: Order
  tier: TierWish
  standing: Standing
}

/** Where an attempt of a job begins. */
export async function askingOf(
  { read, modelStore }: Pick<AskedDeps, 'read' | 'modelStore'>,
  job: Job,
  order: Order,
): Promise<Asking> {
  const model = order.recipe?.model?.id
  // What is made again is compared by its weights, which may still have to be hashed.
  if (model && modelStore.installed().some(({ profile }) => profile.id === model)) await modelStore.digest(model)
  const tier = parseTierWish(order.project.tier)
  const standing = order.recipe
    ? { rung: 0, before: null }
    : await standingOf(read, job.id, { request: order.request, tier }, job.freshAfter)
  return { job, order, tier, standing }
}

/** How it would run on a device. @throws as `planRender`; Conflict `recipe_differs` */
export function planOn(deps: AskedDeps, { order, tier, standing }: Asking, device: Device): RenderPlan {
  const { engines, modelStore, learned, reserveBytes } = deps
  if (order.recipe) return planAgain(deps, order.recipe, device, order.anyway)
  const facts = {
    request: order.request,
    device,
    engines: engines.all(),
    models: modelStore.installed(),
    profiles: modelStore.profiles(),
    learned,
    reserveBytes,
    freeRamBytes: freemem(),
    tier,
    ...standing,
  }
  return planRender({ ...facts, warm: learned.isWarm(order.request.model ?? standing.before?.model ?? null) })
}

/**
 * Which devices are of use: those on which it can run at all; of these, one that is not being left alone, where the highest
 * tier fits, and which has its model in reach. @throws what stands in its way where it can run on none
 */
export function wishOf(deps: AskedDeps, asking: Asking): Wish {
  const tried = new Map<string, RenderPlan | Error>()
  const planned = (device: Device): RenderPlan | Error => {
    const known = tried.get(device.id)
    if (known) return known
    const plan = attempt(() => planOn(deps, asking, device))
    tried.set(device.id, plan)
    return plan
  }
  const plans = deps.watch.now().map(planned)
  const refusal = plans.find((plan) => plan instanceof Error)
  if (refusal && plans.every((plan) => !mayRun(plan))) throw forAPerson(refusal, asking)
  const usual = plans.find((plan) => !(plan instanceof Error)) as RenderPlan | undefined
  return {
    can: (device) => mayRun(planned(device)),
    fit: (device) => {
      const plan = planned(device)
      return !(plan instanceof Error) && !deps.breakers.isOpen(breakerOf(device.id, plan.engine))
    },
    ...(differ(plans) ? { prefer: (device) => rateOf(planned(device)) } : {}), // else the one that is warm for it
    profile: usual ? profileOf(usual) : undefined,
    job: asking.job.id,
  }
}

/** The same on the device that it has got; while others hold the memory there, it waits, which is no failure. */
export function planHere(deps: AskedDeps, asking: Asking, device: Device): RenderPlan {
  try {
    return planOn(deps, asking, device)
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'gpu_will_not_fit' || !error.retryable) throw error
    throw new Snooze(MEMORY_MS, error)
  }
}

/**
 * A person decides where the ladder has come to its end: what is learned by now says that nothing that is left on it would fit.
 * So they do where nothing here can do what no sketch stands in for, a clip: the job waits for what is missing, and says what that is.
 */
function forAPerson(refusal: Error, { order, standing }: Asking): Error {
  if (!(refusal instanceof DomainError)) return refusal
  const isAtTheEnd = standing.rung > 0 && refusal.code === 'gpu_will_not_fit'
  const isMissing = (order.request.function ?? 'image') !== 'image' && refusal.code === 'gpu_no_model' && !order.recipe
  return isAtTheEnd || isMissing ? new Hold(refusal) : refusal
}

/** What a device has loaded after it. */
export function profileOf({ engine, model }: Pick<RenderPlan, 'engine' | 'model'>): string {
  return model ?? engine
}

export function breakerOf(device: string, engine: string): string {
  return `device:${device}/${engine}`
}

/** Also where others hold the memory at this moment. */
function mayRun(plan: RenderPlan | Error): boolean {
  return !(plan instanceof Error) || (plan instanceof DomainError && plan.retryable)
}

function differ(plans: (RenderPlan | Error)[]): boolean {
  return new Set(plans.map(rateOf)).size > 1
}

function rateOf(plan: RenderPlan | Error): number {
  return plan instanceof Error ? -1 : TIER.indexOf(plan.tier)
}

function attempt(plan: () => RenderPlan): RenderPlan | Error {
  try {
    return plan()
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}

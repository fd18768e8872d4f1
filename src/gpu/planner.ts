import { DomainError, Invalid } from '../errors.ts'
import { LAST_RUNG, RUNG, rungName } from './ladder.ts'
import { type Lowering, mayLower, type RenderPlan } from './plan.ts'
import { choicesFor, lowerOf } from './planner-choices.ts'
import type { Choice, PlanFacts, State } from './planner-facts.ts'
import { memoryAt, memoryKey, needOf, ramOf, sizeClass, tierOf, tiersOf } from './planner-memory.ts'
import { paramsFor } from './planner-params.ts'
import { expectedTimes, reasonFor } from './planner-reason.ts'
import { noModel, type Refused, willNotFit } from './planner-words.ts'
import { type MemoryPlan, memoryPlan, TIER, type TierName } from './spec.ts'
import { tierFor } from './tiers.ts'

/** A plan, and whether the device and the host have the memory for it. */
interface Draft {
  plan: RenderPlan
  choice: Choice
  fits: boolean
  /** It would, were nothing else on the device. */
  fitsEmpty: boolean
  /** What it takes of the host's memory, where that is what is missing. */
  missingRam: number | null
}

/**
 * How a request is run on one device. Pure. The model is the one that is named, else the best that is installed and fits; the
 * tier the one that is forced, by heavier savings of memory if need be, else the highest whose need fits what is free, less the reserve.
 * A number of the request is never changed unless it says `mayLower`.
 * @throws DomainError `gpu_no_model`, `gpu_will_not_fit` (retryable when others hold the memory); Invalid `invalid_steps`, `invalid_size`, `invalid_frames`, `gpu_bad_spec`
 */
export function planRender(facts: PlanFacts): RenderPlan {
  if (!facts.before) return planned(facts)
  try {
    return planned(facts)
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'gpu_no_model') throw error
    return planned({ ...facts, before: null }) // its engine or model is gone, or of no use on this device: another is chosen
  }
}

/** What could not be, and why. */
interface Passed {
  /** The best that does not fit, and the one that would take the least. */
  best?: Draft
  least?: Draft
  invalid?: Invalid
}

function planned(facts: PlanFacts): RenderPlan {
  const passed: Passed = {}
  for (const choice of choicesFor(facts)) {
    if (!choice.model && isNoAnswer(facts, passed)) break
    const found = firstThatFits(facts, choice, passed)
    if (found) return finished(facts, found, passed.best)
  }
  if (passed.least) throw willNotFit(facts, refusalOf(passed.least))
  throw passed.invalid ?? noModel('Memory ran out, and nothing on this device could be done in less.')
}

/** A drawing is none to a size that no model takes, to a tier that was forced, nor to a moment at which others hold the memory. */
function isNoAnswer(facts: PlanFacts, { invalid, least }: Passed): boolean {
  const isForced = wishOf(facts) !== 'auto' && !mayLower(facts.request, 'tier')
  return invalid !== undefined || (least !== undefined && (isForced || least.fitsEmpty))
}

function firstThatFits(facts: PlanFacts, choice: Choice, passed: Passed): Draft | null {
  for (const state of statesOf(facts, choice)) {
    const draft = attempted(facts, choice, state)
    if (draft instanceof Invalid)
      passed.invalid ??= draft // of this tier: another may allow it
    else if (draft?.fits) return draft
    else if (draft) {
      passed.best ??= draft
      const isLess = !passed.least || draft.plan.needBytes! < passed.least.plan.needBytes!
      if (isLess && (draft.fitsEmpty || !passed.least?.fitsEmpty)) passed.least = draft
    }
  }
  return null
}

/** The ways to run a choice, the best first. */
function statesOf(facts: PlanFacts, choice: Choice): State[] {
  const { request, before, rung } = facts
  const forced = before ? before.tier : wishOf(facts)
  const tiers = autoTiers(facts, choice)
  if (forced === 'auto' && rung === 0) {
    const lowest = tiers.at(-1)!
    return [
      ...tiers.map((tier) => ({ tier, rung: 0 })),
      ...rungsFrom(RUNG.tiling).map((one) => ({ tier: lowest, rung: one })),
    ]
  }
  const start = forced === 'auto' ? firstTier(facts, choice) : forced
  const lowersTier = wishOf(facts) === 'auto' || mayLower(request, 'tier')
  const since = before ? Math.max(before.rung, RUNG.quantisation) : RUNG.quantisation
  const again = before?.rung === rung && rung > RUNG.quantisation ? [{ tier: start, rung }] : []
  const same = [...again, ...rungsFrom(rung).map((one) => ({ tier: start, rung: one }))]
  const lower = lowersTier ? below(choice, start).map((tier, i) => ({ tier, rung: since + 1 + i })) : []
  const states = [...same, ...lower.filter((state) => state.rung >= rung && state.rung <= LAST_RUNG)]
  const useful = before && rung > before.rung ? states.filter((state) => before.ahead.includes(state.rung)) : []
  return useful.length > 0 ? useful : states
}

/** A CPU gets the lowest: it is slow. */
function autoTiers({ device }: PlanFacts, { model }: Choice): TierName[] {
  if (!model) return [tierFor(device).name]
  return device.kind === 'cpu' ? tiersOf(model).slice(-1) : tiersOf(model)
}

/** With no rung of tiers among them: those say which tier they mean. */
function rungsFrom(rung: number): number[] {
  const rungs = [RUNG.planned, RUNG.fresh, RUNG.tiling, RUNG.encoder, RUNG.model, RUNG.group, RUNG.quantisation]
  return rungs.filter((one) => one >= rung && (one !== RUNG.fresh || rung === RUNG.fresh))
}

function wishOf({ request, tier }: PlanFacts): TierName | 'auto' {
  return request.tier ?? tier
}

/** What was planned before memory ran out, when nobody has kept it. */
function firstTier(facts: PlanFacts, choice: Choice): TierName {
  const draft = firstThatFits({ ...facts, rung: 0, before: null }, choice, {})
  return draft?.plan.tier ?? autoTiers(facts, choice).at(-1)!
}

function below({ model }: Choice, tier: TierName): TierName[] {
  const names = model ? tiersOf(model) : [...TIER].toReversed()
  return names.filter((name) => TIER.indexOf(name) < TIER.indexOf(tier))
}

/** Null where the rung has nothing to offer that those before it had not. */
function draftOf(facts: PlanFacts, wanted: Choice, { tier, rung }: State): Draft | null {
  const choice = choiceAt(facts, wanted, rung)
  if (!choice) return null
  const { params, lowered } = paramsFor(facts, choice, tier)
  const profile = choice.model && tierOf(choice.model, tier)
  const memory = profile ? memoryAt(profile, facts.device, rung) : memoryPlan.parse({})
  const need = needOf(facts, choice, tier, rung, params)
  const { freeBytes, totalBytes } = facts.device
  const ram = profile ? ramOf(choice.model!, profile, memory) : 0
  const hasRam = ram <= facts.freeRamBytes
  const savings = savingsOf(facts, wanted, choice, { tier, rung, memory })
  const plan: RenderPlan = {
    engine: choice.engine.manifest.name,
    model: choice.model?.profile.id ?? null,
    tier,
    params,
    memory,
    lowered: [...lowered.map((one) => ({ ...one, rung })), ...savings],
    needBytes: need.bytes,
    needFrom: need.from,
    expect: expectedTimes(facts, { engine: choice.engine.manifest.name, model: choice.model, params, memory }),
    reason: '',
    rung,
    ahead: [],
  }
  const fitsIn = (bytes: number) => need.bytes === null || need.bytes <= bytes - facts.reserveBytes
  return {
    plan,
    choice,
    fits: hasRam && fitsIn(freeBytes),
    fitsEmpty: hasRam && fitsIn(totalBytes),
    missingRam: hasRam ? null : ram,
  }
}

/** From the rung of quantisation on, a smaller one of the same model, where it may be another and one is installed. */
function choiceAt(facts: PlanFacts, wanted: Choice, rung: number): Choice | null {
  if (rung < RUNG.quantisation || facts.before?.rung === rung) return wanted
  const isNamed = facts.request.model !== undefined && !mayLower(facts.request, 'model')
  const wasLowered = (facts.before?.rung ?? 0) >= RUNG.quantisation
  const [lower] = isNamed || wasLowered ? [] : lowerOf(facts, wanted)
  return lower ?? (rung === RUNG.quantisation ? null : wanted)
}

function savingsOf(
  facts: PlanFacts,
  wanted: Choice,
  choice: Choice,
  { tier, rung, memory }: State & { memory: MemoryPlan },
): Lowering[] {
  const why = facts.rung === 0 ? `${facts.device.name} has no room for more` : `memory ran out, so ${rungName(rung)}`
  const earlier = facts.before?.lowered ?? []
  const usual = choice.model ? memoryAt(tierOf(choice.model, tier), facts.device, 0) : memory
  const lowered: Lowering[] = []
  if (memory.vaeTiling && !usual.vaeTiling) lowered.push({ what: 'tiling', from: 'off', to: 'on', rung, why })
  if (memory.offload !== usual.offload)
    lowered.push({ what: 'offload', from: usual.offload, to: memory.offload, rung, why })
  const model = earlier.find(({ what }) => what === 'quantisation')
  if (choice.model !== wanted.model)
    lowered.push({ what: 'quantisation', from: wanted.model!.profile.id, to: choice.model!.profile.id, rung, why })
  else if (model) lowered.push(model)
  const first = earlier.find(({ what }) => what === 'tier')?.from ?? startTier(facts, wanted)
  if (first && first !== tier && TIER.indexOf(first as TierName) > TIER.indexOf(tier))
    lowered.push({ what: 'tier', from: first, to: tier, rung, why })
  return lowered
}

/** The tier that it would have, had memory not run out; null where Hearth chooses it now. */
function startTier({ before, ...facts }: PlanFacts, choice: Choice): TierName | null {
  if (before) return before.tier
  const wish = wishOf(facts)
  if (wish !== 'auto') return wish
  return facts.rung === 0 ? null : firstTier(facts, choice)
}

function finished(facts: PlanFacts, { plan, choice }: Draft, better: Draft | undefined): RenderPlan {
  const isStandIn = better && !choice.model
  const why = `${facts.device.name} has no room for it`
  const lowered = isStandIn ? [{ what: 'model' as const, from: better.plan.model!, to: plan.engine, rung: 0, why }] : []
  const whole = { ...plan, lowered: [...plan.lowered, ...lowered] }
  return { ...whole, ahead: aheadOf(facts, choice, plan), reason: reasonFor(facts, choice, whole, better) }
}

/** The rungs that would each take less than the one before: what is no saving is not tried. An engine without weights can only begin again. */
function aheadOf(facts: PlanFacts, choice: Choice, plan: RenderPlan): number[] {
  const fresh = plan.rung === RUNG.planned ? [RUNG.fresh] : []
  if (!choice.model) return fresh
  const below = { ...facts, rung: plan.rung, before: plan }
  const ahead: number[] = []
  let least = plan.needBytes ?? Number.POSITIVE_INFINITY
  for (const state of statesOf(below, choice)) {
    if (state.rung <= plan.rung || state.rung === RUNG.fresh) continue
    const draft = attempted(below, choice, state)
    if (!draft || draft instanceof Invalid || draft.missingRam !== null) continue
    if (draft.plan.needBytes === null || draft.plan.needBytes >= least) continue
    least = draft.plan.needBytes
    ahead.push(state.rung)
  }
  return [...fresh, ...ahead]
}

function attempted(facts: PlanFacts, choice: Choice, state: State): Draft | Invalid | null {
  try {
    return draftOf(facts, choice, state)
  } catch (error) {
    if (error instanceof Invalid) return error
    throw error
  }
}

function refusalOf({ plan, choice, fitsEmpty, missingRam }: Draft): Refused {
  const label = choice.model?.profile.label ?? choice.engine.manifest.label
  return { label, tier: plan.tier, needBytes: plan.needBytes ?? 0, later: fitsEmpty, missingRam }
}

/** How a plan is known to what was learned. */
export function learnedKeyOf(plan: Pick<RenderPlan, 'engine' | 'model' | 'params' | 'memory'>, deviceName: string) {
  const { engine, model, params, memory } = plan
  return { engine, model, deviceName, size: sizeClass(params), memory: memoryKey(memory) }
}

import type { Choice, PlanEngine, PlanFacts } from './planner-facts.ts'
import { noModel } from './planner-words.ts'
import type { InstalledModel, ModelProfile } from './profile.ts'

const SKETCH = 'sketch'
const USUAL_QUALITY = 50

/**
 * Engines and models that can do what is asked for, the best first: what the request or the attempt before named; else what is
 * installed, by quality; last, for a picture from text and for making one larger, a sketch. @throws DomainError `gpu_no_model` when there is none
 */
export function choicesFor(facts: PlanFacts): Choice[] {
  const { request, before } = facts
  const model = before ? before.model : request.model
  const engine = before ? before.engine : request.engine
  if (model) return named(facts, model, engine)
  if (engine) return ofEngine(facts, engine)
  const choices = [...(facts.device.kind === 'cpu' ? [] : installedChoices(facts)), ...sketches(facts)]
  if (choices.length > 0) return choices
  throw nothingFor(facts)
}

/** A smaller quantisation of a model that is installed and can run, the best first. */
export function lowerOf(facts: PlanFacts, { model }: Choice): Choice[] {
  if (!model) return []
  return byQuality(facts.models.filter(({ profile }) => profile.lowers === model.profile.id)).flatMap((one) =>
    withEngines(facts, one).slice(0, 1),
  )
}

function named(facts: PlanFacts, id: string, engine: string | undefined): Choice[] {
  const model = facts.models.find(({ profile }) => profile.id === id)
  if (!model) throw notInstalled(facts, id)
  const found = withEngines(facts, model).filter((one) => !engine || one.engine.manifest.name === engine)
  if (found.length > 0) return found
  throw noModel(whyNot(facts, model.profile, engine), { model: id })
}

function ofEngine(facts: PlanFacts, name: string): Choice[] {
  const engine = facts.engines.find(({ manifest }) => manifest.name === name)
  if (!engine) throw noModel(`There is no engine “${name}”. Look at the devices page for those that there are.`)
  if (engine.missing !== null) throw noModel(engine.missing, { engine: name })
  if (!does(facts, engine)) throw noModel(`${engine.manifest.label} can't do “${functionOf(facts)}”.`, { engine: name })
  if (engine.manifest.families.length === 0) return [{ engine, model: null }]
  const choices = installedChoices(facts).filter((one) => one.engine === engine)
  if (choices.length > 0) return choices
  throw nothingFor(facts)
}

function installedChoices(facts: PlanFacts): Choice[] {
  return byQuality(facts.models).flatMap((model) => withEngines(facts, model))
}

function byQuality(models: InstalledModel[]): InstalledModel[] {
  return models.toSorted(
    (a, b) =>
      (b.profile.quality ?? USUAL_QUALITY) - (a.profile.quality ?? USUAL_QUALITY) ||
      Number(a.profile.lowers !== undefined) - Number(b.profile.lowers !== undefined) ||
      b.bytes - a.bytes ||
      (a.profile.id < b.profile.id ? -1 : 1),
  )
}

/** In the profile's order. */
function withEngines(facts: PlanFacts, model: InstalledModel): Choice[] {
  const { profile } = model
  if (!profile.functions.includes(functionOf(facts)) || !modesOf(facts).every((mode) => profile.modes.includes(mode)))
    return []
  return profile.engines.flatMap((name) => {
    const engine = facts.engines.find(({ manifest }) => manifest.name === name)
    return engine && engine.missing === null && does(facts, engine) && loads(engine, profile) ? [{ engine, model }] : []
  })
}

function sketches(facts: PlanFacts): Choice[] {
  const { request, engines } = facts
  const engine = engines.find(({ manifest }) => manifest.name === SKETCH)
  const begins = (request.inputs ?? []).join(' ') === (functionOf(facts) === 'upscale' ? 'init' : '')
  const asksMore = !begins || (request.loras?.length ?? 0) > 0 || request.controlnet
  return engine && engine.missing === null && does(facts, engine) && !asksMore ? [{ engine, model: null }] : []
}

/** One that works on a CPU works on any machine: it leaves the device that is leased for it idle. */
function does(facts: PlanFacts, { manifest }: PlanEngine): boolean {
  const works =
    manifest.devices.includes(facts.device.kind) || (manifest.families.length === 0 && manifest.devices.includes('cpu'))
  return works && manifest.functions.includes(functionOf(facts))
}

function loads({ manifest }: PlanEngine, { family, format }: ModelProfile): boolean {
  const { families, formats } = manifest
  return (families.includes('*') || families.includes(family)) && (formats.length === 0 || formats.includes(format))
}

export function functionOf({ request }: Pick<PlanFacts, 'request'>): string {
  return request.function ?? 'image'
}

function modesOf({ request }: PlanFacts): ModelProfile['modes'] {
  const inputs = request.inputs ?? []
  if (inputs.includes('mask')) return ['inpaint']
  const modes: ModelProfile['modes'] = inputs.includes('init') ? ['image'] : ['text']
  return request.controlnet ? [...modes, 'control'] : modes
}

function notInstalled({ profiles }: PlanFacts, id: string) {
  const known = profiles.find((profile) => profile.id === id)
  return known
    ? noModel(`${known.label} is not installed. Add it with “hearth models add ${id}”, then try again.`, { model: id })
    : noModel(`There is no model “${id.slice(0, 100)}”. See “hearth models list”.`, { model: id })
}

function whyNot(facts: PlanFacts, profile: ModelProfile, engine: string | undefined): string {
  const names = engine ? [engine] : profile.engines
  const found = facts.engines.filter(({ manifest }) => names.includes(manifest.name))
  const missing = found.find((one) => one.missing !== null)?.missing
  if (missing) return missing
  if (found.length === 0) return `${profile.label} needs one of these engines: ${profile.engines.join(', ')}.`
  return `${profile.label} can't do this (“${functionOf(facts)}” from ${modesOf(facts).join(' and ')}) on ${facts.device.name}. Choose another model.`
}

function nothingFor(facts: PlanFacts) {
  const what = functionOf(facts)
  const context = { function: what }
  const able = facts.models.filter(
    ({ profile }) => profile.functions.includes(what) && modesOf(facts).every((mode) => profile.modes.includes(mode)),
  )
  const { label = '', id = '' } = byQuality(able)[0]?.profile ?? {}
  if (able.some((model) => withEngines(facts, model).length > 0))
    return noModel(
      `${label} can do this, but is slow on ${facts.device.name}: name it (${id}) to have it done all the same.`,
      context,
    )
  if (able.length > 0)
    return noModel(`${label} can’t run yet. ${whyNot(facts, byQuality(able)[0]!.profile, undefined)}`, context)
  return noModel(
    `No model is installed that can do this (${what === 'video' ? 'clips' : `“${what}”`} from ${beginningOf(facts)}) on ${facts.device.name}. Add one on the page “Weights”, or with “hearth models add”.`,
    context,
  )
}

function beginningOf(facts: PlanFacts): string {
  return modesOf(facts)
    .map((mode) => (mode === 'image' ? 'a picture' : mode))
    .join(' and ')
}

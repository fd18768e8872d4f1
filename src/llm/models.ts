import { DomainError, Invalid } from '../errors.ts'
import type { ModelFacts } from './model-table.ts'
import type { Provider, Purpose } from './provider.ts'
import { VENDORS } from './setup/vendors.ts'

/** The model of a project that was made for real models without naming one: whichever is first in the chain at the time. */
export const AUTO = 'auto'

export interface Choice {
  provider: Provider
  /** The vendor's id of the model. */
  model: string
}

/** The models as they are set up at this moment. */
export interface Models {
  /** All that can be asked, the preferred one first; the demo is always there, last. */
  providers(): Provider[]
  /**
   * Whom to ask for a purpose: `wanted` (a project's own model) first, then what takes its place when that fails. Never empty;
   * the demo is in it only when it was chosen, or when there is nothing else. @throws Invalid `unknown_model`
   */
  chain(purpose: Purpose, wanted?: string): Choice[]
  /** What is known of a model: the table's figures, and what the owner knows better. */
  facts(provider: string, model: string): ModelFacts
}

/**
 * The model that a name means: `provider`, `provider/model` or a bare model id; without a name, the first provider's
 * own choice. @throws Invalid `unknown_model` with the names that there are.
 */
export function chooseModel(providers: Provider[], wanted?: string): Choice {
  const name = wanted?.trim()
  if (!name) return defaultOf(providers.find(({ defaultModel }) => defaultModel !== '')!)
  const found = findModel(providers, name)
  if (!found) throw unknownModel(providers, name)
  return found
}

/** What a name means with these settings; undefined for one that they don't know, or know no more. */
export function findModel(providers: Provider[], name: string): Choice | undefined {
  const [first, model] = split(name)
  const named = providers.find((provider) => provider.name === first)
  if (named && model === undefined) return named.defaultModel === '' ? undefined : defaultOf(named)
  const provider = model === undefined ? ownerOf(providers, name) : named
  const id = model ?? name
  return provider?.takes(id) ? { provider, model: id } : undefined
}

/** Whose model a bare id is. Servers of one's own would take any: theirs are those that they were found to have. */
function ownerOf(providers: Provider[], id: string): Provider | undefined {
  return providers.find(({ models }) => models.includes(id)) ?? providers.find((one) => !one.local && one.takes(id))
}

function split(name: string): [string, string | undefined] {
  const slash = name.indexOf('/')
  return slash < 0 ? [name, undefined] : [name.slice(0, slash), name.slice(slash + 1)]
}

function defaultOf(provider: Provider): Choice {
  return { provider, model: provider.defaultModel }
}

function unknownModel(providers: Provider[], name: string): Invalid {
  const known = providers.flatMap((one) => (one.demo ? [one.name] : one.models.map((model) => `${one.name}/${model}`)))
  const hint = hintFor(name, providers)
  return new Invalid(
    'unknown_model',
    `There is no model “${name.slice(0, 80)}”. There is: ${known.join(', ')}.${hint}`,
    { context: { field: 'model', known } },
  )
}

/** How to get a model of a vendor that is not set up. */
function hintFor(name: string, providers: Provider[]): string {
  const [first, model = name] = split(name)
  const missing = Object.entries(VENDORS).find(
    ([vendor, { model: itsOwn }]) =>
      (vendor === first || itsOwn?.test(model)) && !providers.some((one) => one.name === vendor),
  )?.[1]
  const setting = missing?.keySetting ?? missing?.addressSetting
  return setting ? ` Set ${setting}, or set it up on the page of models, to use ${missing!.models}.` : ''
}

/** What a person reads of a model. A project outlives the settings that it was made with: the name of a model that is gone has to do. */
export function labelOf(models: Models, name: string): { label: string; demo: boolean } {
  const found = name === AUTO ? firstOf(models) : findModel(models.providers(), name)
  if (!found) return { label: name === AUTO ? 'No model' : name, demo: false }
  const { provider, model } = found
  return { label: provider.demo ? provider.label : model, demo: provider.demo }
}

/** The model that writes for those who name none. */
function firstOf(models: Models): Choice | undefined {
  try {
    return models.chain('write', AUTO)[0]
  } catch (error) {
    if (error instanceof DomainError) return undefined
    throw error
  }
}

import type { Clock } from '../clock.ts'
import type { Config, VendorsConfig } from '../config.ts'
import { anthropicProvider } from './anthropic.ts'
import { chainOf } from './chains.ts'
import { compatibleProvider } from './compatible.ts'
import { demoProject } from './demo/project.ts'
import { demoProvider } from './demo.ts'
import { googleProvider } from './google.ts'
import { factsOf, type Prices } from './model-table.ts'
import type { Models } from './models.ts'
import { ollamaProvider } from './ollama.ts'
import { openaiProvider } from './openai.ts'
import type { Provider } from './provider.ts'
import { type Place, placesOf } from './setup/places.ts'
import type { Reach } from './setup/reach.ts'
import type { Setup } from './setup/setup.ts'
import type { Kind } from './setup/vendors.ts'
import { xaiProvider } from './xai.ts'

/** A provider of each kind, from what is set up and the models that its server was found to have. */
const FACTORIES: Record<Kind, (place: Usable, models: string[], windowOf: WindowOf) => Provider> = {
  anthropic: ({ apiKey, baseUrl, scheme }) => anthropicProvider({ apiKey: apiKey!, baseUrl, scheme }),
  openai: ({ apiKey, baseUrl }) => openaiProvider({ apiKey: apiKey!, baseUrl }),
  google: ({ apiKey, baseUrl }) => googleProvider({ apiKey: apiKey!, baseUrl }),
  xai: ({ apiKey, baseUrl }) => xaiProvider({ apiKey: apiKey!, baseUrl }),
  compatible: compatibleAt,
  ollama: ({ provider, label, apiKey, baseUrl }, models, contextAtMost) =>
    ollamaProvider({ name: provider, label, apiKey, baseUrl, models, contextAtMost }),
}

/** Tokens that a model may have in view, where the owner says so. */
type WindowOf = (model: string) => number | undefined

/** As long as it is not known which models a server has, it may have any that is named. */
const ANY_MODEL = /^[^\s\p{Cc}]{1,200}$/u

function compatibleAt({ provider, label, apiKey, baseUrl }: Usable, models: string[]): Provider {
  const made = compatibleProvider({ name: provider, label, apiKey, baseUrl, models, defaultModel: models[0] ?? '' })
  return models.length > 0 ? made : { ...made, takes: (model) => ANY_MODEL.test(model) }
}

type Usable = Place & { baseUrl: string }

/** What servers of one's own were last found to have. */
type Heard = Pick<Reach, 'modelsAt' | 'windowAt'>

const NOTHING: Heard = { modelsAt: () => [], windowAt: () => undefined }

export interface ModelsDeps {
  config: Pick<Config, 'model' | 'demoBytesPerSecond'>
  /** What is set up at this moment. */
  setup: { readonly current: Setup }
  reach?: Heard
  clock: Pick<Clock, 'awake' | 'sleep'>
  /** What each provider needs around it. */
  wrap: (provider: Provider) => Provider
}

const FREE: Prices = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 }

/**
 * The models as they are set up, always as of now: a change holds for the next request, and streams that run go on with
 * what they began with.
 */
export function openModels({ config, setup, reach = NOTHING, clock, wrap }: ModelsDeps): Models {
  const demo = wrap(demoProvider({ project: demoProject, bytesPerSecond: config.demoBytesPerSecond, clock }))
  let made = new Map<string, Provider>()
  const providers = () => {
    const wanted = setup.current.places.flatMap((place) =>
      providerAt(
        place,
        reach.modelsAt(place),
        (model) => setup.current.overrides[`${place.provider}/${model}`]?.context,
      ),
    )
    made = new Map(wanted.map(({ sign, make }) => [sign, made.get(sign) ?? wrap(make())]))
    return [...made.values(), demo]
  }
  return {
    providers,
    chain: (purpose, wanted) =>
      chainOf({ purpose, providers: providers(), own: setup.current.chains[purpose], preferred: config.model }, wanted),
    facts: knownFacts(setup, reach),
  }
}

/** How the provider of a place is made, and what tells it from one that is set up otherwise. */
function providerAt(place: Place, models: string[], windowOf: WindowOf): { sign: string; make: () => Provider }[] {
  if (!isUsable(place)) return []
  const { provider, baseUrl, apiKey, scheme, local } = place
  return [
    {
      sign: JSON.stringify([provider, baseUrl, apiKey, scheme, models]),
      make: () => ({ ...FACTORIES[place.kind](place, models, windowOf), name: provider, address: baseUrl, local }),
    },
  ]
}

/** The providers that the environment alone sets up; the demo is always there, last. */
export function openProviders(
  config: Pick<Config, 'vendors' | 'demoBytesPerSecond'>,
  clock: Pick<Clock, 'awake' | 'sleep'>,
): Provider[] {
  const setup = { current: setupOf(config.vendors) }
  return openModels({ config: { ...config, model: undefined }, setup, clock, wrap: (one) => one }).providers()
}

function setupOf(vendors: VendorsConfig): Setup {
  return { places: placesOf(vendors, { keys: new Map(), servers: new Map() }), chains: {}, overrides: {} }
}

/**
 * What the table, the server and the owner know, the later above the earlier, always as of now. A server of the own network charges
 * nothing that anybody has told of.
 */
export function knownFacts(
  setup: { readonly current: Setup },
  { windowAt }: Pick<Heard, 'windowAt'> = NOTHING,
): Models['facts'] {
  return (provider, model) => {
    const { places, overrides } = setup.current
    const place = places.find((one) => one.provider === provider)
    const table = factsOf(provider, model, overrides)
    const isSaid = overrides[`${provider}/${model}`]?.context !== undefined
    const window = place && !isSaid ? windowAt(place, model) : undefined
    const facts = window ? { ...table, context: window, output: Math.min(table.output, window) } : table
    const free = place?.local && place.kind === 'compatible' && facts.prices.input === null
    return free ? { ...facts, prices: { ...FREE } } : facts
  }
}

function isUsable(place: Place): place is Usable {
  return place.usable
}

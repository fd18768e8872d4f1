import { eq } from 'drizzle-orm'
import { accounts } from '../../accounts/tables.ts'
import type { Reader } from '../../db/open.ts'
import type { ModelFacts } from '../../llm/model-table.ts'
import type { Models } from '../../llm/models.ts'
import { type Provider, PURPOSES, type Purpose } from '../../llm/provider.ts'
import type { Place, Source, TypedKey } from '../../llm/setup/places.ts'
import type { Reach } from '../../llm/setup/reach.ts'
import type { ModelSetup } from '../../llm/setup/setup.ts'
import { type Kind, type Scheme, VENDORS } from '../../llm/setup/vendors.ts'

/** The end of a key is shown to tell two apart, when what is left is still a secret. */
const SHOWN_OF_A_KEY = 4
const SHORTEST_SHOWN = 24

export interface ViewDeps {
  read: Reader
  models: Models
  setup: ModelSetup
  reach: Reach
}

/** A provider as the page and the API show it. Of its key there is never more than the end. */
export interface ProviderView {
  name: string
  kind: Kind
  label: string
  named: boolean
  local: boolean
  usable: boolean
  baseUrl: string | null
  address: Source
  addressSetting: string
  scheme: Scheme
  key: KeyView
  tried: { at: number; ok: boolean; says: string } | null
}

export interface KeyView {
  from: Source
  /** The setting that a key of the environment has. */
  setting: string | null
  ending: string | null
  setAt: number | null
  /** An e-mail address, where it was a person who is still here. */
  setBy: string | null
  trouble: string | null
}

/** A model that can be asked, with what is known of it. `id` is what it is called by. */
export interface ModelView {
  id: string
  provider: string
  label: string
  demo: boolean
  local: boolean
  facts: ModelFacts
}

export interface ChainView {
  purpose: Purpose
  /** The owner's own; empty: the rule. */
  models: string[]
  /** Whom it comes to at this moment. */
  now: string[]
}

export function providerViews(deps: ViewDeps): Promise<ProviderView[]> {
  return Promise.all(deps.setup.current.places.map((place) => providerView(deps, place)))
}

export async function providerView(
  { read, reach }: Pick<ViewDeps, 'read' | 'reach'>,
  place: Place,
): Promise<ProviderView> {
  const { provider: name, kind, label, named, local, usable, address, scheme } = place
  const tried = reach.last(place)
  return {
    name,
    kind,
    label,
    named,
    local,
    usable,
    baseUrl: place.baseUrl ?? null,
    address,
    addressSetting: VENDORS[kind].addressSetting,
    scheme,
    key: await keyView(read, place),
    tried: tried ? { at: tried.at, ok: tried.ok, says: tried.says } : null,
  }
}

/** Every model that can be asked now. */
export function modelViews({ models, setup }: Pick<ViewDeps, 'models' | 'setup'>): ModelView[] {
  const overridden = Object.keys(setup.current.overrides)
  return models.providers().flatMap((provider) => {
    const own = overridden.flatMap((name) =>
      name.startsWith(`${provider.name}/`) ? [name.slice(provider.name.length + 1)] : [],
    )
    return [...new Set([...provider.models, ...own])].map((model) => modelView(models, provider, model))
  })
}

export function chainViews({ models, setup }: Pick<ViewDeps, 'models' | 'setup'>): ChainView[] {
  return PURPOSES.map((purpose) => ({
    purpose,
    models: setup.current.chains[purpose] ?? [],
    now: chainNow(models, purpose),
  }))
}

function modelView(models: Models, { name, demo, local = false }: Provider, model: string): ModelView {
  const id = demo ? name : `${name}/${model}`
  return { id, provider: name, label: demo ? 'Demo (no AI)' : model, demo, local, facts: models.facts(name, model) }
}

function chainNow(models: Models, purpose: Purpose): string[] {
  try {
    return models
      .chain(purpose)
      .map(({ provider, model }) => (provider.demo ? provider.name : `${provider.name}/${model}`))
  } catch {
    return [] // a server that has not answered yet, or HEARTH_MODEL names what there is not: the page of providers says so
  }
}

async function keyView(read: Reader, { keyFrom, kind, apiKey, typedKey }: Place): Promise<KeyView> {
  const typed = keyFrom === 'typed' ? typedKey : undefined
  return {
    from: keyFrom,
    setting: VENDORS[kind].keySetting ?? null,
    ending: keyFrom === 'none' ? null : endingOf(apiKey),
    setAt: typed?.setAt ?? null,
    setBy: await whoSet(read, typed),
    trouble: typed?.trouble ?? null,
  }
}

function endingOf(key: string | undefined): string | null {
  return key !== undefined && key.length >= SHORTEST_SHOWN ? key.slice(-SHOWN_OF_A_KEY) : null
}

async function whoSet(read: Reader, typed: TypedKey | undefined): Promise<string | null> {
  const id = /^person:(.+)$/.exec(typed?.setBy ?? '')?.[1]
  if (!id) return null
  const [person] = await read.select({ email: accounts.email }).from(accounts).where(eq(accounts.id, id))
  return person?.email ?? null
}

import type { Clock } from '../../clock.ts'
import { isLocal } from './addresses.ts'
import { type Asked, type Listing, listModels, type Trouble } from './list-models.ts'
import type { Place } from './places.ts'
import type { Setup } from './setup.ts'
import type { Kind } from './vendors.ts'
import { type Windows, windowsAt } from './windows.ts'

/** How long the owner who asks for it may wait for a server's word. */
const TRY_MS = 5_000
/** How long a server of the own network may take that nobody waits for. */
const LOOK_MS = 1_000
/** How often servers of one's own are asked which models they have: people pull others, and start servers late. */
const AGAIN_MS = 60_000

/** What came of asking a provider for its models. */
export interface Tried {
  at: number
  ok: boolean
  why?: Trouble
  /** A sentence for the owner. */
  says: string
  models: string[]
}

/** A server that was found by itself and is not used. */
export interface Offer {
  kind: Kind
  label: string
  baseUrl: string
  /** A name that it could have. */
  name: string
  models: string[]
}

export interface ReachDeps {
  setup: { readonly current: Setup }
  /** Where to look for servers that nobody has named. */
  localServers: string[]
  clock: Pick<Clock, 'now' | 'sleep'>
}

export interface Reach extends AsyncDisposable {
  /** Asks the server of a provider for its models, now. */
  try(place: Place): Promise<Tried>
  /** What came of it last, with this address and key. */
  last(place: Place): Tried | undefined
  /** The models that the server of a place was last found to have. */
  modelsAt(place: Place): string[]
  /** Tokens that this server says the model has in view; undefined where it does not tell. */
  windowAt(place: Place, model: string): number | undefined
  /** Looks for servers that nobody has named. */
  look(): Promise<Offer[]>
  /** What was found there last. */
  offers(): Offer[]
  /** Looks in the background, and asks one's own servers again and again, until disposed. */
  watch(): void
  /** Resolves when one's own servers have been asked for the first time. */
  readonly asked: Promise<void>
}

/** Knows which providers answer, and which models servers of one's own have. All of it is memory: asking costs nothing. */
export function openReach({ setup, localServers, clock }: ReachDeps): Reach {
  const tried = new Map<string, Tried>()
  const lists = new Map<string, string[]>()
  const windows = new Map<string, Windows>()
  const closing = new AbortController()
  const first = Promise.withResolvers<void>()
  let offers: Offer[] = []
  let watching: Promise<void> = Promise.resolve()

  /** `anew`: what a model's window was known to be is asked again too. */
  async function ask(place: Place, ms: number, anew = false): Promise<Tried> {
    if (place.baseUrl === undefined) return { at: clock.now(), ok: false, says: 'It has no address yet.', models: [] }
    const sign = signOf(place)
    const listing = await listModels(place as Asked, ms, closing.signal, { clock })
    const word = wordOf(place, listing, clock.now())
    tried.set(sign, word)
    if (!listing.ok) return word
    lists.set(sign, listing.models)
    const known = anew ? new Map() : (windows.get(sign) ?? new Map())
    if (isOwn(place)) windows.set(sign, await windowsAt(place as Asked, listing, known, ms, closing.signal, clock))
    return word
  }

  async function look(): Promise<Offer[]> {
    const used = new Set(setup.current.places.flatMap(({ baseUrl }) => (baseUrl ? [rootOf(baseUrl)] : [])))
    const unknown = localServers.filter((address) => !used.has(rootOf(address)))
    const found = await Promise.all(unknown.map((address) => offerAt(address, clock, closing.signal)))
    offers = found.filter((offer) => offer !== undefined)
    return offers
  }

  async function askOwn(): Promise<void> {
    await Promise.all(setup.current.places.filter(isOwn).map((place) => ask(place, LOOK_MS)))
  }

  async function watch(): Promise<void> {
    await Promise.all([askOwn().finally(first.resolve), look()])
    while (!closing.signal.aborted) {
      await clock.sleep(AGAIN_MS, closing.signal)
      if (!closing.signal.aborted) await askOwn()
    }
  }

  return {
    try: (place) => ask(place, TRY_MS, true),
    last: (place) => tried.get(signOf(place)),
    modelsAt: (place) => lists.get(signOf(place)) ?? [],
    windowAt: (place, model) => windows.get(signOf(place))?.get(model),
    look,
    offers: () =>
      offers.filter(
        ({ baseUrl }) => !setup.current.places.some((one) => one.baseUrl && rootOf(one.baseUrl) === rootOf(baseUrl)),
      ),
    watch() {
      watching = watch()
    },
    asked: first.promise,
    async [Symbol.asyncDispose]() {
      closing.abort()
      first.resolve()
      await watching
    },
  }
}

/** A server that its owner runs: which models it has follows from no table. */
function isOwn({ kind, baseUrl }: Place): boolean {
  return baseUrl !== undefined && (kind === 'compatible' || kind === 'ollama')
}

/** Ollama, or what speaks OpenAI's protocol; undefined for nobody, and for a stranger's server. */
async function offerAt(address: string, clock: ReachDeps['clock'], signal: AbortSignal): Promise<Offer | undefined> {
  const ask = (kind: Kind) =>
    listModels({ kind, label: '', baseUrl: address, apiKey: undefined, scheme: 'bearer' }, LOOK_MS, signal, { clock })
  const ollama = await ask('ollama')
  if (ollama.ok) return { kind: 'ollama', label: 'Ollama', baseUrl: address, name: 'ollama', models: ollama.models }
  if (ollama.why === 'away' || ollama.why === 'late') return undefined
  const other = await ask('compatible')
  if (!other.ok || other.models.length === 0) return undefined
  const { label, name } = nameOf(other.owner, address)
  return { kind: 'compatible', label, name, baseUrl: address, models: other.models }
}

const OWNERS = new Map(
  Object.entries({
    llamacpp: { label: 'llama.cpp', name: 'llama-cpp' },
    vllm: { label: 'vLLM', name: 'vllm' },
    organization_owner: { label: 'LM Studio', name: 'lm-studio' },
  }),
)

function nameOf(owner: string | undefined, address: string): { label: string; name: string } {
  const known = owner === undefined ? undefined : OWNERS.get(owner)
  return known ?? { label: `A server at ${new URL(address).host}`, name: `server-${new URL(address).port || '80'}` }
}

function wordOf({ kind, apiKey }: Place, listing: Listing, at: number): Tried {
  if (!listing.ok) return { at, ok: false, why: listing.why, says: listing.says, models: [] }
  const { models } = listing
  const count = `${models.length} ${models.length === 1 ? 'model' : 'models'}`
  if (models.length === 0) return { at, ok: true, says: 'It answers, but has no models yet.', models }
  const key = apiKey !== undefined && kind !== 'ollama'
  return { at, ok: true, says: `${key ? 'The key works' : 'It answers'}: ${count}.`, models }
}

/** What a word holds for: another address or key is another question. */
function signOf({ provider, baseUrl, apiKey, scheme }: Place): string {
  return JSON.stringify([provider, baseUrl, apiKey, scheme])
}

/** The same server, however its address is written. */
function rootOf(address: string): string {
  const { protocol, hostname, port, pathname } = new URL(address)
  const host = isLocal(address) ? hostname.replace(/^(localhost|\[::1\])$/, '127.0.0.1') : hostname
  return `${protocol}//${host}:${port}${pathname.replace(/\/+$|\/v1\/?$/g, '')}`
}

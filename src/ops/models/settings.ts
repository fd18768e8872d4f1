import { Conflict, Forbidden, Invalid } from '../../errors.ts'
import type { FactsOverride } from '../../llm/model-table.ts'
import type { Purpose } from '../../llm/provider.ts'
import type { Offer, Tried } from '../../llm/setup/reach.ts'
import type { NewServer } from '../../llm/setup/setup.ts'
import type { Scheme } from '../../llm/setup/vendors.ts'
import type { Actor } from '../../web/guard.ts'
import { checkedChain } from './forms.ts'
import type { ViewDeps } from './view.ts'

/** Who acts, for the log. @throws Forbidden `owner_only` */
export function mayManage(actor: Actor): string {
  if (!actor.scopes.includes('admin'))
    throw new Forbidden('owner_only', 'Only the owner sets up models. Ask for what you need.')
  return `person:${actor.id}`
}

/** Keeps a key and tries it: it stays when the vendor can't be asked, or refuses it. */
export async function keepAndTry(
  deps: ViewDeps,
  provider: string,
  key: string | undefined,
  by: string,
): Promise<Tried> {
  deps.setup.place(provider)
  if (!key?.trim()) throw new Invalid('bad_key', 'Type the key.', { context: { field: 'key' } })
  await deps.setup.keepKey(provider, key, by)
  return tryProvider(deps, provider)
}

export function tryProvider({ setup, reach }: ViewDeps, provider: string): Promise<Tried> {
  return reach.try(setup.place(provider))
}

export async function addAndTry(
  deps: ViewDeps,
  { key, ...server }: NewServer & { key?: string | undefined },
  by: string,
): Promise<Tried> {
  await deps.setup.addServer(server, by)
  if (key?.trim()) await deps.setup.keepKey(server.name.trim(), key, by)
  return tryProvider(deps, server.name.trim())
}

export async function moveAndTry(
  deps: ViewDeps,
  provider: string,
  { baseUrl, scheme }: { baseUrl?: string | undefined; scheme?: Scheme | undefined },
  by: string,
): Promise<Tried> {
  const place = deps.setup.place(provider)
  await deps.setup.moveServer(provider, { baseUrl: baseUrl ?? place.baseUrl ?? '', scheme }, by)
  return tryProvider(deps, provider)
}

/** Accepts a server that was found. @throws Conflict `unknown_offer` when it is not there any more */
export async function useOffer(deps: ViewDeps, baseUrl: string | undefined, by: string): Promise<Tried> {
  const offer = deps.reach.offers().find((one) => one.baseUrl === baseUrl)
  if (!offer) throw new Conflict('unknown_offer', 'That server is not offered any more. Look for servers again.')
  const ollama = offer.kind === 'ollama' && deps.setup.place('ollama').baseUrl === undefined
  if (ollama) return moveAndTry(deps, 'ollama', { baseUrl: offer.baseUrl }, by)
  return addAndTry(deps, { name: freeName(deps, offer), kind: offer.kind, baseUrl: offer.baseUrl }, by)
}

/** Sets chains and facts: all of them are looked at before the first is set. */
export async function setAll(
  { setup, models }: ViewDeps,
  chains: Partial<Record<Purpose, string[]>>,
  overrides: Record<string, FactsOverride | null>,
  by: string,
): Promise<void> {
  const providers = models.providers()
  const wanted = Object.entries(chains).map(
    ([purpose, names]) => [purpose as Purpose, checkedChain(providers, names)] as const,
  )
  for (const [purpose, names] of wanted) await setup.setChain(purpose, names, by)
  for (const [model, facts] of Object.entries(overrides)) await setup.override(model, facts, by)
}

function freeName({ setup }: ViewDeps, { name, kind }: Offer): string {
  const taken = new Set<string>(setup.current.places.map(({ provider }) => provider))
  const base = name === kind ? `${name}-here` : name
  if (!taken.has(base)) return base
  for (let n = 2; ; n++) if (!taken.has(`${base}-${n}`)) return `${base}-${n}`
}

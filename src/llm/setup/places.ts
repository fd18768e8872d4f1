import type { VendorConfig, VendorsConfig } from '../../config.ts'
import { isLocal } from './addresses.ts'
import { KINDS, type Kind, type Scheme, VENDORS } from './vendors.ts'

/** Where what is said comes from; the environment wins. `usual`: the vendor's own. */
export type Source = 'environment' | 'typed' | 'usual' | 'none'

/** A key that the owner typed, opened; without `key` it can't be read, and `trouble` says why. */
export interface TypedKey {
  key?: string
  trouble?: string
  setBy: string
  setAt: number
}

/** A server that the owner named, or another address for a vendor. */
export interface TypedServer {
  provider: string
  kind: Kind
  baseUrl: string
  scheme: Scheme | null
}

/** A provider as it is set up: where it is, and with which key it is asked. */
export interface Place {
  provider: string
  kind: Kind
  label: string
  baseUrl: string | undefined
  address: Source
  apiKey: string | undefined
  keyFrom: Source
  scheme: Scheme
  /** What it is asked stays in the own network. */
  local: boolean
  /** All that is needed is there. */
  usable: boolean
  typedKey: TypedKey | undefined
  /** True for a server that the owner named: it can be taken away. */
  named: boolean
}

export interface Typed {
  keys: ReadonlyMap<string, TypedKey>
  servers: ReadonlyMap<string, TypedServer>
}

/** All providers that there are or could be: those that come with Hearth first, then the owner's servers by name. */
export function placesOf(vendors: VendorsConfig, typed: Typed): Place[] {
  const named = [...typed.servers.values()].filter(({ provider, kind }) => provider !== kind)
  return [
    ...KINDS.map((kind) => placeOf(kind, kind, vendors[kind], typed)),
    ...named
      .sort((a, b) => a.provider.localeCompare(b.provider))
      .map(({ provider, kind }) => placeOf(provider, kind, {}, typed)),
  ]
}

/**
 * The address that a provider's typed key is for. A key of the environment goes to no address but the environment's, and a
 * typed one to none but that which it was typed for: so nobody learns a key by moving the address.
 */
export function addressOf(
  kind: Kind,
  said: VendorConfig,
  server: Pick<TypedServer, 'baseUrl'> | undefined,
): { baseUrl: string | undefined; address: Source } {
  if (said.baseUrl) return { baseUrl: said.baseUrl, address: 'environment' }
  const { baseUrl } = VENDORS[kind]
  if (server && !said.apiKey) return { baseUrl: server.baseUrl, address: 'typed' }
  return { baseUrl, address: baseUrl ? 'usual' : 'none' }
}

function placeOf(provider: string, kind: Kind, said: VendorsConfig[Kind], { keys, servers }: Typed): Place {
  const server = servers.get(provider)
  const typedKey = keys.get(provider)
  const { baseUrl, address } = addressOf(kind, said, server)
  const apiKey = said.apiKey ?? typedKey?.key
  const scheme = ('scheme' in said && said.scheme) || server?.scheme || 'bearer'
  const needsKey = VENDORS[kind].baseUrl !== undefined
  return {
    provider,
    kind,
    label: provider === kind ? VENDORS[kind].label : provider,
    baseUrl,
    address,
    apiKey,
    keyFrom: said.apiKey ? 'environment' : typedKey ? 'typed' : 'none',
    scheme,
    local: baseUrl !== undefined && isLocal(baseUrl),
    usable: baseUrl !== undefined && (!needsKey || apiKey !== undefined),
    typedKey,
    named: provider !== kind,
  }
}

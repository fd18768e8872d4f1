import { eq } from 'drizzle-orm'
import type { VendorsConfig } from '../../config.ts'
import type { Database, Reader } from '../../db/open.ts'
import type { Tx } from '../../db/writer.ts'
import { Conflict, DomainError, Invalid, NotFound } from '../../errors.ts'
import type { EventLog } from '../../events/append.ts'
import type { Log } from '../../log.ts'
import type { Redactor } from '../../redact.ts'
import type { FactsOverride, FactsOverrides } from '../model-table.ts'
import type { Purpose } from '../provider.ts'
import { serverAddress } from './addresses.ts'
import { makeKeyFile, readKeyFile } from './key-file.ts'
import { addressOf, type Place, placesOf, type TypedKey, type TypedServer } from './places.ts'
import { seal, unseal } from './seal.ts'
import { type KeyRow, modelChains, modelKeys, modelOverrides, modelServers } from './tables.ts'
import { isReserved, type Kind, type Scheme, VENDORS } from './vendors.ts'

const SHORTEST_KEY = 8
const LONGEST_KEY = 4_096
const NAME = /^[a-z][a-z0-9-]{0,30}$/

export interface SetupDeps {
  db: Database
  events: EventLog
  now: () => number
  log: Log
  /** The data directory, where the file of the key lies. */
  data: string
  vendors: VendorsConfig
  /** Learns every key that is opened or typed. */
  redact: Redactor
  /** Hears of each provider whose key or address is another now. */
  changed?: (provider: string) => void
}

/** What is set up about models at this moment: the environment and what the owner typed. */
export interface Setup {
  places: Place[]
  /** The owner's own chains; a purpose without one follows the rule. */
  chains: Partial<Record<Purpose, string[]>>
  overrides: FactsOverrides
}

export interface NewServer {
  name: string
  kind: Kind
  baseUrl: string
  scheme?: Scheme | null
}

export interface ModelSetup {
  /** A new object after each change. */
  readonly current: Setup
  /** @throws NotFound `unknown_provider` */
  place(provider: string): Place
  /** @throws Invalid `bad_key`; Conflict `set_in_environment`, `address_missing`; DomainError `key_file_unusable` */
  keepKey(provider: string, key: string, by: string): Promise<void>
  forgetKey(provider: string, by: string): Promise<void>
  /** @throws Invalid `bad_name`, `bad_address`; Conflict `name_taken` */
  addServer(server: NewServer, by: string): Promise<void>
  /** Another address: a key that was typed for the old one is forgotten. @throws Invalid `bad_address`; Conflict `set_in_environment` */
  moveServer(provider: string, to: { baseUrl: string; scheme?: Scheme | null }, by: string): Promise<void>
  /** Takes a named server away with its key; of a vendor, only the address that was typed. */
  removeServer(provider: string, by: string): Promise<void>
  /** An empty chain: the rule again. */
  setChain(purpose: Purpose, models: string[], by: string): Promise<void>
  /** Null: what the table says again. `model` is `provider/model`. */
  override(model: string, facts: FactsOverride | null, by: string): Promise<void>
}

/** Opens what the owner has set up. A key that can't be opened is no error: its place says why. */
export async function openSetup(deps: SetupDeps): Promise<ModelSetup> {
  let current = await readSetup(deps)
  let reading: Promise<unknown> = Promise.resolve()
  for (const { provider, typedKey } of current.places)
    if (typedKey?.trouble) deps.log.warn('a stored key can’t be used', { provider, why: typedKey.trouble })

  const place = (provider: string) => {
    const found = current.places.find((one) => one.provider === provider)
    if (!found) throw new NotFound('provider', provider)
    return found
  }
  const changed = async (
    type: string,
    by: string,
    data: Record<string, unknown>,
    work: (tx: Tx) => Promise<unknown>,
  ) => {
    await deps.db.write(async (tx) => {
      await work(tx)
      await deps.events.append(tx, { type, by, data })
    })
    reading = reading.then(async () => {
      current = await readSetup(deps)
    })
    await reading
    if (typeof data.provider === 'string') deps.changed?.(data.provider)
  }
  return {
    get current() {
      return current
    },
    place,
    ...keyVerbs(deps, place, changed),
    ...serverVerbs(deps, place, changed),
    setChain: (purpose, models, by) =>
      changed('models.chain_set', by, { purpose, models }, async (tx) => {
        await tx.delete(modelChains).where(eq(modelChains.purpose, purpose))
        if (models.length > 0) await tx.insert(modelChains).values({ purpose, models, setBy: by, setAt: deps.now() })
      }),
    override: (model, facts, by) =>
      changed('models.facts_set', by, { model, facts }, async (tx) => {
        await tx.delete(modelOverrides).where(eq(modelOverrides.model, model))
        if (facts) await tx.insert(modelOverrides).values({ model, facts, setBy: by, setAt: deps.now() })
      }),
  }
}

type Changed = (
  type: string,
  by: string,
  data: Record<string, unknown>,
  work: (tx: Tx) => Promise<unknown>,
) => Promise<void>

function keyVerbs(
  deps: SetupDeps,
  place: ModelSetup['place'],
  changed: Changed,
): Pick<ModelSetup, 'keepKey' | 'forgetKey'> {
  return {
    async keepKey(provider, typed, by) {
      const { kind, keyFrom, baseUrl } = place(provider)
      if (keyFrom === 'environment') throw fromEnvironment(VENDORS[kind].keySetting!)
      if (baseUrl === undefined)
        throw new Conflict('address_missing', 'Give the server an address first: a key is kept for one address.')
      const secret = checkedKey(typed)
      deps.redact.learn(secret)
      const sealed = seal(readKeyFile(deps.data) ?? makeKeyFile(deps.data), about(provider, baseUrl), secret)
      const row = { provider, sealed, setBy: by, setAt: deps.now() }
      await changed('models.key_set', by, { provider }, (tx) =>
        tx.insert(modelKeys).values(row).onConflictDoUpdate({ target: modelKeys.provider, set: row }),
      )
    },
    async forgetKey(provider, by) {
      if (!place(provider).typedKey) return
      await changed('models.key_removed', by, { provider }, (tx) => withoutKey(tx, provider))
    },
  }
}

function serverVerbs(
  deps: SetupDeps,
  place: ModelSetup['place'],
  changed: Changed,
): Pick<ModelSetup, 'addServer' | 'moveServer' | 'removeServer'> {
  const put = async (tx: Tx, { provider, kind, baseUrl, scheme }: TypedServer, by: string) => {
    const row = { provider, kind, baseUrl, scheme, setBy: by, setAt: deps.now() }
    await tx.insert(modelServers).values(row).onConflictDoUpdate({ target: modelServers.provider, set: row })
  }
  return {
    async addServer({ name, kind, baseUrl, scheme = null }, by) {
      const server = { provider: freeName(name), kind, baseUrl: serverAddress(baseUrl), scheme }
      await changed('models.server_added', by, { ...server }, async (tx) => {
        const [taken] = await tx.select().from(modelServers).where(eq(modelServers.provider, name))
        if (taken) throw new Conflict('name_taken', `There is a server “${name}” already. Choose another name.`)
        await withoutKey(tx, name)
        await put(tx, server, by)
      })
    },
    async moveServer(provider, { baseUrl: typed, scheme }, by) {
      const old = place(provider)
      if (old.address === 'environment') throw fromEnvironment(VENDORS[old.kind].addressSetting)
      if (old.keyFrom === 'environment') throw keyStays(VENDORS[old.kind].keySetting!, VENDORS[old.kind].addressSetting)
      const server = { provider, kind: old.kind, baseUrl: serverAddress(typed), scheme: scheme ?? old.scheme }
      await changed('models.server_moved', by, { ...server }, async (tx) => {
        if (server.baseUrl !== old.baseUrl) await withoutKey(tx, provider)
        await put(tx, server, by)
      })
    },
    async removeServer(provider, by) {
      place(provider)
      await changed('models.server_removed', by, { provider }, async (tx) => {
        const gone = await tx.delete(modelServers).where(eq(modelServers.provider, provider)).returning()
        if (gone.length > 0) await withoutKey(tx, provider)
      })
    },
  }
}

async function readSetup(deps: SetupDeps): Promise<Setup> {
  const { read } = deps.db
  const servers = new Map((await read.select().from(modelServers)).map((row) => [row.provider, row] as const))
  const keys = await openedKeys(deps, read, servers)
  const chains = (await read.select().from(modelChains)).map(({ purpose, models }) => [purpose, models] as const)
  const overrides = (await read.select().from(modelOverrides)).map(({ model, facts }) => [model, facts] as const)
  return {
    places: placesOf(deps.vendors, { keys, servers }),
    chains: Object.fromEntries(chains),
    overrides: Object.fromEntries(overrides),
  }
}

async function openedKeys(deps: SetupDeps, read: Reader, servers: Map<string, TypedServer>) {
  const rows = await read.select().from(modelKeys)
  const file = rows.length > 0 ? keyOrTrouble(deps.data) : undefined
  const opened = rows.map((row) => [row.provider, openedKey(deps, row, servers, file!)] as const)
  for (const [, { key }] of opened) if (key !== undefined) deps.redact.learn(key)
  return new Map(opened)
}

function openedKey(
  { vendors }: SetupDeps,
  { provider, sealed, setBy, setAt }: KeyRow,
  servers: Map<string, TypedServer>,
  file: { key: Uint8Array } | { trouble: string },
): TypedKey {
  if ('trouble' in file) return { trouble: file.trouble, setBy, setAt }
  const kind = servers.get(provider)?.kind ?? (provider as Kind)
  const { baseUrl } = VENDORS[kind] ? addressOf(kind, said(vendors, provider), servers.get(provider)) : {}
  const key = unseal(file.key, about(provider, baseUrl ?? ''), sealed)
  if (key !== undefined) return { key, setBy, setAt }
  return { trouble: 'The key can’t be read: it was kept with another keys.key, or for another address.', setBy, setAt }
}

/** The address of a typed key follows from the settings without the environment's key, which would win over it. */
function said(vendors: VendorsConfig, provider: string) {
  return { baseUrl: vendors[provider as Kind]?.baseUrl }
}

function keyOrTrouble(data: string): { key: Uint8Array } | { trouble: string } {
  try {
    const key = readKeyFile(data)
    return key
      ? { key }
      : { trouble: 'The key can’t be read: keys.key is not in the data directory, as after a restore.' }
  } catch (error) {
    if (error instanceof DomainError) return { trouble: error.message }
    throw error
  }
}

/** What a sealed key is bound to. */
function about(provider: string, baseUrl: string): string {
  return JSON.stringify(['model key', provider, baseUrl])
}

function withoutKey(tx: Tx, provider: string) {
  return tx.delete(modelKeys).where(eq(modelKeys.provider, provider))
}

/** A key as it was typed or pasted, without the space around it. It is never repeated, in no error either. */
function checkedKey(typed: string): string {
  const key = typed.trim()
  const fits = /^[\x21-\x7e]+$/.test(key) && key.length >= SHORTEST_KEY && key.length <= LONGEST_KEY
  if (fits) return key
  throw new Invalid(
    'bad_key',
    `That is no key: it takes ${SHORTEST_KEY} to ${LONGEST_KEY} letters, digits and signs, without spaces.`,
    { context: { field: 'key' } },
  )
}

function freeName(typed: string): string {
  const name = typed.trim()
  if (NAME.test(name) && !isReserved(name)) return name
  const words = isReserved(name)
    ? `“${name}” comes with Hearth. Choose another name.`
    : 'A server’s name takes small letters, digits and dashes, and begins with a letter.'
  throw new Invalid('bad_name', words, { context: { field: 'name' } })
}

function fromEnvironment(setting: string): Conflict {
  return new Conflict('set_in_environment', `${setting} is set in the environment, which wins. Change it there.`, {
    context: { setting },
  })
}

function keyStays(key: string, address: string): Conflict {
  return new Conflict(
    'set_in_environment',
    `${key} is set in the environment, and goes to no address that is typed here. Set ${address} there too.`,
    { context: { setting: key } },
  )
}

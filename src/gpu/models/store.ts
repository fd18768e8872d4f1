import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from '../../db/open.ts'
import { NotFound } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { openWorkflows } from '../comfyui/workflows.ts'
import { readShort } from '../plain.ts'
import type { ModelProfile } from '../profile.ts'
import { type Alone, openAlone } from './alone.ts'
import { digestOf, type Installed } from './assemble.ts'
import { type CatalogueText, readCatalogue } from './catalogue.ts'
import { type Hashes, openHashes } from './hashes.ts'
import { type Lookout, openLookout } from './lookout.ts'

/** Of one file of profiles: the longest on board has 16 KB. */
const MOST_PROFILE_BYTES = 1024 ** 2

export interface ModelStore extends Pick<Lookout, 'left' | 'scan' | 'hashed' | 'onChange'>, AsyncDisposable {
  /** Hearth's own folder of models. */
  root: string
  /** All folders that are looked through: its own first. */
  folders: string[]
  /** All that could be had, installed or not: of the catalogue, of the data directory, and of what was found. */
  profiles(): ModelProfile[]
  /** @throws NotFound `unknown_model` */
  profile(id: string): ModelProfile
  installed(): Installed[]
  /** @throws NotFound `unknown_model` */
  model(id: string): Installed
  /** The first look has ended. */
  ready: Promise<void>
  /** The digest of a model that may still have to be hashed. @throws NotFound `unknown_model` */
  digest(id: string, signal?: AbortSignal): Promise<string>
  hashes: Hashes
  /** For all that writes, moves or removes the files of a model. */
  alone: Alone
}

export interface ModelStoreDeps {
  db: Database
  /** The data directory. */
  data: string
  /** Folders of models besides its own: of Hearth, ComfyUI or A1111. */
  folders: string[]
  catalogue: CatalogueText[]
  now: () => number
  log: Log
}

/** What there is of models on this machine. The first look begins at once, and is not waited for: see `ready`. */
export async function openModelStore(deps: ModelStoreDeps): Promise<ModelStore> {
  const { data, log } = deps
  const root = join(data, 'models')
  mkdirSync(root, { recursive: true, mode: 0o700 })
  const catalogue = readCatalogue([...deps.catalogue, ...ownTexts(data, log)], log)
  const hashes = await openHashes(deps)
  const folders = [root, ...deps.folders]
  const lookout = openLookout({ root, folders, catalogue, hashes, log })
  const { left, scan, hashed, onChange } = lookout
  const workflows = openWorkflows(join(root, 'comfyui'))
  const installed = () => [...lookout.models(), ...workflows()]
  const profiles = () => {
    const found = installed().map(({ profile }) => profile)
    return [...new Map([...catalogue, ...found].map((profile) => [profile.id, profile])).values()]
  }
  const model = (id: string) => named(installed(), ({ profile }) => profile.id, id)
  return {
    ...{ root, folders, profiles, model, left, scan, hashed, onChange, hashes },
    alone: openAlone(),
    profile: (id) => named(profiles(), (profile) => profile.id, id),
    installed,
    ready: scan().catch((error) => log.warn('the folders of models could not be looked through', { error })),
    async digest(id, signal) {
      const known: string[] = []
      for (const file of model(id).files) known.push(await hashes.of(file, signal))
      return digestOf(known)
    },
    [Symbol.asyncDispose]: () => lookout[Symbol.asyncDispose](),
  }
}

function named<T>(all: T[], idOf: (one: T) => string, id: string): T {
  const found = all.find((one) => idOf(one) === id)
  if (!found) throw new NotFound('model', id)
  return found
}

/** Profiles that people have put into the data directory. */
function ownTexts(data: string, log: Log): CatalogueText[] {
  const folder = join(data, 'catalogue')
  return namesIn(folder).flatMap((name) => {
    const text = readShort(join(folder, name), MOST_PROFILE_BYTES)?.toString('utf8')
    if (text !== undefined) return [{ name, text }]
    log.warn('a file of the catalogue of models is none, can’t be read, or has more than 1 MB', { file: name })
    return []
  })
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith('.toml'))
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

import type { Log } from '../../log.ts'
import type { ModelProfile } from '../profile.ts'
import { assemble, type Installed } from './assemble.ts'
import type { Hashes } from './hashes.ts'
import { ownModels } from './own-folder.ts'
import { type Left, type Recognitions, scanFolders } from './scan.ts'

export interface Lookout extends AsyncDisposable {
  models(): Installed[]
  /** What looks like a model and is not used, with the reason. */
  left(): Left[]
  /** Looks through the folders again; what is new is hashed afterwards, in its own time. Those who ask meanwhile wait for the same look. */
  scan(): Promise<void>
  /** Resolves when nothing is left to be hashed. */
  hashed(): Promise<void>
  /** Called after each look; returns how to hear no more. */
  onChange(hear: () => void): () => void
}

export interface LookoutDeps {
  /** Hearth's own folder. */
  root: string
  /** All folders, that one too. */
  folders: string[]
  catalogue: ModelProfile[]
  hashes: Hashes
  log: Log
}

/** Looks through the folders of models, and hashes what it has not seen before. */
export function openLookout({ root, folders, catalogue, hashes, log }: LookoutDeps): Lookout {
  const gone = new AbortController()
  const seen: Recognitions = new Map()
  const hearers = new Set<() => void>()
  const byId = new Map(catalogue.map((profile) => [profile.id, profile]))
  let now: { models: Installed[]; left: Left[] } = { models: [], left: [] }
  let looking: Promise<void> | undefined
  let hashing: Promise<void> = Promise.resolve()

  const look = async () => {
    const [own, found] = [await ownModels(root, byId), await scanFolders(folders, seen, gone.signal)]
    const made = assemble({ profiles: catalogue, hashes }, own.models, found)
    now = { models: made.models, left: [...own.left, ...made.left, ...found.left] }
    for (const hear of hearers) hear()
  }
  /** One file after the other. A model that is known by its hash takes the place of the one that was guessed. */
  const hashNew = async () => {
    const files = new Map(now.models.flatMap((model) => model.files).map((file) => [file.path, file]))
    const unknown = [...files.values()].filter((file) => !hashes.known(file))
    for (const file of unknown) await hashes.of(file, gone.signal).catch((error) => unlessGone(error, file.path))
    if (unknown.length > 0) await look()
  }
  const unlessClosed = (error: unknown) => {
    if (!gone.signal.aborted) throw error
  }
  const unlessGone = (error: unknown, path = root) => {
    if (gone.signal.aborted) return
    log.warn('a file of a model, or a folder of models, can’t be read', { path, error })
  }
  return {
    models: () => now.models,
    left: () => now.left,
    scan() {
      looking ??= look()
        .catch(unlessClosed)
        .finally(() => {
          looking = undefined
          hashing = hashing.then(hashNew).catch(unlessGone)
        })
      return looking
    },
    async hashed() {
      await looking
      await hashing
    },
    onChange(hear) {
      hearers.add(hear)
      return () => void hearers.delete(hear)
    },
    async [Symbol.asyncDispose]() {
      gone.abort(new Error('the store of models is closed'))
      await looking?.catch(() => {}) // its scan is told
      await hashing
    },
  }
}

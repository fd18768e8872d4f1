import { z } from 'zod'
import type { Log } from '../../log.ts'
import { type ModelProfile, modelProfile } from '../profile.ts'

/** Weights that can run code when they are read. */
export const PICKLE = /\.(bin|ckpt|pt|pth|pkl|pickle)$/i

export interface CatalogueText {
  name: string
  text: string
}

/** Profiles of one file: what they share, then what each has of its own. */
const Family = z.looseObject({
  models: z.array(z.record(z.string(), z.unknown())).min(1),
  /** Files that several of them need, by a name. */
  shared: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
})

/**
 * The profiles that a TOML file holds: one at its top, or several as `[[models]]`. Those take what stands at the top from there, and
 * files of `[shared.NAME]` by their names (`uses`). @throws Error with what is wrong
 */
export function readProfiles({ name, text }: CatalogueText): ModelProfile[] {
  const given = Bun.TOML.parse(text) as Record<string, unknown>
  const many = 'models' in given
  return (many ? spread(given) : [given]).map((one) => checked(name, one))
}

/** All profiles; a file that can't be read is said in the log, and a later one of the same id takes the place of the one before. */
export function readCatalogue(texts: CatalogueText[], log: Pick<Log, 'warn'>): ModelProfile[] {
  const all = texts.flatMap((each) => {
    try {
      return readProfiles(each)
    } catch (error) {
      log.warn('a file of the catalogue of models can’t be used', { file: each.name, error })
      return []
    }
  })
  return [...new Map(all.map((profile) => [profile.id, profile])).values()]
}

function spread(given: Record<string, unknown>): Record<string, unknown>[] {
  const { models, shared, ...common } = Family.parse(given)
  return models.map(({ uses = [], files = [], ...own }) => ({
    ...common,
    ...own,
    files: [...(files as unknown[]), ...(uses as string[]).map((each) => sharedFile(shared, each))],
  }))
}

function sharedFile(shared: Record<string, unknown>, name: string): unknown {
  if (!shared[name]) throw new Error(`it uses “${name}”, which is not among [shared.…]`)
  return shared[name]
}

function checked(name: string, given: Record<string, unknown>): ModelProfile {
  const parsed = modelProfile.safeParse(given)
  if (!parsed.success) throw new Error(`${name}, ${given.id ?? 'without id'}: ${z.prettifyError(parsed.error)}`)
  const pickle = parsed.data.files.find(({ path }) => PICKLE.test(path))
  if (pickle) throw new Error(`${name}, ${parsed.data.id}: ${pickle.path} is a pickle, which can run code`)
  const strays = parsed.data.files.find(({ path }) => !isPlain(path))
  if (strays) throw new Error(`${name}, ${parsed.data.id}: ${strays.path} would lie outside of the model’s folder`)
  return parsed.data
}

/** A path below its folder, of plain names. */
export function isPlain(path: string): boolean {
  return path.length <= 500 && path.split('/').every((part) => /^[\w()+ -][\w.()+ -]*$/.test(part))
}

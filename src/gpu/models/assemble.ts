import { basename, dirname, extname, sep } from 'node:path'
import type { InstalledModel, ModelKind, ModelProfile } from '../profile.ts'
import { profileOfFile, profileOfFolder, type Weights } from './estimate.ts'
import { FAMILIES, familyOfClass } from './families.ts'
import type { Hashes, Stamped } from './hashes.ts'
import type { OwnModel } from './own-folder.ts'
import type { Found, FoundFile, FoundFolder, Left } from './scan.ts'

/** A model on this machine, and what the store knows of it besides. */
export interface Installed extends InstalledModel {
  kind: ModelKind
  /** It lies in Hearth's own folder, by itself: Hearth may remove it. */
  own: boolean
  /** The catalogue, or the receipt of a download, says what it is; else its files gave it away. */
  known: boolean
  /** All that it is made of. */
  files: Stamped[]
}

export interface AssembleDeps {
  profiles: ModelProfile[]
  hashes: Pick<Hashes, 'known'>
}

/** Makes models of what was found: of files that belong together by a profile's hashes, or by what each of them is. */
export function assemble(deps: AssembleDeps, own: OwnModel[], found: Found): { models: Installed[]; left: Left[] } {
  const taken = new Set(own.map(({ folder }) => folder))
  const free = ({ path }: { path: string }) =>
    ![...taken].some((folder) => path === folder || path.startsWith(folder + sep))
  const all = { ...found, files: found.files.filter(free) }
  const left: Left[] = []
  const models = own.map((model) => ownInstalled(deps, model))
  const ids = new Set(models.map(({ profile }) => profile.id))
  for (const folder of found.folders.filter(free)) models.push(ofFolder(deps, folder, ids))
  for (const file of all.files) {
    const made = ofFile(deps, file, found.files, ids)
    if ('why' in made) left.push(made)
    else models.push(made)
  }
  return { models: models.sort((a, b) => (a.profile.id < b.profile.id ? -1 : 1)), left }
}

function ownInstalled(deps: AssembleDeps, { profile, folder, files }: OwnModel): Installed {
  const parts = Object.fromEntries(files.flatMap(({ part, place }) => (part ? [[part, place]] : [])))
  const path = profile.format === 'diffusers' ? folder : files[0]!.place
  const stamped = files.map(({ place, bytes, stamp }) => ({ path: place, bytes, stamp }))
  return { ...installed(deps, profile, path, stamped), parts, own: true, known: true }
}

function ofFolder(deps: AssembleDeps, folder: FoundFolder, ids: Set<string>): Installed {
  const family = familyOfClass(folder.className)
  const name = basename(folder.path)
  const profile = profileOfFolder(freeId(ids, family, name), name, family, folder)
  return installed(deps, profile, folder.path, folder.files)
}

/** A model of one file, or of a transformer and what it needs, wherever that lies. */
function ofFile(deps: AssembleDeps, file: FoundFile, all: FoundFile[], ids: Set<string>): Installed | Left {
  const name = basename(file.path, extname(file.path))
  const alone = file.is.kind !== 'model' || file.is.part === 'checkpoint'
  const beside = alone ? {} : partsFor(file, all)
  const missing = Object.entries(beside).filter(([, part]) => !part)
  const profile = profileByHash(deps, file, ids)
  if (missing.length > 0)
    return {
      path: file.path,
      why: needs(
        file,
        missing.map(([part]) => part),
      ),
    }
  const parts = beside as Record<string, FoundFile>
  const files = [file, ...Object.values(parts)]
  if (profile) ids.add(profile.id)
  const made = profile ?? profileOfFile(freeId(ids, file.is.family, name), name, file, weightsOf(files))
  const places = Object.fromEntries([
    [file.is.part, file.path],
    ...Object.entries(parts).map(([part, { path }]) => [part, path]),
  ])
  return { ...installed(deps, made, file.path, files), parts: places, known: profile !== undefined }
}

/** The catalogue's model whose main file holds the same. */
function profileByHash(
  { profiles, hashes }: AssembleDeps,
  file: FoundFile,
  ids: Set<string>,
): ModelProfile | undefined {
  const sha256 = hashes.known(file)
  return sha256 ? profiles.find(({ id, files }) => files[0]?.sha256 === sha256 && !ids.has(id)) : undefined
}

function partsFor(file: FoundFile, all: FoundFile[]): Record<string, FoundFile | undefined> {
  const needed = FAMILIES[file.is.family]?.needs ?? []
  return Object.fromEntries(
    needed.map(({ part, variants }) => {
      const fit = all.filter(
        ({ is }) => is.kind !== 'model' && is.part === part && (variants?.includes(is.variant) ?? true),
      )
      return [
        part,
        nearest(
          file,
          fit.filter((each) => suits(file, each)),
        ),
      ]
    }),
  )
}

/** Latents of SD 3 and of FLUX.1 have the same shape and another meaning: only the name of their VAE tells them apart. */
function suits({ is: { family, variant } }: FoundFile, { path, is }: FoundFile): boolean {
  if (is.part === 'vae' && is.variant === '16') return /sd-?_?3/i.test(basename(path)) === (family === 'sd3')
  if (is.part === 'vae' && family === 'wan') return (is.variant === 'clip-48') === (variant === '5b')
  if (is.part === 'llm' && family === 'flux2')
    return is.variant === ({ 'klein-4b': '2560', 'klein-9b': '4096', dev: '5120' }[variant] ?? '')
  return true
}

/** Of its own folder before its root's, and of those before any other's. */
function nearest(file: FoundFile, candidates: FoundFile[]): FoundFile | undefined {
  const rank = (each: FoundFile) => (dirname(each.path) === dirname(file.path) ? 0 : each.root === file.root ? 1 : 2)
  return [...candidates].sort((a, b) => rank(a) - rank(b) || (a.path < b.path ? -1 : 1))[0]
}

const NAMES: Readonly<Record<string, string>> = {
  vae: 'a VAE',
  clipL: 'the text encoder CLIP-L',
  clipG: 'the text encoder CLIP-G',
  t5: 'the text encoder T5',
  llm: 'the language model that reads the prompt',
}

function needs({ is }: FoundFile, parts: string[]): string {
  const list = parts.map((part) => NAMES[part] ?? part).join(', ')
  return `It is the transformer of ${FAMILIES[is.family]?.label ?? is.family}, and needs ${list} in one of the folders of models.`
}

function installed({ hashes }: AssembleDeps, profile: ModelProfile, path: string, files: Stamped[]): Installed {
  const hashed = files.map((file) => hashes.known(file))
  return {
    profile,
    kind: profile.kind,
    path,
    parts: {},
    sha256: hashed.every((each) => each !== undefined) ? digestOf(hashed as string[]) : null,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    own: false,
    known: false,
    files,
  }
}

/** One digest over the files of a model, in their order; of a single file it is its own. */
export function digestOf(hashes: string[]): string {
  return hashes.length === 1 ? hashes[0]! : new Bun.CryptoHasher('sha256').update(hashes.join('\n')).digest('hex')
}

function weightsOf(files: Stamped[]): Weights {
  const sizes = files.map(({ bytes }) => bytes)
  return { total: sizes.reduce((a, b) => a + b, 0), largest: Math.max(...sizes) }
}

/** `family/name`, with a number behind it where that is taken. */
function freeId(ids: Set<string>, family: string, name: string): string {
  const plain =
    name
      .replace(/[^\w.-]+/g, '-')
      .replace(/^[-.]+|-+$/g, '')
      .slice(0, 80) || 'model'
  const kin = family.replace(/[^a-z0-9.-]+/g, '-').replace(/^[-.]+/, '') || 'other'
  let id = `${kin}/${plain}`
  for (let i = 2; ids.has(id); i++) id = `${kin}/${plain}-${i}`
  ids.add(id)
  return id
}

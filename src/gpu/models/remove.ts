import { readdir, rename, rm, rmdir } from 'node:fs/promises'
import { basename, dirname, join, sep } from 'node:path'
import { Conflict, Invalid } from '../../errors.ts'
import type { ModelProfile } from '../profile.ts'
import type { Installed } from './assemble.ts'
import { PICKLE } from './catalogue.ts'
import { UNKNOWN_LICENCE } from './estimate.ts'
import { isAllowed } from './hosts.ts'
import { partOf } from './install.ts'
import type { ModelStore } from './store.ts'

/** The family of what somebody added by its address: what it really is, its header says when it is there. */
export const ADDED = 'added'

/** Whether Hearth may delete it: it lies in Hearth's own folder. */
export function isOurs({ root }: Pick<ModelStore, 'root'>, { path }: Installed): boolean {
  return path.startsWith(root + sep)
}

/** Removes a model from Hearth's own folder, with what is there of one that never came whole. @throws Conflict `not_ours` */
export async function removeModel(store: ModelStore, id: string): Promise<void> {
  const found = store.installed().find(({ profile }) => profile.id === id)
  await rm(partOf(join(store.root, id)), { recursive: true, force: true })
  if (!found) return store.scan()
  if (!isOurs(store, found)) throw notOurs(found)
  const place = found.own && found.profile.format !== 'workflow' ? join(store.root, id) : found.path
  const going = join(dirname(place), `.old-${basename(place)}`)
  await rename(place, going) // gone at once, whatever happens while it is deleted
  await rm(going, { recursive: true, force: true })
  for (const { path } of found.files) if (path.startsWith(place)) await store.hashes.forget(path)
  await emptied(dirname(place), store.root)
  await store.scan()
}

/** Folders that nothing is left in go too. */
async function emptied(folder: string, root: string): Promise<void> {
  if (folder === root || !folder.startsWith(root + sep) || (await readdir(folder)).length > 0) return
  await rmdir(folder)
  await emptied(dirname(folder), root)
}

function notOurs({ path, profile }: Installed): Conflict {
  return new Conflict(
    'not_ours',
    `${profile.label} lies in ${dirname(path)}, which is not Hearth’s folder. Delete it there.`,
    { context: { path } },
  )
}

/** The profile of a file at an address that somebody gave. @throws Invalid `bad_address`, `download_host` */
export function profileOfUrl(address: string, sha256: string | undefined, hosts: string[]): ModelProfile {
  const url = URL.parse(address)
  const name = url && nameIn(url)
  if (!url || !name || !/^[\w.()+ -]+\.(safetensors|gguf)$/i.test(name) || name.startsWith('.'))
    throw new Invalid('bad_address', wordsFor(name), { context: { field: 'url' } })
  if (!isAllowed(url, hosts))
    throw new Invalid(
      'download_host',
      `Models may not be downloaded from ${url.host || address}: add it to HEARTH_MODEL_HOSTS if you trust it.`,
      { context: { field: 'url' } },
    )
  const plain = name.replace(/\.\w+$/, '').replace(/[^\w.-]+/g, '-')
  const which = new Bun.CryptoHasher('sha256').update(url.href).digest('hex').slice(0, 8) // many are called model.safetensors
  return {
    id: `${ADDED}/${plain}-${which}`,
    label: name,
    family: ADDED,
    kind: 'model',
    functions: [],
    modes: ['text'],
    format: /\.gguf$/i.test(name) ? 'gguf' : 'safetensors',
    engines: ['diffusers'],
    files: [{ path: name, url: url.href, ...(sha256 && { sha256 }) }],
    gated: false,
    page: url.href,
    licence: UNKNOWN_LICENCE,
    size: { multiple: 8, min: 64, max: 2048, side: 512 },
    tiers: {},
  }
}

function nameIn({ pathname }: URL): string | null {
  try {
    return decodeURIComponent(basename(pathname))
  } catch {
    return null // what it has encoded is no text
  }
}

function wordsFor(name: string | null | undefined): string {
  if (name && PICKLE.test(name))
    return `${name} is a pickle, which can run code: Hearth takes safetensors and GGUF alone.`
  return 'Give the whole address of a file that ends in .safetensors or .gguf.'
}

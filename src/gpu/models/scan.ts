import { constants } from 'node:fs'
import { type FileHandle, open, opendir, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, sep } from 'node:path'
import { z } from 'zod'
import { readShortSoon } from '../plain.ts'
import { PICKLE } from './catalogue.ts'
import { readGguf } from './gguf.ts'
import { type Stamped, stampOf } from './hashes.ts'
import { type Header, Unreadable } from './header.ts'
import { type Recognised, recognise } from './recognise.ts'
import { readSafetensors } from './safetensors.ts'

const DEPTH = 6
const MOST_FILES = 50_000
/** Files looked at at once. */
const AT_ONCE = 16
const MOST_INDEX_BYTES = 1024 ** 2
/** Names that are looked at below one folder that somebody named. */
const MOST_NAMES = 500_000
/** Files of one pipeline: real ones have some dozens. */
const MOST_OF_PIPELINE = 5_000
const WEIGHTS = /\.(safetensors|sft|gguf)$/i
/** What downloads are made in, and what tools leave. */
const HIDDEN = /^\./

/** A file of weights, and what it is. */
export interface FoundFile extends Stamped {
  /** The folder of models that it was found in. */
  root: string
  format: Header['format']
  is: Recognised
}

/** A folder of diffusers: `model_index.json` and a folder for each part. */
export interface FoundFolder {
  path: string
  root: string
  className: string
  /** Weights and what describes them; no pickles. */
  files: Stamped[]
}

/** Something that looks like a model, and why it is none for Hearth. */
export interface Left {
  path: string
  why: string
}

export interface Found {
  files: FoundFile[]
  folders: FoundFolder[]
  left: Left[]
}

/** Remembers what a file was recognised as, so that a second scan reads none again. */
export type Recognitions = Map<string, FoundFile | Left>

const Index = z.object({ _class_name: z.string().min(1).max(200) })

/** Looks through folders of models, of any layout: Hearth's own, ComfyUI's, A1111's. It never leaves them by a link. */
export async function scanFolders(roots: string[], seen: Recognitions, signal?: AbortSignal): Promise<Found> {
  const found: Found = { files: [], folders: [], left: [] }
  const named = await Promise.all(roots.map((root) => realpath(root).catch(() => root)))
  for (const root of roots) {
    const places: string[] = []
    const walk = { root, named, places, found, visited: new Set<string>(), names: 0, signal }
    await look(walk, root, 0)
    await inTurns(places, (path) => file(path, root, seen, found), signal)
  }
  const byPath = (a: { path: string }, b: { path: string }) => (a.path < b.path ? -1 : 1)
  for (const list of [found.files, found.folders, found.left] as { path: string }[][]) list.sort(byPath)
  return found
}

interface Walk {
  root: string
  /** Real paths of all folders that somebody named. */
  named: string[]
  /** Weights to be looked at. */
  places: string[]
  found: Found
  visited: Set<string>
  /** Names that were looked at. */
  names: number
  signal: AbortSignal | undefined
}

async function look(walk: Walk, folder: string, depth: number): Promise<void> {
  walk.signal?.throwIfAborted()
  const real = await realpath(folder).catch(() => null)
  if (real === null || walk.visited.has(real)) return
  walk.visited.add(real)
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  if (entries.some((entry) => entry.isFile() && entry.name === 'model_index.json')) return diffusersFolder(walk, folder)
  for (const entry of entries) {
    if (HIDDEN.test(entry.name) || walk.places.length >= MOST_FILES) continue
    if (++walk.names > MOST_NAMES) return
    const path = join(folder, entry.name)
    const kind = entry.isSymbolicLink() ? await behindLink(walk, path) : kindOf(entry)
    if (kind === 'folder' && depth < DEPTH) await look(walk, path, depth + 1)
    if (kind === 'file') note(walk, path)
  }
}

/** A pipe, a socket or a device is nothing to look into. */
function kindOf(entry: { isDirectory(): boolean; isFile(): boolean }): 'file' | 'folder' | null {
  return entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : null
}

function note({ places, found }: Walk, path: string): void {
  if (WEIGHTS.test(path)) places.push(path)
  else if (PICKLE.test(path))
    found.left.push({ path, why: 'Not loaded: it is a pickle, which can run code. Get it as safetensors or GGUF.' })
}

/** What a link leads to, if that lies in a folder that was named. */
async function behindLink({ named, found }: Walk, path: string): Promise<'file' | 'folder' | null> {
  const real = await realpath(path).catch(() => null)
  if (real === null) return null
  if (!named.some((folder) => real === folder || real.startsWith(folder + sep))) {
    if (WEIGHTS.test(path) || !extname(path))
      found.left.push({
        path,
        why: `It is a link to ${real}, outside of the folders of models. Name that folder in HEARTH_MODELS.`,
      })
    return null
  }
  const there = await stat(real).catch(() => null)
  return there && kindOf(there)
}

async function diffusersFolder({ root, found }: Walk, path: string): Promise<void> {
  try {
    const text = await readShortSoon(join(path, 'model_index.json'), MOST_INDEX_BYTES)
    const index = text && Index.safeParse(JSON.parse(text.toString('utf8'))).data
    if (!index) throw new Unreadable('Its model_index.json names no pipeline, or is longer than any real one.')
    const kept = (await filesBelow(path)).filter((each) => !PICKLE.test(each) && !isHidden(each, path)).sort()
    if (!kept.some((each) => WEIGHTS.test(each)))
      throw new Unreadable('Not loaded: it has no safetensors, only pickles, which can run code.')
    found.folders.push({ path, root, className: index._class_name, files: await Promise.all(kept.map(stampOf)) })
  } catch (error) {
    found.left.push({ path, why: error instanceof Unreadable ? error.message : 'Its model_index.json can’t be read.' })
  }
}

/** @throws Unreadable when there are more than in any real pipeline */
async function filesBelow(path: string): Promise<string[]> {
  const files: string[] = []
  let names = 0
  for await (const each of await opendir(path, { recursive: true })) {
    if (++names > MOST_OF_PIPELINE)
      throw new Unreadable('Not loaded: it has more than 5,000 files, as no pipeline has.')
    if (each.isFile()) files.push(join(each.parentPath, each.name))
  }
  return files
}

function isHidden(path: string, below: string): boolean {
  return path
    .slice(below.length + 1)
    .split(sep)
    .some((part) => HIDDEN.test(part))
}

async function file(path: string, root: string, seen: Recognitions, found: Found): Promise<void> {
  const stamped = await stampOf(path).catch(() => null)
  if (!stamped) return
  const key = `${path}\n${stamped.stamp}`
  const what = seen.get(key) ?? (await recognised(stamped, root))
  seen.set(key, what)
  if ('is' in what) found.files.push(what)
  else found.left.push(what)
}

async function recognised(stamped: Stamped, root: string): Promise<FoundFile | Left> {
  const { path, bytes } = stamped
  let handle: FileHandle | undefined
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const header = path.toLowerCase().endsWith('.gguf')
      ? await readGguf(handle, bytes)
      : await readSafetensors(handle, bytes)
    const is = recognise(header)
    if (is) return { ...stamped, root, format: header.format, is }
    return { path, why: `Hearth does not know what ${basename(path)} in ${basename(dirname(path))} is for.` }
  } catch (error) {
    return { path, why: error instanceof Unreadable ? error.message : 'It can’t be read: check its rights.' }
  } finally {
    await handle?.close()
  }
}

/** A few at once, so that a slow disk is busy and the server is not. */
async function inTurns<T>(items: T[], work: (item: T) => Promise<void>, signal?: AbortSignal): Promise<void> {
  const rest = items[Symbol.iterator]()
  const one = async () => {
    for (const item of rest) {
      signal?.throwIfAborted()
      await work(item)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
}

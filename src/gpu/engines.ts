import { readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { NotFound } from '../errors.ts'
import { placeholders, type Tools, whatIsMissing } from './engine-command.ts'
import { type EngineManifest, engineManifest } from './manifest.ts'
import { readShort } from './plain.ts'

const MANIFEST = 'engine.toml'
const MOST_MANIFEST_BYTES = 256 * 1024

/** A program that renders, as its manifest names it, made ready for this machine. */
export interface Engine {
  manifest: EngineManifest
  /** Absolute. */
  folder: string
  /** What is missing, as a sentence for a person, or null when it can run now. */
  missing: string | null
  /** Program and arguments; the attempt's folder is added. */
  command: string[]
  /** Added to the child's small environment. */
  env: Record<string, string>
}

/** A folder whose manifest can't be used, and why: its engine is left out, all others work. */
export interface EngineProblem {
  folder: string
  message: string
}

export interface EngineSet {
  /** In the order in which they were found; the built-in ones first. */
  all(): Engine[]
  /** @throws NotFound `unknown_engine` */
  named(name: string): Engine
  problems(): EngineProblem[]
  /** Looks at the folders again: what was dropped or set up since is there. */
  refresh(): void
}

export interface EngineSetDeps extends Tools {
  /** Folders of engines, or of one engine each. What comes first wins a name. */
  folders: string[]
  /** What stands in for the command of an engine, by its name. */
  commands?: Record<string, string[]>
}

/** Finds engines by their manifests. A manifest that is broken is a problem with a name, and stops nothing. */
export function openEngineSet(deps: EngineSetDeps): EngineSet {
  let found = look(deps)
  return {
    all: () => [...found.engines.values()],
    named(name) {
      const engine = found.engines.get(name)
      if (!engine) throw new NotFound('engine', name)
      return engine
    },
    problems: () => found.problems,
    refresh() {
      found = look(deps)
    },
  }
}

interface Found {
  engines: Map<string, Engine>
  problems: EngineProblem[]
}

function look(deps: EngineSetDeps): Found {
  const found: Found = { engines: new Map(), problems: [] }
  for (const { folder, named } of deps.folders.flatMap(engineFolders)) {
    const read = readManifest(folder)
    if ('problem' in read) found.problems.push({ folder, message: read.problem })
    else if (named || !read.onlyNamed) add(found, deps, folder, read)
  }
  return found
}

function add({ engines, problems }: Found, deps: EngineSetDeps, folder: string, manifest: EngineManifest): void {
  const other = engines.get(manifest.name)
  if (other) {
    const message = `There is an engine “${manifest.name}” in ${other.folder} already, which is used. Give this one another name, in its manifest and as its folder.`
    problems.push({ folder, message })
    return
  }
  engines.set(manifest.name, ready(deps, folder, manifest))
}

function ready(deps: EngineSetDeps, folder: string, manifest: EngineManifest): Engine {
  const own = deps.commands?.[manifest.name]
  if (own) return { manifest, folder, missing: null, command: own, env: manifest.env }
  const fill = placeholders(deps, folder, manifest)
  return {
    manifest,
    folder,
    missing: whatIsMissing(deps, folder, manifest),
    command: manifest.command.flatMap(fill),
    env: Object.fromEntries(Object.entries(manifest.env).map(([name, value]) => [name, fill(value).join(' ')])),
  }
}

/** A folder with a manifest is one engine; any other holds them. Names with a dot in front are nobody's. */
function engineFolders(folder: string): { folder: string; named: boolean }[] {
  const place = resolve(folder)
  const names = entriesOf(place)
  if (names.includes(MANIFEST)) return [{ folder: place, named: true }]
  return names
    .filter((name) => !name.startsWith('.') && entriesOf(join(place, name)).includes(MANIFEST))
    .sort()
    .map((name) => ({ folder: join(place, name), named: false }))
}

function readManifest(folder: string): EngineManifest | { problem: string } {
  try {
    const text = readShort(join(folder, MANIFEST), MOST_MANIFEST_BYTES)
    if (!text) return { problem: `${MANIFEST} can’t be read, or is longer than 256 KB.` }
    const parsed = engineManifest.safeParse(Bun.TOML.parse(text.toString('utf8')))
    if (!parsed.success) return { problem: explain(parsed.error.issues[0]!) }
    if (parsed.data.name === basename(folder)) return parsed.data
    return { problem: `${MANIFEST} says the name “${parsed.data.name}”, the folder is called “${basename(folder)}”.` }
  } catch (error) {
    return { problem: `${MANIFEST} can’t be read: ${(error as Error).message}` }
  }
}

function explain({ path, message }: { path: PropertyKey[]; message: string }): string {
  return `${MANIFEST} is not as it has to be: ${path.map(String).join('.') || 'all of it'}: ${message}.`
}

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // no folder: nothing was dropped there
  }
}

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { listFiles, readText } from '../../assets.ts'
import { engineManifest } from '../manifest.ts'
import { readShort } from '../plain.ts'

/** Of a manifest or a lock. */
const MOST_BYTES = 8 * 1024 ** 2

const MANIFEST = 'engine.toml'
const BUILT_IN = 'gpu'

/** An engine that wants Python packages. */
export interface PythonEngine {
  name: string
  label: string
  /** The text of its lock: every package with its version and hashes. */
  lock: string
}

/** Reads one file of an engine's folder; undefined when there is none. */
type Read = (file: string) => string | undefined

/** The engines that come with Hearth, and those in `<data>/engines`, that name a lock of Python packages. Broken ones are left to whoever runs engines. */
export function pythonEngines(data: string): PythonEngine[] {
  const found = [...builtIn(), ...dropped(join(data, 'engines'))].flatMap(wantsPython)
  return found.filter(({ name }, i) => found.findIndex((other) => other.name === name) === i)
}

function builtIn(): Read[] {
  const files = listFiles(BUILT_IN)
  return files
    .filter((file) => file.endsWith(`/${MANIFEST}`))
    .map((manifest) => (name) => {
      const path = join(manifest, '..', name)
      return files.includes(path) ? readText(path) : undefined
    })
}

function dropped(folder: string): Read[] {
  const names = existsSync(folder) ? readdirSync(folder).sort() : []
  return names.filter((name) => !name.startsWith('.')).map((name) => (file) => textOf(join(folder, name, file)))
}

function wantsPython(read: Read): PythonEngine[] {
  const text = read(MANIFEST)
  const parsed = text === undefined ? undefined : engineManifest.safeParse(tomlOf(text))
  if (!parsed?.success || !parsed.data.needs.python) return []
  const lock = read(parsed.data.needs.python)
  return lock === undefined ? [] : [{ name: parsed.data.name, label: parsed.data.label, lock }]
}

function tomlOf(text: string): unknown {
  try {
    return Bun.TOML.parse(text)
  } catch {
    return undefined // told where engines are found
  }
}

function textOf(path: string): string | undefined {
  return readShort(path, MOST_BYTES)?.toString('utf8') // no such file, or no folder: no engine
}

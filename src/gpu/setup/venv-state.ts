import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { venvFolder, venvMarker, venvPython } from '../venv.ts'
import { lockFacts } from './lock-facts.ts'
import type { PythonEngine } from './python-engines.ts'

/** Whether an engine's packages are there: `outdated` is whole, but of another lock; `unfinished` was broken off. */
export type VenvState = 'ready' | 'outdated' | 'unfinished' | 'none'

const marker = z.object({ lock: z.string(), python: z.string(), by: z.enum(['pip', 'uv']) })
export type Marker = z.infer<typeof marker>

export function venvState(data: string, { name, lock }: PythonEngine): VenvState {
  if (!existsSync(venvFolder(data, name))) return 'none'
  const made = readMarker(data, name)
  if (!made || !venvPython(data, name)) return 'unfinished'
  return made.lock === lockFacts(lock).hash ? 'ready' : 'outdated'
}

/** What is written last into a venv; undefined while it isn't whole. */
export function readMarker(data: string, engine: string): Marker | undefined {
  try {
    return marker.safeParse(JSON.parse(readFileSync(venvMarker(data, engine), 'utf8'))).data
  } catch {
    return undefined // not there, or broken: as good as not there
  }
}

/**
 * Forgets packages whose installation was cut short: installers write `INSTALLER` when all else of a package is there, and believe one that has a
 * description to be whole.
 */
export function dropHalfInstalled(venv: string): void {
  for (const path of new Bun.Glob('lib*/python*/site-packages/*.dist-info').scanSync({ cwd: venv, onlyFiles: false }))
    if (!readdirSync(join(venv, path)).includes('INSTALLER')) rmSync(join(venv, path), { recursive: true, force: true })
}

import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** Where the Python packages of an engine lie. */
export function venvFolder(data: string, engine: string): string {
  return join(data, 'engines', engine, 'venv')
}

/** Written last, when all packages of the lock are there: a venv without it was broken off. */
export function venvMarker(data: string, engine: string): string {
  return join(venvFolder(data, engine), 'hearth.json')
}

/** The interpreter of a venv that is complete, or null. */
export function venvPython(data: string, engine: string): string | null {
  const python = join(venvFolder(data, engine), 'bin', 'python')
  return existsSync(venvMarker(data, engine)) && existsSync(python) ? python : null
}

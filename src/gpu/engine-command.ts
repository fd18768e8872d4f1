import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { EngineManifest } from './manifest.ts'
import { venvPython } from './venv.ts'

/** What engines find on this machine. */
export interface Tools {
  /** How Hearth starts itself. */
  hearth: string[]
  /** The data directory: venvs lie in it. */
  data: string
  /** The interpreter for engines without a venv of their own, where it is not `python3`. */
  python?: string | undefined
  /** Settings that manifests may name. */
  settings?: Record<string, string | undefined>
  /** Finds a program; else on the PATH. */
  which?: (program: string) => string | null
}

/** Fills the placeholders of one word; `{hearth}` alone may become several. What is missing stays as it was written. */
export function placeholders(tools: Tools, folder: string, manifest: EngineManifest): (word: string) => string[] {
  const known: Record<string, string | null> = {
    engine: folder,
    python: pythonOf(tools, manifest),
    program: programOf(tools, manifest),
    server: serverOf(tools, manifest),
  }
  return (word) =>
    word === '{hearth}' ? tools.hearth : [word.replace(/\{(\w+)\}/g, (whole, name) => known[name] ?? whole)]
}

/** The first thing that an engine needs and this machine lacks, as a sentence that says what to do. */
export function whatIsMissing(tools: Tools, folder: string, manifest: EngineManifest): string | null {
  const { label, name, needs, command } = manifest
  if (needs.python && !existsSync(join(folder, needs.python)))
    return `${label} names ${needs.python} as the lock of its packages, which is not in ${folder}.`
  if (needs.python && !pythonOf(tools, manifest))
    return `${label} needs its Python packages: run “hearth gpu setup ${name}”.`
  if (uses(command, 'python') && !pythonOf(tools, manifest))
    return `${label} needs Python 3, which is not on the PATH: install it, or name it by HEARTH_PYTHON.`
  if ((needs.program || needs.programSetting) && !programOf(tools, manifest)) return missingProgram(tools, manifest)
  if (needs.serverSetting && !serverOf(tools, manifest))
    return `${label} needs a server: set ${needs.serverSetting} to its address.`
  return null
}

function missingProgram({ settings }: Tools, { label, needs: { program, programSetting } }: EngineManifest): string {
  const set = programSetting && settings?.[programSetting]
  if (set) return `${label} needs ${set}, which ${programSetting} names but is no program that can be run.`
  const how = programSetting ? `, or name it by ${programSetting}` : ''
  return `${label} needs ${program ?? 'its program'}, which is not on the PATH: install it${how}.`
}

function uses(command: string[], name: string): boolean {
  return command.some((word) => word.includes(`{${name}}`))
}

function pythonOf({ data, python, which = Bun.which }: Tools, { name, needs }: EngineManifest): string | null {
  return needs.python ? venvPython(data, name) : which(python ?? 'python3')
}

function programOf({ settings, which = Bun.which }: Tools, { needs }: EngineManifest): string | null {
  const named = (needs.programSetting && settings?.[needs.programSetting]) || needs.program
  return named ? which(named) : null
}

function serverOf({ settings }: Tools, { needs }: EngineManifest): string | null {
  return (needs.serverSetting && settings?.[needs.serverSetting]) || null
}

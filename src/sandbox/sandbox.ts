import { realpathSync } from 'node:fs'
import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { HostFolders } from './bubblewrap.ts'
import type { OnOutput } from './hear.ts'
import { type Limits, limitsWith } from './limits.ts'
import type { Outcome } from './outcome.ts'
import { type Found, findHolder, type Holder, type Programs, programsHere } from './probe.ts'
import type { SandboxFile } from './tar.ts'

/** How long a finding counts: somebody may have installed what was missing. */
const REFUSED_MS = 60_000

export interface SandboxDeps {
  clock: Clock
  /** The server's data directory: hidden from every run, wherever it lies. */
  data: string
  /** Folders besides the system's that a run may read: toolchains in somebody's home. */
  readable: readonly string[]
  /** An image for containers, where bubblewrap can't be had. */
  image?: string | undefined
  programs?: Programs
}

export interface RunOptions {
  /** The working copy: paths of a project and what they hold. */
  files: readonly SandboxFile[]
  /** A program and its arguments, looked for in the sandbox; for a line of shell `['sh', '-c', line]`. */
  command: readonly string[]
  /** Set besides PATH, HOME, LANG, TERM and CI. The server's own environment never comes in. */
  env?: Record<string, string>
  limits?: Partial<Limits>
  /** Ends the run; it then resolves with `stopped`. */
  signal?: AbortSignal
  onOutput?: OnOutput
  /** Whether new and changed files are wanted in `Outcome.back`. */
  takesBack?: boolean
}

/** Runs code that nobody has vouched for: without network, host files, the server's environment, or a way to stay. */
export interface Sandbox {
  /** What runs are held in; or a sentence that says why there is none and how to get one. Asked once, and again after a refusal. */
  available(): Promise<Found>
  /** Runs a command to its end; when this resolves, no process of it is left. @throws DomainError `no_sandbox` */
  run(options: RunOptions): Promise<Outcome>
}

export function openSandbox({ clock, data, readable, image, programs }: SandboxDeps): Sandbox {
  const folders: HostFolders = {
    readable: readable.map(resolved),
    hidden: [resolved(data)],
    runtime: process.execPath,
  }
  let known: { found: Promise<Holder | { refused: string }>; at: number } | undefined
  const holder = async () => {
    if (known && 'refused' in (await known.found) && clock.awake() - known.at > REFUSED_MS) known = undefined
    known ??= {
      found: findHolder({ folders, clock, image, programs: programs ?? programsHere() }),
      at: clock.awake(),
    }
    return known.found
  }
  return {
    async available() {
      const found = await holder()
      return 'refused' in found ? found : { kind: found.kind }
    },
    async run(options) {
      const found = await holder()
      if ('refused' in found) throw noSandbox(found.refused)
      try {
        return await found.run(options, limitsWith(options.limits))
      } catch (cause) {
        known = undefined // what was there may be gone: the next who asks looks anew
        throw noSandbox(
          `The sandbox could not be started: ${(cause as Error).message}. See what hearth doctor says of it.`,
          cause,
        )
      }
    },
  }
}

function noSandbox(why: string, cause?: unknown): DomainError {
  return new DomainError('no_sandbox', why, { cause })
}

function resolved(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path // not there yet
  }
}

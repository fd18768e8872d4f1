import { existsSync, mkdirSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import { lockDataDirectory } from '../../db/lock.ts'
import { Conflict, DomainError } from '../../errors.ts'
import { writeDurably } from '../durable.ts'
import { venvFolder, venvMarker } from '../venv.ts'
import { runInstaller } from './installer.ts'
import type { Word } from './installer-words.ts'
import { findInterpreter, type Interpreter } from './interpreter.ts'
import { type LockFacts, lockFacts } from './lock-facts.ts'
import type { PythonEngine } from './python-engines.ts'
import { dropHalfInstalled, type Marker, readMarker, venvState } from './venv-state.ts'

const GB = 1024 ** 3
/** The first pip that tells its progress to a pipe. */
const PIP_TELLS = 24.1

export type Step =
  | { type: 'phase'; phase: 'environment' | 'packages' | 'finish'; by: Marker['by']; python: string; packages: number }
  | Word

export interface SetUpDeps {
  data: string
  /** The Python of `HEARTH_PYTHON`. */
  python: string | undefined
  signal: AbortSignal
  tell(step: Step): void
  /** The program `uv`, where it is installed. */
  uv?: string | null
}

/**
 * Makes the environment of an engine's Python packages, or completes one that was broken off; what is whole is left as it is. One process at a time
 * does so for an engine. @throws DomainError with a sentence for each thing that may be in the way
 */
export async function setUp(deps: SetUpDeps, engine: PythonEngine): Promise<Marker> {
  const home = join(deps.data, 'engines', engine.name)
  using _lock = takeTurn(home, engine)
  const before = readMarker(deps.data, engine.name)
  if (before && venvState(deps.data, engine) === 'ready') return before
  const facts = lockFacts(engine.lock)
  const python = findInterpreter(deps.python, facts)
  wantSpace(home, facts, before !== undefined)
  const uv = deps.uv === undefined ? Bun.which('uv') : deps.uv
  const job: Job = { ...deps, engine, home, facts, from: python, uv, venv: venvFolder(deps.data, engine.name) }
  await makeVenv(job)
  await installPackages(job)
  return finish(job)
}

interface Job extends SetUpDeps {
  engine: PythonEngine
  home: string
  venv: string
  facts: LockFacts
  from: Interpreter
  uv: string | null
}

function takeTurn(home: string, { name, label }: PythonEngine): Disposable {
  try {
    return lockDataDirectory(home)
  } catch (error) {
    if (!(error instanceof DomainError) || error.code !== 'data_directory_in_use') throw error
    throw new Conflict(
      'setup_under_way',
      `${label} is being set up by another “hearth gpu setup ${name}”. Wait for its end.`,
    )
  }
}

/** What is there already takes no space again. */
function wantSpace(home: string, { diskBytes }: LockFacts, some: boolean): void {
  const { bavail, bsize } = statfsSync(home)
  const [free, wanted] = [bavail * bsize, some || existsSync(join(home, 'venv')) ? diskBytes / 4 : diskBytes]
  if (free >= wanted) return
  const gb = (size: number) => `${(size / GB).toFixed(1)} GB`
  throw new DomainError(
    'setup_disk_full',
    `${home} has ${gb(free)} free, and the packages take ${gb(wanted)}. Free some space, or set HEARTH_DATA to another disk.`,
    { context: { freeBytes: free, neededBytes: wanted } },
  )
}

async function makeVenv(job: Job): Promise<void> {
  const { venv, from, uv, signal, home } = job
  say(job, 'environment')
  rmSync(venvMarker(job.data, job.engine.name), { force: true })
  if (works(job)) return dropHalfInstalled(venv)
  rmSync(venv, { recursive: true, force: true })
  mkdirSync(home, { recursive: true, mode: 0o700 })
  if (!uv && !from.whole) throw cannotMake(from)
  const command = uv ? [uv, 'venv', '--python', from.program, venv] : [from.program, '-m', 'venv', venv]
  await runInstaller({ python: from.program, command, cwd: home, signal, hear() {} })
}

/** Whether what is there is a whole environment, of the same Python, for the same installer. */
function works({ venv, from, uv }: Job): boolean {
  const python = join(venv, 'bin/python')
  if (!existsSync(python)) return false
  const asked = `import sys; print(".".join(map(str, sys.version_info[:3])))${uv ? '' : '; import pip'}`
  const { exitCode, stdout } = Bun.spawnSync([python, '-I', '-c', asked], { stderr: 'ignore' })
  return exitCode === 0 && stdout.toString().trim() === from.version
}

async function installPackages(job: Job): Promise<void> {
  const { venv, home, engine, from, uv, signal, tell } = job
  say(job, 'packages')
  const lock = join(home, 'requirements.lock.txt')
  writeDurably(lock, engine.lock)
  const python = join(venv, 'bin/python')
  const command = uv ? uvCommand(uv, python) : pipCommand(python)
  await runInstaller({ python: from.program, command: [...command, lock], cwd: home, signal, hear: tell })
}

/** Never from source: that would run a stranger's program to build it. */
function uvCommand(uv: string, python: string): string[] {
  return [uv, 'pip', 'sync', '--python', python, '--require-hashes', '--only-binary', ':all:']
}

function pipCommand(python: string): string[] {
  const said = Bun.spawnSync([python, '-I', '-m', 'pip', '--version'], { stderr: 'ignore' }).stdout.toString()
  const version = Number(/^pip (\d+\.\d+)/.exec(said)?.[1] ?? 0)
  const bar = version >= PIP_TELLS ? 'raw' : 'off'
  const quiet = ['--no-input', '--disable-pip-version-check', '--progress-bar', bar]
  return [python, '-I', '-m', 'pip', 'install', ...quiet, '--require-hashes', '--only-binary', ':all:', '-r']
}

function finish(job: Job): Marker {
  say(job, 'finish')
  Bun.spawnSync(['sync', '-f', job.venv], { stdio: ['ignore', 'ignore', 'ignore'] }) // the marker says that all of it is on the disk
  const made: Marker = { lock: job.facts.hash, python: job.from.version, by: job.uv ? 'uv' : 'pip' }
  writeDurably(venvMarker(job.data, job.engine.name), `${JSON.stringify(made)}\n`)
  return made
}

function say({ tell, uv, from, facts }: Job, phase: 'environment' | 'packages' | 'finish'): void {
  tell({ type: 'phase', phase, by: uv ? 'uv' : 'pip', python: from.version, packages: facts.packages })
}

function cannotMake({ program, version }: Interpreter): DomainError {
  const name = `python${version.split('.').slice(0, 2).join('.')}-venv`
  return new DomainError(
    'python_unsuitable',
    `${program} can’t make environments: on Debian and Ubuntu, install ${name} (sudo apt install ${name}), or install uv.`,
  )
}

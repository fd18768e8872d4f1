import { existsSync, fchmodSync, mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import { type Connection, connect } from './connection.ts'
import type { Engine } from './engines.ts'
import { attemptFolder, holdInAttempt, readInAttempt, readSpec, writeInAttempt, writeSpec } from './folder.ts'
import { type GivenInput, placeInputs } from './inputs.ts'
import { type Launcher, launchName } from './launcher.ts'
import { diskFailure } from './outcome.ts'
import { readLine, type WorkerSpec } from './protocol.ts'
import { attemptNumbers, checkpointsFor, mayGoOn } from './resume.ts'
import type { Reuse, Worker } from './reuse.ts'

const LAUNCH = 'launch.json'
const ENDED = 'ended.json'
const FOLDERS = ['in', 'ckpt', 'previews', 'out']

export interface BeginDeps {
  launcher: Launcher
  reuse?: Reuse | undefined
  attempts: string
  clock: Clock
  /** Added to the worker's minimal environment. */
  env?: Record<string, string>
}

/** An attempt at work. */
export interface Attempt {
  folder: string
  spec: WorkerSpec
  worker: Worker
}

/** Starts the attempt, or gives it to a worker that waits for such work. */
export async function begin(
  deps: BeginDeps,
  engine: Engine,
  spec: WorkerSpec,
  inputs: Record<string, GivenInput>,
  freshAfter: number,
): Promise<Attempt> {
  const idle = (await deps.reuse?.take(kindOf(spec), spec.device.id)) ?? null
  const jobs = idle?.jobs ?? 0
  try {
    const reuse = engine.manifest.reuse && jobs < (deps.reuse?.limit ?? 0)
    const folder = await prepare(deps, { ...spec, reuse }, inputs, freshAfter)
    const connection = idle ? next(idle.connection, folder) : await launch(deps, engine, spec, folder)
    return { folder, spec: { ...spec, reuse }, worker: { connection, jobs: jobs + 1 } }
  } catch (error) {
    await idle?.connection.end()
    throw error
  }
}

/** A launch of this very work that an earlier server has left and that still runs. */
export async function foundAgain(
  deps: BeginDeps,
  engine: Engine,
  spec: WorkerSpec,
  freshAfter: number,
): Promise<Attempt | null> {
  if (!deps.launcher.outlives) return null
  const numbers = attemptNumbers(join(deps.attempts, spec.job)).filter((attempt) => attempt > freshAfter)
  for (const number of numbers.reverse()) {
    const folder = attemptFolder(deps.attempts, spec.job, number)
    const had = readSpec(folder)
    if (!had || !mayGoOn(had, spec) || !isOpenLaunch(folder)) continue
    const connection = await launch(deps, engine, had, folder)
    if ((await deps.launcher.status(connection.handle)).state !== 'gone')
      return { folder, spec: had, worker: { connection, jobs: 1 } }
    await connection.end()
    noteEnd(folder, 'gpu_worker_died')
  }
  return null
}

/** Whether something was launched in a folder, of which no end is known. */
export function isOpenLaunch(folder: string): boolean {
  return existsSync(join(folder, LAUNCH)) && endOf(folder) === null
}

/** Leaves word of how an attempt has failed, for those after it. */
export function noteEnd(folder: string, code: string): void {
  try {
    writeInAttempt(folder, ENDED, JSON.stringify({ code }))
  } catch {
    // the disk is full, or the folder gone: the attempt's own error is what counts
  }
}

/** The code of the error that ended the attempt of a folder; null where none is known. */
export function endOf(folder: string): string | null {
  const text = readInAttempt(folder, ENDED) // none: it has not ended, or was killed with its server
  return (text && readLine(z.object({ code: z.string() }), text)?.code) || null
}

/** What two attempts must share for one worker to do both: all that decides what lies in memory. */
export function kindOf({ engine, engineVersion, model, loras, controlnet, memory, device }: WorkerSpec): string {
  return JSON.stringify([engine, engineVersion, model, loras, controlnet, memory, device.id])
}

function next(connection: Connection, folder: string): Connection {
  connection.folder = folder
  connection.tell({ type: 'next', folder })
  return connection
}

/** Notes the launch before it is made: whoever comes after a crash submits it again, and finds it or makes it. */
async function launch(
  deps: BeginDeps,
  engine: Engine,
  { job, attempt }: WorkerSpec,
  folder: string,
): Promise<Connection> {
  const { launcher, clock, env } = deps
  const name = launchName(job, attempt)
  if (launcher.outlives) writeInAttempt(folder, LAUNCH, JSON.stringify({ launcher: launcher.name, name }))
  const handle = await launcher.submit({ name, folder, command: engine.command, env: { ...engine.env, ...env } })
  return connect(launcher, handle, folder, clock)
}

async function prepare(
  { attempts, launcher }: BeginDeps,
  spec: WorkerSpec,
  inputs: Record<string, GivenInput>,
  freshAfter: number,
): Promise<string> {
  const folder = attemptFolder(attempts, spec.job, spec.attempt)
  const [resumeFrom, ...resumeElse] = spec.resumeFrom ? [spec.resumeFrom] : checkpointsFor(attempts, spec, freshAfter)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    if (launcher.outlives) shareFolder(attempts, folder)
    await placeInputs(folder, inputs)
    writeSpec(folder, { ...spec, resumeFrom, resumeElse })
  } catch (cause) {
    throw cause instanceof DomainError ? cause : diskFailure(cause)
  }
  return folder
}

/** Another user works in it: it is as open as the folder of all attempts is, and all that either makes lies in a folder of ours. */
function shareFolder(attempts: string, folder: string): void {
  const mode = statSync(attempts).mode & 0o7777
  for (const name of ['..', '.', ...FOLDERS]) {
    mkdirSync(join(folder, name), { recursive: true })
    using held = holdInAttempt(folder, name) // not what somebody has linked there
    fchmodSync(held.fd, mode)
  }
}

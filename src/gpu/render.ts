import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { runChild } from './child.ts'
import { attemptFolder, readResult, readSpec, writeSpec } from './folder.ts'
import { badSpec, diskFailure, renderedIn, settle } from './outcome.ts'
import {
  type Phase,
  PROTOCOL,
  type SpecInput,
  type WorkerLine,
  type WorkerOutput,
  type WorkerResult,
  type WorkerSpec,
  workerSpec,
} from './protocol.ts'
import { latestCheckpoint } from './sketch/checkpoints.ts'

export interface RenderDeps {
  /** What runs a worker; the attempt's folder is added as the last argument. */
  command: string[]
  /** The folder of all attempts: `<attempts>/<job>/<attempt>`. */
  attempts: string
  clock: Clock
  log: Log
  /** Longest silence in a phase, ms, where it differs from the usual. */
  deadlines?: Partial<Record<Phase, number>>
  /** Added to the child's minimal environment. */
  env?: Record<string, string>
}

/** What to render: `workerSpec` without its envelope. Without `resumeFrom` the job's best checkpoint is taken. */
export type RenderSpec = Omit<SpecInput, 'v'> & {
  /** Attempts up to this number have left nothing that counts. */
  freshAfter?: number
}

export interface RenderHooks {
  onPhase?(phase: Phase): void
  /** `etaMs` is null until a step of this attempt has been timed. */
  onProgress?(progress: { step: number; steps: number; etaMs: number | null }): void
  onPreview?(path: string, step: number): void
  onCheckpoint?(path: string, step: number): void
  /** Aborting it ends the attempt with a checkpoint, as `gpu_preempted`. */
  pause?: AbortSignal
}

/** What an attempt has made, with all that is known of how. */
export interface Rendered extends Omit<WorkerResult, 'v' | 'outputs'> {
  /** With absolute paths. */
  outputs: (WorkerOutput & { path: string })[]
}

/**
 * Renders in a child process of its own. A result that an attempt of this job has already left for the same
 * work is used again.
 * @throws the signal's reason when it aborts; else DomainError `gpu_bad_spec`, or, worth another try,
 * `gpu_worker_hung`, `gpu_worker_garbage`, `gpu_worker_died`, `gpu_out_of_memory`, `gpu_preempted`; or `disk_full`,
 * `disk_unwritable` for a person
 */
export async function render(
  deps: RenderDeps,
  { freshAfter = 0, ...spec }: RenderSpec,
  hooks: RenderHooks,
  signal: AbortSignal,
): Promise<Rendered> {
  signal.throwIfAborted()
  const checked = checkSpec(spec)
  const before = earlierResult(deps.attempts, checked, freshAfter)
  if (before) return before
  const folder = prepare(deps.attempts, checked, freshAfter)
  const end = await runChild({
    ...deps,
    folder,
    onLine: report(deps, folder, hooks),
    cancel: signal,
    pause: hooks.pause,
  })
  deps.log.debug('worker ended', { job: spec.job, attempt: spec.attempt, ...end })
  return settle(end, folder, signal)
}

function checkSpec(spec: Omit<RenderSpec, 'freshAfter'>): WorkerSpec {
  const parsed = workerSpec.safeParse({ ...spec, v: PROTOCOL })
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw badSpec(`${issue.path.join('.')}: ${issue.message}`)
}

function prepare(attempts: string, spec: WorkerSpec, freshAfter: number): string {
  const folder = attemptFolder(attempts, spec.job, spec.attempt)
  const resumeFrom = spec.resumeFrom ?? latestCheckpoint(attempts, spec.job, spec.params, freshAfter)?.path
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeSpec(folder, { ...spec, resumeFrom })
  } catch (cause) {
    throw diskFailure(cause)
  }
  return folder
}

/** Turns the child's lines into the caller's hooks. */
function report({ clock }: RenderDeps, folder: string, hooks: RenderHooks): (line: WorkerLine) => void {
  let first: { step: number; at: number } | null = null
  return (line) => {
    if (line.type === 'phase') {
      if (line.phase === 'denoise') first = null
      hooks.onPhase?.(line.phase)
    } else if (line.type === 'progress' && line.step !== undefined && line.steps !== undefined) {
      const { step, steps } = line
      first ??= { step, at: clock.awake() }
      const timed = step - first.step
      const etaMs = timed > 0 ? Math.round(((clock.awake() - first.at) / timed) * (steps - step)) : null
      hooks.onProgress?.({ step, steps, etaMs })
    } else if (line.type === 'preview') hooks.onPreview?.(join(folder, line.file), line.step)
    else if (line.type === 'checkpoint') hooks.onCheckpoint?.(join(folder, line.file), line.step)
  }
}

function earlierResult(attempts: string, spec: WorkerSpec, freshAfter: number): Rendered | null {
  for (const attempt of attemptsOf(join(attempts, spec.job))) {
    if (Number(attempt) <= freshAfter) continue
    const folder = join(attempts, spec.job, attempt)
    const had = readSpec(folder)
    if (!had || !isSameWork(had, spec)) continue
    const result = readResult(folder)
    if (!('missing' in result)) return renderedIn(folder, result)
  }
  return null
}

/** Whether two specs ask for the same bytes. */
function isSameWork(a: WorkerSpec, b: WorkerSpec): boolean {
  const keys = ['engine', 'function', 'params', 'inputs', 'model', 'loras', 'controlnet'] as const
  return keys.every((key) => Bun.deepEquals(a[key], b[key]))
}

function attemptsOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // the first attempt of this job
  }
}

import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import type { Log } from '../log.ts'
import { latestCheckpoint } from './checkpoints.ts'
import { runChild } from './child.ts'
import { SKETCH } from './engines.ts'
import { attemptFolder, readResult, readSpec, writeSpec } from './folder.ts'
import { badSpec, diskFailure, pictureOf, settle } from './outcome.ts'
import { type Phase, PROTOCOL, type WorkerLine, type WorkerSpec, workerSpec } from './protocol.ts'

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
export type RenderSpec = Omit<WorkerSpec, 'v' | 'engine' | 'stepMs'> & {
  stepMs?: number
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

export interface RenderedPicture {
  /** Absolute. */
  path: string
  sha256: string
  width: number
  height: number
  seed: number
  bytes: number
  params: Record<string, string | number>
}

/**
 * Renders a picture in a child process of its own. A result that an attempt of this job has already left for the same
 * picture is used again.
 * @throws the signal's reason when it aborts; else DomainError `gpu_bad_spec`, or, worth another try,
 * `gpu_worker_hung`, `gpu_worker_garbage`, `gpu_worker_died`, `gpu_out_of_memory`, `gpu_preempted`; or `disk_full`,
 * `disk_unwritable` for a person
 */
export async function renderPicture(
  deps: RenderDeps,
  { freshAfter = 0, ...spec }: RenderSpec,
  hooks: RenderHooks,
  signal: AbortSignal,
): Promise<RenderedPicture> {
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
  const parsed = workerSpec.safeParse({ v: PROTOCOL, engine: SKETCH.name, ...spec })
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  throw badSpec(`${issue.path.join('.')}: ${issue.message}`)
}

function prepare(attempts: string, spec: WorkerSpec, freshAfter: number): string {
  const folder = attemptFolder(attempts, spec.job, spec.attempt)
  const resumeFrom = spec.resumeFrom ?? latestCheckpoint(attempts, spec.job, spec, freshAfter)?.path
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
    } else if (line.type === 'progress') {
      first ??= { step: line.step, at: clock.awake() }
      const timed = line.step - first.step
      const etaMs = timed > 0 ? Math.round(((clock.awake() - first.at) / timed) * (line.steps - line.step)) : null
      hooks.onProgress?.({ step: line.step, steps: line.steps, etaMs })
    } else if (line.type === 'preview') hooks.onPreview?.(join(folder, line.file), line.step)
    else if (line.type === 'checkpoint') hooks.onCheckpoint?.(join(folder, line.file), line.step)
  }
}

function earlierResult(attempts: string, spec: WorkerSpec, freshAfter: number): RenderedPicture | null {
  for (const attempt of attemptsOf(join(attempts, spec.job))) {
    if (Number(attempt) <= freshAfter) continue
    const folder = join(attempts, spec.job, attempt)
    const had = readSpec(folder)
    if (!had || !samePicture(had, spec)) continue
    const result = readResult(folder)
    if (!('missing' in result)) return pictureOf(folder, result)
  }
  return null
}

function samePicture(a: WorkerSpec, b: WorkerSpec): boolean {
  const keys = ['engine', 'prompt', 'width', 'height', 'seed', 'steps', 'guidance'] as const
  return keys.every((key) => a[key] === b[key])
}

function attemptsOf(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // the first attempt of this job
  }
}

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { DomainError } from '../errors.ts'
import type { Log } from '../log.ts'
import { runChild } from './child.ts'
import type { Engine, EngineSet } from './engines.ts'
import { attemptFolder, readResult, readSpec, writeSpec } from './folder.ts'
import { type GivenInput, placeInputs, placesOf } from './inputs.ts'
import { badSpec, diskFailure, type Rendered, renderedIn, settle } from './outcome.ts'
import { type Phase, PROTOCOL, type SpecInput, type WorkerSpec, workerSpec } from './protocol.ts'
import { type RenderHooks, report } from './report.ts'
import { attemptNumbers, checkpointsFor, isSameWork } from './resume.ts'

export interface RenderDeps {
  engines: EngineSet
  /** The folder of all attempts: `<attempts>/<job>/<attempt>`. */
  attempts: string
  clock: Clock
  log: Log
  /** Longest silence in a phase, ms, where it differs from the engine's own and the usual. */
  deadlines?: Partial<Record<Phase, number>>
  /** Added to the child's minimal environment. */
  env?: Record<string, string>
}

/** What to render: `workerSpec` without its envelope. Without `resumeFrom` the job's furthest checkpoint is taken. */
export type RenderSpec = Omit<SpecInput, 'v' | 'inputs' | 'engineVersion' | 'reuse'> & {
  /** Files that it begins with; copied into the attempt's folder. */
  inputs?: Record<string, GivenInput>
  /** Attempts up to this number have left nothing that counts. */
  freshAfter?: number
}

/**
 * Renders in a child process of its own, by the engine that the spec names. A result that an attempt of this job has
 * already left for the same work is used again.
 * @throws the signal's reason when it aborts; else DomainError: NotFound `unknown_engine`, `gpu_engine_missing`,
 * `gpu_bad_spec`, `gpu_model_missing`; or, worth another try, `gpu_worker_hung`, `gpu_worker_garbage`, `gpu_worker_died`,
 * `gpu_out_of_memory`, `gpu_device_fatal`, `gpu_bad_output`, `gpu_preempted`; or `disk_full`, `disk_unwritable` for a person
 */
export async function render(
  deps: RenderDeps,
  { freshAfter = 0, inputs = {}, ...given }: RenderSpec,
  hooks: RenderHooks,
  signal: AbortSignal,
): Promise<Rendered> {
  signal.throwIfAborted()
  const engine = deps.engines.named(given.engine)
  const spec = checkSpec(engine, given, inputs)
  const before = earlierResult(deps.attempts, spec, freshAfter)
  if (before) return before
  if (engine.missing) throw new DomainError('gpu_engine_missing', engine.missing)
  const folder = prepare(deps.attempts, spec, inputs, freshAfter)
  const end = await runChild({
    ...deps,
    command: engine.command,
    env: { ...engine.env, ...deps.env },
    deadlines: { ...engine.manifest.deadlines, ...deps.deadlines },
    folder,
    onLine: report(deps.clock, folder, hooks),
    cancel: signal,
    pause: hooks.pause,
  })
  deps.log.debug('worker ended', { job: spec.job, attempt: spec.attempt, ...end })
  return settle(end, folder, signal)
}

function checkSpec(
  { manifest }: Engine,
  spec: Omit<RenderSpec, 'freshAfter' | 'inputs'>,
  inputs: Record<string, GivenInput>,
): WorkerSpec {
  const { version: engineVersion, checkpointMs, previewMs } = manifest
  const whole = { checkpointMs, previewMs, ...spec, v: PROTOCOL, engineVersion, inputs: placesOf(inputs) }
  const parsed = workerSpec.safeParse(whole)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!
    throw badSpec(`${issue.path.join('.')}: ${issue.message}`)
  }
  if (!manifest.functions.includes(parsed.data.function))
    throw badSpec(`${manifest.label} can’t do “${parsed.data.function}”`)
  return parsed.data
}

function prepare(attempts: string, spec: WorkerSpec, inputs: Record<string, GivenInput>, freshAfter: number): string {
  const folder = attemptFolder(attempts, spec.job, spec.attempt)
  const [resumeFrom, ...resumeElse] = spec.resumeFrom ? [spec.resumeFrom] : checkpointsFor(attempts, spec, freshAfter)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    placeInputs(folder, inputs)
    writeSpec(folder, { ...spec, resumeFrom, resumeElse })
  } catch (cause) {
    throw cause instanceof DomainError ? cause : diskFailure(cause)
  }
  return folder
}

function earlierResult(attempts: string, spec: WorkerSpec, freshAfter: number): Rendered | null {
  for (const attempt of attemptNumbers(join(attempts, spec.job))) {
    if (attempt <= freshAfter) continue
    const folder = attemptFolder(attempts, spec.job, attempt)
    const had = readSpec(folder)
    if (!had || !isSameWork(had, spec)) continue
    const result = readResult(folder)
    if (!('missing' in result)) return renderedIn(folder, result, had)
  }
  return null
}

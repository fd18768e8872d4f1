import { join } from 'node:path'
import { DomainError } from '../errors.ts'
import type { Log } from '../log.ts'
import { attend } from './attend.ts'
import { type Attempt, type BeginDeps, begin, endOf, foundAgain, kindOf, noteEnd } from './begin.ts'
import type { Engine, EngineSet } from './engines.ts'
import { attemptFolder, readResult, readSpec } from './folder.ts'
import { type GivenInput, placesOf } from './inputs.ts'
import { kernelOomKills, type OomKills } from './oom-kills.ts'
import { badSpec, diskFailure, type Rendered, renderedIn, settle } from './outcome.ts'
import type { StageTimes } from './plan.ts'
import { forgetProcess, noteProcess } from './processes.ts'
import { type Phase, type SpecInput, type WorkerSpec, workerSpec } from './protocol.ts'
import { type RenderHooks, report } from './report.ts'
import { attemptNumbers, isSameWork } from './resume.ts'
import { PROTOCOL } from './wire.ts'

export interface RenderDeps extends BeginDeps {
  engines: EngineSet
  log: Log
  /** Longest silence in a phase, ms, where it differs from the engine's own and the usual. */
  deadlines?: Partial<Record<Phase, number>>
  /** What such renders took before; absent: nothing is known. */
  expected?: StageTimes | null
  /** Longest time in a phase without going forward, ms, where it differs from the engine's own and from what is known. */
  patience?: Partial<Record<Phase, number>>
  oomKills?: OomKills
}

/** What to render: `workerSpec` without its envelope. Without `resumeFrom` the job's furthest checkpoint is taken. */
export type RenderSpec = Omit<SpecInput, 'v' | 'inputs' | 'engineVersion' | 'reuse'> & {
  /** Files that it begins with; copied into the attempt's folder. */
  inputs?: Record<string, GivenInput>
  /** Attempts up to this number have left nothing that counts. */
  freshAfter?: number
}

/**
 * Renders in a process of its own, by the engine that the spec names. A result that an attempt of this job has already
 * left for the same work is used again, and a launch of it that still runs is attended to.
 * @throws the signal's reason when it aborts; else DomainError: NotFound `unknown_engine`, `gpu_engine_missing`,
 * `gpu_bad_spec`, `gpu_model_missing`; or, worth another try, `gpu_worker_hung`, `gpu_worker_stalled`, `gpu_worker_garbage`,
 * `gpu_worker_died`, `gpu_launch_failed`, `gpu_out_of_memory` (context: `where`, `phase`, bytes that it needed and that were free),
 * `gpu_device_fatal`, `gpu_preempted`, the first `gpu_bad_output`; or `disk_full`, `disk_unwritable` for a person
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
  const before = await earlierResult(deps.attempts, spec, freshAfter)
  if (before) return before
  if (engine.missing) throw new DomainError('gpu_engine_missing', engine.missing)
  const attempt =
    (await foundAgain(deps, engine, spec, freshAfter)) ?? (await begin(deps, engine, spec, inputs, freshAfter))
  const badBefore = hasMadeNoise(deps.attempts, spec, freshAfter)
  return attended({ ...deps, engine, hooks, signal, badBefore }, attempt)
}

interface Attending extends RenderDeps {
  engine: Engine
  hooks: RenderHooks
  signal: AbortSignal
  badBefore: boolean
}

/** Hears the worker to the end of its attempt. When this settles, nothing of it runs any more, unless it waits for more. */
async function attended(deps: Attending, attempt: Attempt): Promise<Rendered> {
  const { folder, spec, worker } = attempt
  let kept = false
  try {
    noteWorker(deps, attempt)
    const rendered = await outcome(deps, attempt)
    kept = rendered.idle
    if (kept) deps.reuse!.keep(worker, kindOf(spec), spec.device.id)
    return rendered.made
  } catch (error) {
    noteEnd(folder, error instanceof DomainError ? error.code : 'stopped')
    throw error
  } finally {
    if (!kept) await worker.connection.end()
    forgetProcess(folder)
  }
}

async function outcome(deps: Attending, { folder, spec, worker }: Attempt): Promise<{ made: Rendered; idle: boolean }> {
  const { engine, clock, hooks, signal, badBefore, oomKills = kernelOomKills() } = deps
  const { job, attempt } = spec
  const killed = oomKills()
  const end = await attend({
    connection: worker.connection,
    clock,
    job,
    attempt,
    deadlines: { ...engine.manifest.deadlines, ...deps.deadlines },
    known: {
      kind: spec.device.kind,
      expected: deps.expected ?? null,
      own: { ...engine.manifest.patience, ...deps.patience },
    },
    onLine: report(clock, folder, hooks),
    cancel: signal,
    pause: hooks.pause,
  })
  deps.log.debug('worker ended', { job, attempt, ...end })
  const hostWasFull = killed !== null && (oomKills() ?? 0) > killed
  return { made: await settle(end, { folder, signal, hostWasFull, badBefore }), idle: end.why === 'idle' && spec.reuse }
}

/** For the sweep after a crash of the server. What outlives it is found in another way. */
function noteWorker({ launcher }: Attending, { folder, worker }: Attempt): void {
  if (launcher.outlives) return
  try {
    noteProcess(folder, Number(worker.connection.handle.pid))
  } catch (cause) {
    throw diskFailure(cause)
  }
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

async function earlierResult(attempts: string, spec: WorkerSpec, freshAfter: number): Promise<Rendered | null> {
  for (const folder of earlierFolders(attempts, spec, freshAfter)) {
    const had = readSpec(folder)
    if (!had || !isSameWork(had, spec)) continue
    const result = await readResult(folder)
    if (!('missing' in result)) return renderedIn(folder, result, had)
  }
  return null
}

function hasMadeNoise(attempts: string, spec: WorkerSpec, freshAfter: number): boolean {
  return earlierFolders(attempts, spec, freshAfter).some((folder) => endOf(folder) === 'gpu_bad_output')
}

function earlierFolders(attempts: string, { job }: WorkerSpec, freshAfter: number): string[] {
  return attemptNumbers(join(attempts, job))
    .filter((attempt) => attempt > freshAfter)
    .map((attempt) => attemptFolder(attempts, job, attempt))
}

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { readSpec } from './folder.ts'
import type { WorkerSpec } from './protocol.ts'

/** Checkpoints that a worker is given: the furthest, and those to turn to when it is damaged. */
const MOST_GIVEN = 4
/** `000017.safetensors`; a `.json` beside it is the engine's own. */
const CHECKPOINT = /^(\d+)\.(?!json$|part$)\w+$/

/**
 * The checkpoints that attempts of this job have left for this very work, the furthest first: absolute paths. None of a
 * model, parameters, an engine's version or a tier that differ, nor of attempts up to `freshAfter`.
 */
export function checkpointsFor(attempts: string, spec: WorkerSpec, freshAfter = 0): string[] {
  const job = join(attempts, spec.job)
  return attemptNumbers(job)
    .filter((attempt) => attempt > freshAfter)
    .flatMap((attempt) => checkpointsIn(join(job, String(attempt)), spec))
    .sort((a, b) => b.at - a.at)
    .slice(0, MOST_GIVEN)
    .map(({ path }) => path)
}

/** Whether two specs ask for the same bytes of the same engine. */
export function isSameWork(a: WorkerSpec, b: WorkerSpec): boolean {
  const keys = ['engine', 'engineVersion', 'function', 'params', 'inputs', 'model', 'loras', 'controlnet'] as const
  return keys.every((key) => Bun.deepEquals(a[key], b[key]))
}

/** The numbers of the attempts of a job, the first first. */
export function attemptNumbers(job: string): number[] {
  return list(job)
    .map(Number)
    .filter((attempt) => Number.isInteger(attempt) && attempt > 0)
    .sort((a, b) => a - b)
}

function checkpointsIn(folder: string, spec: WorkerSpec): { path: string; at: number }[] {
  const names = list(join(folder, 'ckpt')).filter((name) => CHECKPOINT.test(name))
  if (names.length === 0) return []
  const had = readSpec(folder)
  if (!had || !mayGoOn(had, spec)) return []
  return names.map((name) => ({ path: join(folder, 'ckpt', name), at: Number.parseInt(name, 10) }))
}

/** Whether what was begun for one spec may be finished for another. Tiling and offloading change no mathematics to speak of. */
export function mayGoOn(had: WorkerSpec, spec: WorkerSpec): boolean {
  const { dtype, quantisation } = spec.memory
  return (
    isSameWork(had, spec) &&
    had.tier === spec.tier &&
    had.memory.dtype === dtype &&
    had.memory.quantisation === quantisation
  )
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // no folder yet: nothing was left
  }
}

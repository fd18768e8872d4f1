import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FaultKind, Phase } from '../../src/gpu/protocol.ts'
import type { RenderSpec } from '../../src/gpu/render.ts'
import { smallSpec, testAttempts, testEngines } from './gpu-attempts.ts'

/** The engine that fails on command, among those of the checkout. */
export const FAULTY = join(import.meta.dir, '../../gpu/faulty')

/** What each fault comes to, at whichever stage; null: the work is done all the same. */
export const FAULT_ENDS: Record<FaultKind, string | null> = {
  hang: 'gpu_worker_hung',
  stall: 'gpu_worker_stalled',
  garbage: 'gpu_worker_garbage',
  'long-line': null,
  die: 'gpu_worker_died',
  segfault: 'gpu_worker_died',
  'exit-1': 'gpu_worker_died',
  oom: 'gpu_out_of_memory',
  'device-fatal': 'gpu_device_fatal',
  'model-missing': 'gpu_model_missing',
  'disk-full': 'disk_full',
  slow: null,
  'bad-output': 'gpu_bad_output',
  'no-output': 'gpu_worker_died',
  'holds-memory': null,
  deaf: null,
  stubborn: null,
  fork: null,
}

export function faultyAttempts(over: Parameters<typeof testAttempts>[0] = {}) {
  return testAttempts({ engines: testEngines(undefined, [FAULTY]), ...over })
}

/** A small work for it, with a fault at a stage or a step. */
export function faultySpec(kind: FaultKind | null, at: { phase?: Phase; step?: number } = {}, over = {}): RenderSpec {
  const fault = kind ? { allowFaults: true, fault: { kind, ...at } } : {}
  return smallSpec({ engine: 'faulty', ...fault, ...over })
}

/** Pretended memory of devices: a folder that the engine keeps its books in. */
export function pretendMemory(root: string, totals: Record<string, number>) {
  const place = join(root, 'memory')
  for (const [device, total] of Object.entries(totals)) {
    mkdirSync(join(place, device), { recursive: true })
    writeFileSync(join(place, device, 'total'), String(total))
  }
  return {
    env: { HEARTH_PRETEND_MEMORY: place },
    /** What processes that live hold, bytes. */
    used: (device: string) => usedOf(join(place, device)),
    holders: (device: string) => holdersOf(join(place, device)).map(Number),
    /** Whether more was ever asked of it than it had left. */
    overcommitted: (device: string) => existsSync(join(place, device, 'overcommitted')),
  }
}

function usedOf(folder: string): number {
  return holdersOf(folder).reduce((sum, pid) => sum + Number(read(join(folder, pid)).split(' ')[0]), 0)
}

function holdersOf(folder: string): string[] {
  return readdirSync(folder).filter((name) => {
    const birth = /^\d+$/.test(name) && born(read(`/proc/${name}/stat`))
    return birth && birth === read(join(folder, name)).split(' ')[1]
  })
}

/** When a process that lives was born, ticks, by its line in /proc. */
function born(stat: string): string | undefined {
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return state && 'ZX'.includes(state) ? undefined : rest[18]
}

/** The pids of all that the engine has started in this folder of attempts, wherever it has gone. */
export function processesOf(attempts: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isAlive(name))
    .filter((pid) => read(`/proc/${pid}/environ`).includes(attempts) || read(`/proc/${pid}/cmdline`).includes(attempts))
    .map(Number)
    .filter((pid) => pid !== process.pid)
}

function isAlive(pid: string): boolean {
  return /^\d+ \(.*\) [^ZX]/s.test(read(`/proc/${pid}/stat`))
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // ended since it was listed
  }
}

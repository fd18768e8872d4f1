import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { type EngineSet, openEngineSet } from '../../src/gpu/engines.ts'
import { localLauncher } from '../../src/gpu/launchers/local.ts'
import type { SpecInput } from '../../src/gpu/protocol.ts'
import type { RenderDeps, RenderSpec } from '../../src/gpu/render.ts'
import type { RenderHooks } from '../../src/gpu/report.ts'
import { openLog } from '../../src/log.ts'
import { ownFolder } from './folders.ts'

export const WORKER = [process.execPath, join(import.meta.dir, 'gpu-worker-main.ts')]

/** The system's own, which any user may run. */
export const PYTHON = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3'

/** The engines of this checkout; `command` stands in for the sketch engine's, `folders` hold more. */
export function testEngines(command: string[] = WORKER, folders: string[] = []): EngineSet {
  const gpu = join(import.meta.dir, '../../gpu')
  return openEngineSet({
    folders: [gpu, ...folders],
    hearth: [],
    data: '/nonexistent',
    python: PYTHON,
    commands: { sketch: command },
  })
}

/** A temporary folder of attempts, with what `render` needs to work in it. */
export function testAttempts({
  command,
  ...over
}: Partial<RenderDeps> & { command?: string[] } = {}): RenderDeps & Disposable {
  const { path: attempts, [Symbol.dispose]: remove } = ownFolder('hearth-gpu')
  return {
    engines: testEngines(command),
    launcher: localLauncher(),
    attempts,
    clock: systemClock,
    log: openLog('silent'),
    ...over,
    [Symbol.dispose]: remove,
  }
}

/** A small picture that takes a fraction of a second. */
export function smallSpec({
  params,
  ...over
}: Partial<Omit<RenderSpec, 'params'>> & { params?: Partial<RenderSpec['params']> } = {}): RenderSpec {
  const small = { prompt: 'a lighthouse at dusk', width: 160, height: 96, seed: 7, steps: 8, guidance: 7 }
  return {
    engine: 'sketch',
    job: 'job-1',
    attempt: 1,
    params: { ...small, ...params },
    tier: 'low',
    device: { id: 'cpu', kind: 'cpu', name: 'CPU' },
    ...over,
  }
}

/** The same as it stands in spec.json, for those that start a worker by themselves. */
export function writtenSpec({
  inputs,
  ...over
}: Omit<NonNullable<Parameters<typeof smallSpec>[0]>, 'inputs'> & Pick<SpecInput, 'inputs'>): Omit<SpecInput, 'v'> {
  const { inputs: _, freshAfter: __, ...spec } = smallSpec(over)
  return { ...spec, ...(inputs && { inputs }) }
}

/** The pids that run a worker in this folder of attempts. */
export function workersIn(attempts: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const isOurs = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`gpu-worker-main.ts\0${attempts}`)
        const isAlive = !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
        return isOurs && isAlive ? [Number(pid)] : []
      } catch {
        return [] // ended since it was listed
      }
    })
}

export async function until(what: string, holds: () => boolean, limitMs = 20_000): Promise<void> {
  const start = performance.now()
  while (!holds()) {
    if (performance.now() - start > limitMs) throw new Error(`waited ${limitMs} ms for: ${what}`)
    await Bun.sleep(10)
  }
}

/** The number of the furthest checkpoint that the attempts of `job-1` have left. */
export function furthestStep(attempts: string): number {
  const names = [...new Bun.Glob('job-1/*/ckpt/*.bin').scanSync(attempts)]
  return Math.max(0, ...names.map((name) => Number.parseInt(basename(name), 10)))
}

/** Hooks that hear of steps alone. */
export type StepHooks = Omit<RenderHooks, 'onProgress'> & {
  onProgress?(progress: { step: number; steps: number; etaMs: number | null }): unknown
}

export function stepsOnly({ onProgress, ...hooks }: StepHooks): RenderHooks {
  return { ...hooks, onProgress: (said) => void ('step' in said && onProgress?.(said)) }
}

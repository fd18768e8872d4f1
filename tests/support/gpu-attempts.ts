import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import type { RenderDeps, RenderSpec } from '../../src/gpu/render.ts'
import { openLog } from '../../src/log.ts'

export const WORKER = [process.execPath, join(import.meta.dir, 'gpu-worker-main.ts')]

/** A temporary folder of attempts, with what `render` needs to work in it. */
export function testAttempts(over: Partial<RenderDeps> = {}): RenderDeps & Disposable {
  const attempts = mkdtempSync(join(tmpdir(), 'hearth-gpu-'))
  return {
    command: WORKER,
    attempts,
    clock: systemClock,
    log: openLog('silent'),
    ...over,
    [Symbol.dispose]: () => rmSync(attempts, { recursive: true, force: true }),
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

export async function until(what: string, holds: () => boolean, limitMs = 5_000): Promise<void> {
  const start = performance.now()
  while (!holds()) {
    if (performance.now() - start > limitMs) throw new Error(`waited ${limitMs} ms for: ${what}`)
    await Bun.sleep(10)
  }
}

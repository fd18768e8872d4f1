import { expect } from 'bun:test'
import type { Clocked, Watched } from '../support/clocked.ts'
import { violations } from './history.ts'
import { keptIn } from './kept.ts'

/** Resolves while a file is being written and a picture rendered, neither of them done. */
export async function workingOn({ reading }: Watched): Promise<void> {
  await reading.until(({ type, kind }) => type === 'progress' && kind === 'write', 'a file begun')
  await reading.until(({ type, kind, step }) => type === 'progress' && kind === 'render' && step === 2, 'step 2')
}

/** Stops the server; every job has had one attempt, which succeeded, and every reader one unbroken stream that says nothing absurd. */
export async function expectUnharmed({ data, server }: Clocked, all: Watched[]): Promise<void> {
  expect(await server.stop()).toBe(0)
  const kept = await keptIn(data)
  const acknowledged = all.map(({ project, job }) => ({ project, job }))
  const told = new Map(all.map(({ project, reading }) => [project, reading.durable()]))
  expect(violations({ acknowledged, told, kept, over: true })).toEqual([])
  expect(kept.attempts.filter(({ attempt, outcome }) => attempt !== 1 || outcome !== 'succeeded')).toEqual([])
  for (const { reading } of all) {
    const beats = reading.lines.flatMap(({ jobs }) => jobs ?? [])
    for (const { elapsed } of [...reading.lines, ...beats])
      if (elapsed !== undefined) expect(elapsed).toBeGreaterThanOrEqual(0)
    for (const { idleMs } of beats) expect(idleMs).toBeWithin(0, 10_000)
  }
}

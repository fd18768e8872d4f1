import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock } from '../../src/clock.ts'
import { type RenderSpec, render } from '../../src/gpu/render.ts'
import { openReuse } from '../../src/gpu/reuse.ts'
import { stoppedClock } from '../support/clock.ts'
import { until } from '../support/gpu-attempts.ts'
import { faultyAttempts, faultySpec, processesOf } from '../support/gpu-faulty.ts'

const never = new AbortController().signal
const MODEL = { id: 'a/b', family: 'a', format: 'diffusers', path: '/etc/passwd', parts: {}, sha256: 'a'.repeat(64) }

function reusing(limit: number, clock = systemClock) {
  const reuse = openReuse({ clock, limit })
  const deps = faultyAttempts({ reuse })
  return {
    deps,
    reuse,
    /** The pid that a job has run in. */
    async run(job: string, over: Partial<RenderSpec> = {}, signal = never) {
      await render(deps, faultySpec(null, {}, { job, ...over }), {}, signal)
      const [hello] = readFileSync(join(deps.attempts, job, '1', 'events.ndjson'), 'utf8').split('\n')
      return JSON.parse(hello!).pid as number
    },
    async [Symbol.asyncDispose]() {
      await reuse[Symbol.asyncDispose]()
      expect(processesOf(deps.attempts)).toEqual([])
      deps[Symbol.dispose]()
    },
  }
}

test('a worker does as many jobs more as it may, then a new one begins', async () => {
  await using one = reusing(2)
  const pids = [await one.run('a'), await one.run('b'), await one.run('c')]
  expect(new Set(pids).size).toBe(1)
  expect(one.reuse.idle()).toEqual([])
  expect(await one.run('d')).not.toBe(pids[0]!)
  expect(one.reuse.idle()).toHaveLength(1)
})

test('by default each job has a process of its own', async () => {
  await using one = reusing(0)
  expect(await one.run('a')).not.toBe(await one.run('b'))
  expect(processesOf(one.deps.attempts)).toEqual([])
})

test('another model, another way to hold it or another device has another worker; on the same device the idle one is ended', async () => {
  await using one = reusing(9)
  const pids = [
    await one.run('a'),
    await one.run('b', { model: MODEL }),
    await one.run('c', { model: MODEL, memory: { vaeTiling: true } }),
  ]
  expect(new Set(pids).size).toBe(3)
  expect(one.reuse.idle()).toEqual([{ device: 'cpu', pid: pids[2]! }])
  const other = await one.run('d', { device: { id: 'GPU-b', kind: 'cuda', name: 'B' } })
  expect(one.reuse.idle().map(({ pid }) => pid)).toEqual([pids[2]!, other])
  await one.reuse.endIdle('cpu')
  expect(one.reuse.idle()).toEqual([{ device: 'GPU-b', pid: other }])
})

test('nobody is used again after a fault or a cancel', async () => {
  await using one = reusing(9)
  const first = await one.run('a')
  const failing = render(one.deps, faultySpec('oom', {}, { job: 'b' }), {}, never)
  await expect(failing).rejects.toMatchObject({ code: 'gpu_out_of_memory' })
  const second = await one.run('c')
  expect(second).not.toBe(first)
  const stop = new AbortController()
  const hooks = { onPhase: (phase: string) => phase === 'denoise' && stop.abort(new Error('cancelled')) }
  const cancelled = render(one.deps, faultySpec(null, {}, { job: 'd', stepMs: 500 }), hooks, stop.signal)
  await expect(cancelled).rejects.toThrow('cancelled')
  expect(one.reuse.idle()).toEqual([])
  expect(await one.run('e')).not.toBe(second)
})

test('one that nobody needs for a minute is ended, and one that dies while it waits is forgotten', async () => {
  const clock = stoppedClock()
  await using one = reusing(9, clock)
  await one.run('a')
  clock.pass(59_999)
  expect(one.reuse.idle()).toHaveLength(1)
  clock.pass(1)
  await until('it to be ended', () => processesOf(one.deps.attempts).length === 0)
  process.kill(await one.run('b'), 'SIGKILL')
  await until('it to be forgotten', () => one.reuse.idle().length === 0)
  await one.run('c')
})

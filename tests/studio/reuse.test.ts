import { expect, test } from 'bun:test'
import { pretendedProbe } from '../../src/gpu/devices/probe.ts'
import type { Device } from '../../src/gpu/devices.ts'
import { testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'
import { FAULTY, pretendMemory } from '../support/gpu-faulty.ts'
import { GIB } from '../support/gpu-plans.ts'
import { until } from '../support/jobs.ts'
import { pretendModels } from '../support/pretended-models.ts'

const TOTAL = 24 * GIB
/** Two models don't fit at once. */
const TAKEN = 16 * GIB
const MODELS = ['one', 'two']

/** An app on one card that both models fill, with an engine whose workers wait for the next job of their model. */
async function reusing({ tells }: { tells: boolean }) {
  const folder = temporaryFolder()
  const data = folder.path
  pretendModels(data, MODELS, TAKEN)
  const memory = pretendMemory(folder.path, { a: TOTAL })
  const seen = (): Device[] => {
    const processes = tells ? memory.holders('a').map((pid) => ({ pid, usedBytes: TAKEN })) : []
    const freeBytes = TOTAL - memory.used('a')
    return [{ id: 'a', name: 'Card', kind: 'cuda', totalBytes: TOTAL, freeBytes, processes }]
  }
  const app = await testApp({
    data,
    devices: pretendedProbe(seen),
    engineFolders: [FAULTY],
    workerEnv: { ...memory.env, HEARTH_PRETEND_BYTES: String(TAKEN) },
    settings: { HEARTH_GPU_REUSE: '5' },
  })
  await app.app.modelStore.ready
  const { project } = await (await app.post('/api/renders', { title: 'Pictures' })).json()
  return {
    app,
    memory,
    /** Renders with a model; what was made of it, and who waits then. */
    async render(model: string) {
      const request = { prompt: 'x', width: 64, height: 64, steps: 2, engine: 'faulty', model: `pretended/${model}` }
      const { job } = await (await app.post(`/api/projects/${project}/renders`, { request })).json()
      const now = async () => (await app.json(`/api/jobs/${job.id}`)).job
      await until(async () => /succeeded|failed|held/.test((await now()).state), 'it has ended')
      const { state, error, attempt, result } = await now()
      expect({ state, error }).toEqual({ state: 'succeeded', error: null })
      return { attempt, lowered: result.lowered, idle: app.app.render.reuse!.idle().map(({ pid }) => pid) }
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      expect(memory.holders('a')).toEqual([])
      expect(memory.overcommitted('a')).toBe(false)
      folder[Symbol.dispose]()
    },
  }
}

test('what a worker that waits holds counts as free for the next job, and goes when another model takes the device', async () => {
  await using one = await reusing({ tells: true })
  const first = await one.render('one')
  expect(first).toMatchObject({ attempt: 1, lowered: [], idle: [expect.any(Number)] })
  expect(one.memory.used('a')).toBe(TAKEN)
  expect(one.app.app.watch.degraded('a')).toBeNull()
  expect(await one.render('one')).toEqual(first)
  const other = await one.render('two')
  expect(other).toMatchObject({ attempt: 1, lowered: [], idle: [expect.any(Number)] })
  expect(other.idle).not.toEqual(first.idle)
  expect(one.memory.holders('a')).toEqual(other.idle)
  expect(one.app.app.watch.degraded('a')).toBeNull()
}, 60_000)

test('where nobody can tell what it holds, it is ended before the next job is planned', async () => {
  await using one = await reusing({ tells: false })
  const first = await one.render('one')
  expect(first.idle).toHaveLength(1)
  const second = await one.render('one')
  expect(second).toMatchObject({ attempt: 1, lowered: [] })
  expect(second.idle).not.toEqual(first.idle)
}, 60_000)

import { expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RenderAttempt } from '../../src/gpu/render-attempt-rows.ts'
import { testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'
import { card, GIB } from '../support/gpu-plans.ts'
import { safetensors } from '../support/weights.ts'

const MAIN = join(import.meta.dir, '..', 'support', 'gpu-hungry-main.ts')
const ENGINE = `name = "hungry"
label = "Hungry"
version = "1"
functions = ["image"]
families = ["hungry"]
devices = ["cuda"]
resume = "step"
command = ["${process.execPath}", "${MAIN}"]
`

/** Two models, the second a smaller quantisation of the first; each takes what its tier says at 256 x 256. */
function catalogue(bytes: number): string {
  const one = (name: string, more: string, high: number, low: number) => `[[models]]
id = "hungry/${name}"
label = "Hungry ${name}"
files = [{ path = "model.safetensors", bytes = ${bytes} }]
${more}
[models.tiers.low]
vramBytes = ${low * GIB}
maxPixels = 65536
[models.tiers.high]
vramBytes = ${high * GIB}
maxPixels = 65536
`
  return `family = "hungry"
format = "safetensors"
engines = ["hungry"]
licence = { id = "x", name = "X" }
size = { side = 128 }
${one('one', 'quality = 60', 48, 16)}
${one('small', 'quality = 40\nlowers = "hungry/one"', 12, 4)}`
}

async function hungryApp(device = card(20)) {
  const folder = temporaryFolder()
  const data = folder.path
  const weights = safetensors({ 'hungry.weight': [4, 4] })
  for (const name of ['one', 'small']) {
    mkdirSync(join(data, 'models', 'hungry', name), { recursive: true })
    writeFileSync(join(data, 'models', 'hungry', name, 'model.safetensors'), weights)
  }
  for (const name of ['catalogue', 'engines/hungry']) mkdirSync(join(data, name), { recursive: true })
  writeFileSync(join(data, 'catalogue', 'hungry.toml'), catalogue(weights.length))
  writeFileSync(join(data, 'engines', 'hungry', 'engine.toml'), ENGINE)
  const app = await testApp({ data, devices: [device] })
  await app.app.modelStore.ready
  const { project } = await (await app.post('/api/renders', { title: 'Hungry' })).json()
  /** Asks for a render and waits until it has ended, or waits for a person. */
  const render = async (request: object) => {
    const asked = { prompt: 'x', width: 128, height: 128, steps: 2, ...request }
    const answer = await app.post(`/api/projects/${project}/renders`, { request: asked })
    const { job } = await answer.json()
    using reading = await app.follow(`/api/jobs/${job.id}/events`)
    await reading.until(({ type }) => ['job.succeeded', 'job.held', 'job.failed'].includes(type), 'its end')
    return (await app.json(`/api/jobs/${job.id}`)) as {
      job: { state: string; failures: number; error: { message: string } | null }
      renders: RenderAttempt[]
    }
  }
  const dispose = async () => {
    await app[Symbol.asyncDispose]()
    folder[Symbol.dispose]()
  }
  return { render, [Symbol.asyncDispose]: dispose }
}

test('memory that runs out walks the ladder, one rung per attempt, each recorded, and ends with a person', async () => {
  await using app = await hungryApp()
  const { job, renders } = await app.render({ prompt: 'never' })
  expect(job).toMatchObject({ state: 'held', failures: 0, error: { code: 'gpu_out_of_memory' } })
  expect(job.error!.message).toContain('Nothing is left that Hearth may lower.')
  const walked = renders.map(({ rung, plan: { model, tier, memory } }) => [
    rung,
    model,
    tier,
    memory.vaeTiling,
    memory.offload,
  ])
  expect(walked).toEqual([
    [0, 'hungry/one', 'high', false, 'none'],
    [1, 'hungry/one', 'high', false, 'none'],
    [2, 'hungry/one', 'high', true, 'none'],
    [3, 'hungry/one', 'high', true, 'encoder'],
    [4, 'hungry/one', 'high', true, 'model'],
    [5, 'hungry/one', 'high', true, 'group'],
    [6, 'hungry/small', 'high', true, 'group'],
    [7, 'hungry/small', 'low', true, 'group'],
  ])
  expect(renders.map(({ outcome }) => outcome)).toEqual(Array(8).fill('gpu_out_of_memory'))
  expect(renders.map(({ nextRung }) => nextRung)).toEqual([1, 2, 3, 4, 5, 6, 7, null])
  expect(renders.at(-1)!.plan.lowered.map(({ what, from, to }) => [what, from, to])).toEqual([
    ['tiling', 'off', 'on'],
    ['offload', 'none', 'group'],
    ['quantisation', 'hungry/one', 'hungry/small'],
    ['tier', 'high', 'low'],
  ])
  for (const { plan } of renders) expect(plan.params).toMatchObject({ width: 128, height: 128, steps: 2 })
})

test('a rung that is enough ends it, and what a person has set stays', async () => {
  await using app = await hungryApp()
  const { job, renders } = await app.render({ prompt: 'until model', guidance: 3 })
  expect([job.state, ...renders.map(({ rung }) => rung)]).toEqual(['succeeded', 0, 1, 2, 3, 4])
  for (const { plan } of renders) expect(plan.params).toMatchObject({ steps: 2, guidance: 3 })
})

test('a model that a person has named is not another one for want of memory', async () => {
  await using app = await hungryApp()
  const { job, renders } = await app.render({ prompt: 'until small', model: 'hungry/one', tier: 'high' })
  expect(job.state).toBe('held')
  expect(new Set(renders.map(({ plan }) => `${plan.model} ${plan.tier}`))).toEqual(new Set(['hungry/one high']))
})

test('what it told of its memory makes the next plan right at once', async () => {
  await using app = await hungryApp()
  const first = await app.render({ prompt: 'tells, until tiling' })
  expect(first.renders.length).toBeGreaterThan(1)
  const second = await app.render({ prompt: 'tells, until tiling' })
  expect(second.renders).toHaveLength(1)
  expect(second.renders[0]).toMatchObject({ outcome: 'succeeded' })
})

test('where what it told rules out all that is left of the ladder, a person is asked, with the figures', async () => {
  await using app = await hungryApp(card(20, { totalBytes: 20 * GIB }))
  const { job, renders } = await app.render({ prompt: 'tells, never', model: 'hungry/one', tier: 'high' })
  expect(job).toMatchObject({ state: 'held', failures: 0 })
  expect(job.error!.message).toMatch(/ran out|needs [\d.]+ GB/)
  expect(renders.length).toBeLessThan(6)
})

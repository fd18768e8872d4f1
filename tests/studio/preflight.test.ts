import { expect, test } from 'bun:test'
import { inWords, type PreflightDeps, preflight } from '../../src/studio/preflight.ts'
import { renderView } from '../../src/web/views.ts'
import { testApp } from '../support/app.ts'
import { card, cpu, engine, facts, GIB, model, NOTHING_LEARNED, SKETCH_ENGINE } from '../support/gpu-plans.ts'

const EXPECT = { loadMs: 4_000, encodeMs: 0, stepMs: 200, decodeMs: 500, saveMs: 0 }

function machine(devices = [card(14)], times = false, row: object = { before: 0, ms: null }): PreflightDeps {
  const models = [model()]
  return {
    render: { engines: { all: () => [engine(), SKETCH_ENGINE] } },
    modelStore: { installed: () => models, profiles: () => models.map(({ profile }) => profile) },
    learned: { ...NOTHING_LEARNED, times: () => (times ? EXPECT : null), isWarm: () => false },
    reserveBytes: GIB / 2,
    watch: { now: () => devices },
    devices: { counts: () => ({ slots: 2 }) },
    read: { all: async () => [row] } as never,
  }
}

test('before it is queued, a render says whether it fits, how long it takes, and what would be lowered at each tier', async () => {
  const found = await preflight(machine([card(14)], true), facts().request, 'auto')
  expect(found).toMatchObject({ fits: true, code: null, device: { name: 'Card' }, plan: { tier: 'high' } })
  expect(found.alternatives.map((one) => [one.tier, one.steps, inWords(one)])).toEqual([
    ['low', 15, 'fits, about 8 s'],
    ['standard', 25, 'fits, about 10 s'],
    ['high', 35, 'fits, about 12 s'],
    ['premium', 50, 'fits, about 15 s, tiling on'],
  ])
})

test('of several devices, the one that would do it best', async () => {
  const found = await preflight(
    machine([cpu(), card(7), card(20, { id: 'GPU-2', name: 'Big' })]),
    facts().request,
    'auto',
  )
  expect(found).toMatchObject({ device: { id: 'GPU-2' }, plan: { tier: 'premium' } })
})

test('what a worker of ours holds that waits for the next job counts as free, and what others hold does not', async () => {
  const processes = [{ pid: 7, usedBytes: 18 * GIB }]
  const held = { ...card(2, { totalBytes: 24 * GIB }), processes }
  const on = (pid: number) => {
    const at = machine([held])
    return {
      ...at,
      render: { ...at.render, reuse: { idle: () => [{ device: held.id, pid }], endIdle: async () => {} } },
    }
  }
  const wanted = { ...facts().request, tier: 'high' as const }
  expect(await preflight(on(7), wanted, 'auto')).toMatchObject({ fits: true, plan: { tier: 'high', lowered: [] } })
  expect(await preflight(on(8), wanted, 'auto')).not.toMatchObject({ plan: { lowered: [] } })
})

test('what does not fit says why, with the code and the figures', async () => {
  const small = [card(1, { totalBytes: GIB })]
  const found = await preflight(machine(small), { prompt: 'x', tier: 'premium' }, 'auto')
  expect(found).toMatchObject({ fits: false, plan: null, device: null, code: 'gpu_will_not_fit' })
  expect(found.reason).toContain('Card has 1 GB free of 1 GB')
  const page = renderView('gpu/_preflight', { preflight: found })
  expect(page).toContain('It does not fit')
})

test('those before it are counted, and how long they take by the renders of late', async () => {
  const wait = async (row: object) => (await preflight(machine([card(14)], false, row), facts().request, 'auto')).queue
  expect(await wait({ before: 0, ms: 9_000 })).toEqual({ before: 0, waitMs: 0 })
  expect(await wait({ before: 3, ms: 10_000 })).toEqual({ before: 3, waitMs: 15_000 })
  expect(await wait({ before: 3, ms: null })).toEqual({ before: 3, waitMs: null })
})

test('it is asked of the server, also where there is nothing but sketches', async () => {
  await using app = await testApp({ work: false })
  const ask = (body: object) => app.post('/api/renders/preflight', body)
  const answer = await ask({ request: { prompt: 'a lighthouse' } })
  expect(answer.status).toBe(200)
  const found = await answer.json()
  expect(found).toMatchObject({
    fits: true,
    plan: { engine: 'sketch', tier: 'low', params: { steps: 15 } },
    queue: { before: 0 },
  })
  expect(renderView('gpu/_preflight', { preflight: found })).toContain('Nothing is before it')

  const { project } = await app.make(undefined, { tier: 'premium' })
  expect(await (await ask({ request: { prompt: 'x' }, project: project.id })).json()).toMatchObject({
    plan: { tier: 'premium', params: { steps: 50 } },
  })
  expect((await ask({ request: { prompt: 'x' }, project: 'none' })).status).toBe(404)
  expect((await ask({ request: {} })).status).toBe(422)
  expect(await (await ask({ request: { prompt: 'x', function: 'video' } })).json()).toMatchObject({
    fits: false,
    code: 'gpu_no_model',
  })

  const home = await (await app.request('/')).text()
  expect(home).toContain('premium, 50 steps: fits')
  const made = await (await app.post('/api/projects', { brief: 'a picture' })).json()
  expect(made.project.tier).toBe('auto')
})

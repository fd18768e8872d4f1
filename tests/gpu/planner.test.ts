import { describe, expect, test } from 'bun:test'
import { planRender } from '../../src/gpu/planner.ts'
import { TIERS } from '../../src/gpu/tiers.ts'
import { card, cpu, engine, facts, GIB, model, SKETCH_ENGINE, takes } from '../support/gpu-plans.ts'

const tierAt = (gib: number) => planRender(facts({ device: card(gib) })).tier

test('the tier is the highest whose need fits what is free, less the reserve', () => {
  expect([6, 9.6, 13, 19].map(tierAt)).toEqual(['low', 'standard', 'high', 'premium'])
  expect(planRender(facts({ device: card(9.6) })).reason).toBe(
    'SDXL at tier standard, the highest that fits: needs 9 GB (measured) of 9.6 GB free on Card, less 0.5 GB that are left alone; tier premium would need 18 GB.',
  )
})

describe('sketch, when nothing is installed,', () => {
  const sketch = (over: Parameters<typeof facts>[0] = {}) => planRender(facts({ models: [], device: cpu(), ...over }))

  test('takes the numbers of the tier, and the very size that was asked for', () => {
    const { engine, model, tier, params, needBytes, lowered } = sketch({ request: { width: 750, height: 421 } })
    expect({ engine, model, tier, needBytes, lowered }).toEqual({
      engine: 'sketch',
      model: null,
      tier: 'low',
      needBytes: null,
      lowered: [],
    })
    expect(params).toMatchObject({ width: 750, height: 421, steps: 15, guidance: 7, seed: 7, count: 1, frames: 1 })
  })

  test.each(TIERS.map((tier) => [tier.name, tier] as const))('at tier %s', (name, { steps, guidance }) => {
    expect(sketch({ tier: name })).toMatchObject({ tier: name, params: { steps, guidance } })
    expect(sketch({ request: { tier: name } })).toMatchObject({ tier: name, params: { steps, guidance } })
  })

  test('by the free memory of a card, though it takes none', () => {
    expect(sketch({ device: card(12) })).toMatchObject({ engine: 'sketch', tier: 'high', params: { steps: 35 } })
  })

  test('is not what answers a wish for a clip, or a change of a picture', () => {
    expect(() => sketch({ request: { function: 'video' } })).toThrow(expect.objectContaining({ code: 'gpu_no_model' }))
    expect(() => sketch({ request: { inputs: ['init'] } })).toThrow(expect.objectContaining({ code: 'gpu_no_model' }))
  })
})

describe('the model', () => {
  const small = model(
    { id: 'sd15/base', label: 'SD 1.5', quality: 20, tiers: { low: takes(2), premium: takes(3) } },
    { bytes: 2 * GIB },
  )

  test('is the best that fits', () => {
    expect(planRender(facts({ models: [small, model()] })).model).toBe('sdxl/base')
    expect(planRender(facts({ models: [small, model()], device: card(4), freeRamBytes: GIB }))).toMatchObject({
      model: 'sd15/base',
      lowered: [],
    })
  })

  test('is a sketch, and marked, where no installed one ever fits', () => {
    const plan = planRender(facts({ device: card(1, { totalBytes: 1 * GIB }) }))
    expect(plan).toMatchObject({ engine: 'sketch', model: null })
    expect(plan.lowered).toEqual([
      { what: 'model', from: 'sdxl/base', to: 'sketch', rung: 0, why: 'Card has no room for it' },
    ])
  })

  test('is waited for where others hold the memory: a drawing is not what was meant', () => {
    expect(() => planRender(facts({ device: card(1) }))).toThrow(
      expect.objectContaining({ code: 'gpu_will_not_fit', retryable: true }),
    )
  })

  test('is a sketch on a CPU, unless one is named: then in full precision, at the lowest tier', () => {
    expect(planRender(facts({ device: cpu() })).engine).toBe('sketch')
    expect(planRender(facts({ device: cpu(20), request: { model: 'sdxl/base' } }))).toMatchObject({
      model: 'sdxl/base',
      tier: 'low',
      memory: { dtype: 'float32', offload: 'none' },
    })
  })

  test('runs on the first engine of its profile that is there and can do it', () => {
    const fast = engine({ name: 'fast', families: ['sdxl'] })
    const profile = { engines: ['fast', 'torch'] }
    const with_ = (one: ReturnType<typeof engine>) =>
      planRender(facts({ models: [model(profile)], engines: [engine(), one, SKETCH_ENGINE] })).engine
    expect(with_(fast)).toBe('fast')
    expect(with_(engine({ name: 'fast', missing: 'It is not installed.' }))).toBe('torch')
    expect(with_(engine({ name: 'fast', families: ['flux'] }))).toBe('torch')
    expect(with_(engine({ name: 'fast', functions: ['upscale'] }))).toBe('torch')
    expect(with_(engine({ name: 'fast', formats: ['gguf'] }))).toBe('torch')
    expect(with_(engine({ name: 'fast', devices: ['mps'] }))).toBe('torch')
  })

  test('that is named and can’t be had is refused with what to do', () => {
    const refused = (over: Parameters<typeof facts>[0]) => {
      try {
        planRender(facts(over))
      } catch (error) {
        return (error as Error).message
      }
    }
    expect(refused({ request: { model: 'x/y' } })).toBe('There is no model “x/y”. See “hearth models list”.')
    expect(refused({ models: [], profiles: [model().profile], request: { model: 'sdxl/base' } })).toBe(
      'SDXL is not installed. Add it with “hearth models add sdxl/base”, then try again.',
    )
    expect(
      refused({ engines: [engine({ missing: 'Run “hearth gpu setup”.' })], request: { model: 'sdxl/base' } }),
    ).toBe('Run “hearth gpu setup”.')
  })
})

describe('a forced tier', () => {
  test('is honoured by a heavier memory plan, which is recorded', () => {
    const plan = planRender(facts({ tier: 'premium', device: card(14) }))
    expect(plan).toMatchObject({
      tier: 'premium',
      rung: 2,
      memory: { vaeTiling: true, vaeSlicing: true, offload: 'none' },
    })
    expect(plan.needBytes).toBe(12 * GIB)
    expect(plan.lowered).toEqual([{ what: 'tiling', from: 'off', to: 'on', rung: 2, why: 'Card has no room for more' }])
  })

  test('is refused with figures where nothing helps, and lowered where that is allowed', () => {
    const device = card(5.6, { totalBytes: 5.6 * GIB })
    const request = { tier: 'premium' as const }
    expect(() => planRender(facts({ device, request }))).toThrow(
      expect.objectContaining({
        code: 'gpu_will_not_fit',
        retryable: false,
        message:
          'SDXL at tier premium needs 6.7 GB; Card has 5.6 GB free of 5.6 GB, of which 0.5 GB are left alone. Choose a lower tier, a smaller picture or a smaller model, then try again.',
      }),
    )
    const plan = planRender(facts({ device, request: { ...request, mayLower: true } }))
    expect(plan).toMatchObject({ tier: 'high', params: { steps: 35 } })
    expect(plan.lowered).toContainEqual(expect.objectContaining({ what: 'tier', from: 'premium', to: 'high' }))
  })

  test('does not offload into memory that the host has not', () => {
    const over = { device: card(9, { totalBytes: 9 * GIB }), request: { tier: 'premium' as const } }
    expect(planRender(facts(over)).memory.offload).toBe('group')
    expect(() => planRender(facts({ ...over, freeRamBytes: 3 * GIB }))).toThrow(/of this machine’s memory/)
  })
})

describe('numbers', () => {
  test('come from the request, else the tier, else the model, else the SD family', () => {
    const own = model({
      steps: 9,
      guidance: 1,
      sampler: 'euler',
      tiers: { standard: takes(5, { steps: 6 }), high: takes(6) },
    })
    const at = (tier: 'standard' | 'high', request = {}) => planRender(facts({ models: [own], tier, request })).params
    expect(at('standard')).toMatchObject({ steps: 6, guidance: 1, sampler: 'euler', width: 1024, height: 1024 })
    expect(at('high')).toMatchObject({ steps: 9 })
    expect(at('high', { steps: 3, guidance: 0, sampler: 'unipc', width: 512 })).toMatchObject({
      steps: 3,
      guidance: 0,
      sampler: 'unipc',
      width: 512,
      height: 512,
    })
    expect(planRender(facts({ tier: 'standard' })).params).toMatchObject({ steps: 25, guidance: 7.5, sampler: null })
  })

  test('of steps that a distilled model does not take are refused, or changed where that is allowed', () => {
    const turbo = facts({ models: [model({ label: 'Turbo', allowedSteps: [4, 8], steps: 8 })], request: { steps: 50 } })
    expect(() => planRender(turbo)).toThrow(
      expect.objectContaining({ code: 'invalid_steps', message: 'Turbo takes 4 or 8 steps, not 50.' }),
    )
    const plan = planRender({ ...turbo, request: { ...turbo.request, mayLower: true } })
    expect(plan.params.steps).toBe(8)
    expect(plan.lowered).toContainEqual(expect.objectContaining({ what: 'steps', from: '50', to: '8' }))
    expect(planRender({ ...turbo, request: { prompt: 'x' } }).params.steps).toBe(8)
  })

  test('of a size that the model does not take are refused with those that it does, and not answered by a sketch', () => {
    expect(() => planRender(facts({ request: { width: 750, height: 500 } }))).toThrow(
      'SDXL takes sides from 64 to 2048 that are a multiple of 8, not 750 x 500.',
    )
    const plan = planRender(facts({ request: { width: 750, height: 500, mayLower: true } }))
    expect(plan.params).toMatchObject({ width: 744, height: 496 })
    expect(plan.lowered).toContainEqual(expect.objectContaining({ what: 'size', from: '750 x 500', to: '744 x 496' }))
  })

  test('may be let go one by one: a size alone does not free the tier', () => {
    const request = { width: 750, height: 500, tier: 'premium' as const, mayLower: ['size' as const] }
    expect(planRender(facts({ request })).params).toMatchObject({ width: 744, height: 496, steps: 50 })
    expect(() => planRender(facts({ request, device: card(2, { totalBytes: 2 * GIB }) }))).toThrow(
      expect.objectContaining({ code: 'gpu_will_not_fit' }),
    )
  })

  test('of frames are a multiple and one, and as many as the tier allows', () => {
    const wan = model({
      functions: ['video'],
      frames: { multiple: 4, max: 81, fps: 16, usual: 33 },
      tiers: { low: takes(6, { maxFrames: 17 }), high: takes(12, { maxFrames: 33 }) },
    })
    const clip = (request: object, gib = 20) =>
      planRender(facts({ models: [wan], device: card(gib), request: { function: 'video', ...request } }))
    expect(clip({}).params).toMatchObject({ frames: 33, fps: 16 })
    expect(clip({}, 8)).toMatchObject({
      tier: 'low',
      params: { frames: 17 },
      lowered: [{ what: 'frames', from: '33' }],
    })
    expect(() => clip({ frames: 32 })).toThrow(expect.objectContaining({ code: 'invalid_frames' }))
    expect(clip({ frames: 32, mayLower: true })).toMatchObject({
      params: { frames: 29 },
      lowered: [{ what: 'frames', from: '32', to: '29' }],
    })
  })
})

describe('what was learned', () => {
  const learned = (peakGib: number | null, moreThanGib: number | null = null) => ({
    memory: ({ memory }: { memory: string }) =>
      memory === 'float16-none-none'
        ? { peakBytes: peakGib && peakGib * GIB, moreThanBytes: moreThanGib && moreThanGib * GIB }
        : null,
    times: () => null,
  })

  test('of the peak replaces the profile’s figure', () => {
    const plan = planRender(facts({ tier: 'standard', learned: learned(14) }))
    expect(plan).toMatchObject({ needFrom: 'learned', needBytes: Math.ceil(14 * 1.05 * GIB) })
  })

  test('of a peak that was not enough makes the next plan another one at once', () => {
    const before = planRender(facts({ tier: 'standard', device: card(10) }))
    expect(before).toMatchObject({ memory: { vaeTiling: false, offload: 'none' } })
    const after = planRender(facts({ tier: 'standard', device: card(10), learned: learned(null, 10) }))
    expect(after.needBytes!).toBeLessThanOrEqual(9.5 * GIB)
    expect(after.lowered.length).toBeGreaterThan(0)
  })
})

test('a device on which nothing can be done in less is passed over, when memory ran out on another', () => {
  const before = planRender(facts({ device: card(20) }))
  const drawn = { engines: [SKETCH_ENGINE], models: [], device: cpu(), rung: 7, before }
  expect(() => planRender(facts(drawn))).toThrow(expect.objectContaining({ code: 'gpu_no_model' }))
})

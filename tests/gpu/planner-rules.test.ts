import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { DomainError } from '../../src/errors.ts'
import { nextRung, type OutOfMemory } from '../../src/gpu/ladder.ts'
import type { Learned, RenderPlan } from '../../src/gpu/plan.ts'
import { planRender } from '../../src/gpu/planner.ts'
import type { PlanFacts } from '../../src/gpu/planner-facts.ts'
import { TIER } from '../../src/gpu/spec.ts'
import { card, engine, facts, GIB, model, SKETCH_ENGINE, takes } from '../support/gpu-plans.ts'

const gib = (max: number) => fc.double({ min: 0.5, max, noNaN: true })
const offload = fc.constantFrom('none', 'encoder', 'model', 'group')
const quantisation = fc.constantFrom('none', 'fp8', 'nf4', 'q4_k')
const tier = fc.record({
  gib: gib(40),
  offload,
  quantisation,
  vaeTiling: fc.boolean(),
  maxPixels: fc.constantFrom(undefined, 512 * 512, 1024 * 1024, 2048 * 2048),
  figured: fc.boolean(),
})
const parts = fc.constantFrom(
  [],
  ['unet/a', 'text_encoder/a', 'vae/a'],
  ['transformer/a', 'text_encoder/a', 'text_encoder_2/a'],
)

const models = fc
  .array(
    fc.record({
      quality: fc.integer({ min: 0, max: 100 }),
      bytes: gib(30),
      tiers: fc.dictionary(fc.constantFrom(...TIER), tier, { minKeys: 0, maxKeys: 4 }),
      parts,
      format: fc.constantFrom('safetensors', 'gguf'),
      isLower: fc.boolean(),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((made) =>
    made.map(({ quality, bytes, tiers, parts, format, isLower }, i) =>
      model(
        {
          id: `m/m${i}`,
          quality: isLower && i > 0 ? 0 : quality,
          format,
          lowers: isLower && i > 0 ? `m/m${i - 1}` : undefined,
          files: parts.map((path, n) => ({ path, bytes: Math.round(((n + 1) / 6) * bytes * GIB) })),
          tiers: Object.fromEntries(
            Object.entries(tiers).map(([name, { gib, figured, maxPixels, ...memory }]) => [
              name,
              takes(figured ? gib : 0, { maxPixels, memory: { dtype: 'float16', ...memory } }),
            ]),
          ),
        },
        { bytes: Math.round(bytes * GIB) },
      ),
    ),
  )

const request = fc.record(
  {
    model: fc.constantFrom('m/m0', 'm/m1'),
    tier: fc.constantFrom(...TIER, 'auto' as const),
    width: fc.constantFrom(512, 750, 1024, 2048),
    height: fc.constantFrom(512, 1024, 1500),
    steps: fc.integer({ min: 1, max: 60 }),
    guidance: fc.integer({ min: 0, max: 12 }),
    sampler: fc.constantFrom('euler', 'unipc'),
    count: fc.integer({ min: 1, max: 8 }),
    seed: fc.nat(),
    mayLower: fc.boolean(),
  },
  { requiredKeys: [] },
)

const learned: fc.Arbitrary<Learned> = fc
  .dictionary(fc.constantFrom('none', 'encoder', 'model', 'group'), fc.record({ peak: gib(30), above: gib(30) }))
  .map((known) => ({
    memory: ({ memory }) => {
      const found = known[memory.split('-')[2]!]
      return found
        ? { peakBytes: found.peak * GIB, moreThanBytes: found.above > found.peak ? found.above * GIB : null }
        : null
    },
    times: () => null,
  }))

const anything: fc.Arbitrary<PlanFacts> = fc
  .record({
    request,
    models,
    learned,
    freeGib: gib(48),
    reserveGib: gib(2),
    ramGib: gib(64),
    tier: fc.constantFrom(...TIER, 'auto' as const),
    kind: fc.constantFrom('cuda' as const, 'rocm' as const, 'cpu' as const),
    sketch: fc.boolean(),
  })
  .map(({ freeGib, reserveGib, ramGib, kind, sketch, ...over }) =>
    facts({
      ...over,
      device: card(freeGib, { kind }),
      engines: [engine(), ...(sketch ? [SKETCH_ENGINE] : [])],
      reserveBytes: reserveGib * GIB,
      freeRamBytes: ramGib * GIB,
    }),
  )

function plan(given: PlanFacts): RenderPlan | DomainError {
  try {
    return planRender(given)
  } catch (error) {
    if (error instanceof DomainError) return error
    throw error
  }
}

test('a plan never needs more than is free less the reserve, and a refusal says what it would have needed', () => {
  fc.assert(
    fc.property(anything, (given) => {
      const made = plan(given)
      const { freeBytes } = given.device
      if (!(made instanceof DomainError))
        expect(made.needBytes ?? Number.NEGATIVE_INFINITY).toBeLessThanOrEqual(freeBytes - given.reserveBytes)
      else if (made.code === 'gpu_will_not_fit')
        expect(made.context).toMatchObject({ freeBytes, needBytes: expect.any(Number) })
    }),
    { numRuns: 300 },
  )
})

test('what the person set is never changed unasked', () => {
  fc.assert(
    fc.property(anything, (given) => {
      const made = plan(given)
      if (made instanceof DomainError || given.request.mayLower) return
      const { width, height, steps, guidance, sampler, count, seed, model, tier } = given.request
      const set = { width, height, steps, guidance, sampler, count, seed }
      for (const [name, value] of Object.entries(set))
        if (value !== undefined) expect(made.params[name as 'steps']).toBe(value as number)
      if (model) expect(made.model).toBe(model)
      if (tier && tier !== 'auto') expect(made.tier).toBe(tier)
      else if (!tier && given.tier !== 'auto') expect(made.tier).toBe(given.tier)
    }),
    { numRuns: 300 },
  )
})

test('more free memory never gives a lesser model, nor a lower tier of the same one, nor a heavier way to hold it', () => {
  fc.assert(
    fc.property(anything, gib(20), (given, moreGib) => {
      const { device } = given
      const totalBytes = device.totalBytes + 20 * GIB // the same card, at two moments
      const [less, more] = [0, moreGib * GIB].map((bytes) =>
        plan({ ...given, device: { ...device, totalBytes, freeBytes: device.freeBytes + bytes } }),
      ) as [RenderPlan, RenderPlan]
      if (less instanceof DomainError) return
      expect(more).not.toBeInstanceOf(DomainError)
      if (more.model !== less.model)
        return void expect(less.model === null || rankOf(given, more) > rankOf(given, less)).toBe(true)
      expect(TIER.indexOf(more.tier)).toBeGreaterThanOrEqual(TIER.indexOf(less.tier))
      if (more.tier === less.tier) expect(more.rung).toBeLessThanOrEqual(less.rung)
    }),
    { numRuns: 300 },
  )
})

test('each rung of the ladder takes less than the one before, keeps what was set, and the last one holds', () => {
  const failure: fc.Arbitrary<OutOfMemory> = fc.record({
    where: fc.constantFrom('device' as const, 'host' as const),
    phase: fc.constantFrom('load' as const, 'denoise' as const, 'decode' as const, null),
  })
  fc.assert(
    fc.property(anything, fc.array(failure, { minLength: 12, maxLength: 12 }), (given, failures) => {
      const first = plan(given)
      if (first instanceof DomainError) return
      let at = first
      let fresh = 0
      for (const each of failures) {
        const rung = nextRung(at, each)
        if (rung === 'hold') return
        if (rung === 1) expect(++fresh).toBe(1)
        const next = plan({ ...given, rung, before: at })
        if (next instanceof DomainError) return void expect(next.code).toMatch(/^gpu_will_not_fit$/)
        expect(next.rung).toBeGreaterThan(at.rung)
        if (rung === 1 && next.rung === 1) expect(next.memory).toEqual(at.memory)
        else if (next.needBytes !== null) expect(next.needBytes).toBeLessThan(at.needBytes!)
        if (given.request.steps && !given.request.mayLower) expect(next.params.steps).toBe(given.request.steps)
        expect(next.engine === 'sketch').toBe(first.engine === 'sketch')
        at = next
      }
      throw new Error('a ladder without an end')
    }),
    { numRuns: 300 },
  )
})

test('an attempt that did not run out of memory is tried again as it was', () => {
  fc.assert(
    fc.property(anything, (given) => {
      const first = plan(given)
      if (first instanceof DomainError) return
      const again = plan({ ...given, rung: first.rung, before: first }) as RenderPlan
      const { reason: _, ahead: __, ...same } = again
      const { reason: ___, ahead: ____, ...was } = first
      expect({ ...same, lowered: [] }).toEqual({ ...was, lowered: [] })
    }),
    { numRuns: 200 },
  )
})

function rankOf({ models }: PlanFacts, { model }: RenderPlan): number {
  const order = models.toSorted(
    (a, b) =>
      (a.profile.quality ?? 0) - (b.profile.quality ?? 0) ||
      Number(b.profile.lowers !== undefined) - Number(a.profile.lowers !== undefined) ||
      a.bytes - b.bytes,
  )
  return order.findIndex(({ profile }) => profile.id === model)
}

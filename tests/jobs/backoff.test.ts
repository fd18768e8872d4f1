import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { backoff } from '../../src/jobs/backoff.ts'

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

test('a wait lies between half of 1 s x 2^n and all of it, and never over a minute', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), random, (failures, r) => {
      const full = Math.min(60_000, 1_000 * 2 ** (failures - 1))
      const wait = backoff(failures, r)
      expect(wait).toBeGreaterThanOrEqual(full / 2)
      expect(wait).toBeLessThanOrEqual(full)
    }),
  )
})

test('the same luck never makes a later wait shorter', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 50 }), random, (failures, r) => {
      expect(backoff(failures + 1, r)).toBeGreaterThanOrEqual(backoff(failures, r))
    }),
  )
})

test('what the other side asked for wins, be it shorter or longer', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), random, fc.nat(3_600_000), (failures, r, asked) => {
      expect(backoff(failures, r, asked)).toBe(asked)
    }),
  )
  expect(backoff(1, 0.5, -5)).toBe(0)
})

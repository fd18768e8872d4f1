import { expect, test } from 'bun:test'
import { parseTier, TIERS, tierFor } from '../../src/gpu/tiers.ts'

const GIB = 1024 ** 3
const gpu = (gib: number) => tierFor({ kind: 'cuda', freeBytes: gib * GIB }).name

test('the tier is the highest that the free memory carries', () => {
  expect([2, 4, 7, 8, 11, 12, 15.5, 80].map(gpu)).toEqual([
    'low',
    'low',
    'low',
    'standard',
    'high',
    'high',
    'premium',
    'premium',
  ])
})

test('a CPU is low, however much memory the machine has', () => {
  expect(tierFor({ kind: 'cpu', freeBytes: 512 * GIB }).name).toBe('low')
})

test('the numbers of the tiers are those of the contract', () => {
  expect(TIERS.map(({ name, bytes, steps, guidance }) => [name, bytes / GIB, steps, guidance])).toEqual([
    ['low', 4, 15, 7],
    ['standard', 8, 25, 7.5],
    ['high', 12, 35, 8],
    ['premium', 16, 50, 8.5],
  ])
})

test('an unknown tier is refused with the names that exist', () => {
  expect(parseTier('high').steps).toBe(35)
  expect(() => parseTier('ultra')).toThrow('There is no tier “ultra”. Choose one of low, standard, high, premium.')
  expect(() => parseTier('toString')).toThrow(expect.objectContaining({ code: 'unknown_tier' }))
})

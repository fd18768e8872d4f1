import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Edge, pageRank } from '../../../src/files/map/pagerank.ts'

const SIZE = 8
const node = fc.integer({ min: 0, max: SIZE - 1 })
const edges = fc.array(fc.record({ from: node, to: node, weight: fc.double({ min: 0.01, max: 100, noNaN: true }) }), {
  maxLength: 30,
})
const start = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), { minLength: SIZE, maxLength: SIZE })
const follow = fc.double({ min: 0, max: 0.9, noNaN: true })

test('the ranks sum to 1, and none is negative', () => {
  fc.assert(
    fc.property(edges, start, follow, (edges, start, follow) => {
      const ranks = pageRank(SIZE, edges, start, follow)
      expect(ranks.reduce((sum, rank) => sum + rank, 0)).toBeCloseTo(1, 6)
      expect(Math.min(...ranks)).toBeGreaterThanOrEqual(0)
    }),
  )
})

test('how the nodes are numbered changes nothing', () => {
  const renumbered = fc.shuffledSubarray([...Array(SIZE).keys()], { minLength: SIZE, maxLength: SIZE })
  fc.assert(
    fc.property(edges, start, follow, renumbered, (edges, start, follow, names) => {
      const there = edges.map(({ from, to, weight }): Edge => ({ from: names[from]!, to: names[to]!, weight }))
      const startThere = names.map((_, i) => start[names.indexOf(i)]!)
      const ranks = pageRank(SIZE, edges, start, follow)
      const ranksThere = pageRank(SIZE, there, startThere, follow)
      for (const [i, name] of names.entries()) expect(ranksThere[name]).toBeCloseTo(ranks[i]!, 6)
    }),
  )
})

test('nobody is followed: the ranks are where the reader starts', () => {
  expect([...pageRank(3, [{ from: 0, to: 2, weight: 1 }], [3, 1, 0], 0)]).toEqual([0.75, 0.25, 0])
})

test('a reader who starts at one file comes to those that it refers to, most to the one of the heaviest reference', () => {
  const ranks = pageRank(
    4,
    [
      { from: 0, to: 1, weight: 3 },
      { from: 0, to: 2, weight: 1 },
    ],
    [1, 0, 0, 0],
    0.5,
  )
  const [at0, at1, at2, at3] = [...ranks]
  expect(at1! / at2!).toBeCloseTo(3, 6)
  expect(at0).toBeGreaterThan(at1!)
  expect(at3).toBe(0)
})

test('without any start, all start alike', () => {
  expect([...pageRank(2, [], [0, 0], 0.5)]).toEqual([0.5, 0.5])
})

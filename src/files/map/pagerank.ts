/** A reference from one node to another; nodes are numbered from 0. */
export interface Edge {
  from: number
  to: number
  /** Above 0. */
  weight: number
}

const MOST_ROUNDS = 100
const SETTLED = 1e-9

/**
 * The personalised PageRank of `size` nodes: where a reader is who starts by `start` (any weights >= 0, or all 0 for an even
 * start), follows references with the chance `follow` each time, and starts again otherwise. The ranks sum to 1.
 * Page, Brin, Motwani and Winograd, "The PageRank Citation Ranking", 1999, section 6.
 */
export function pageRank(size: number, edges: Edge[], start: ArrayLike<number>, follow: number): Float64Array {
  const begin = normalised(size, start)
  const out = new Float64Array(size)
  for (const { from, weight } of edges) out[from]! += weight
  let ranks = begin
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const next = new Float64Array(size)
    for (const { from, to, weight } of edges) next[to]! += (follow * ranks[from]! * weight) / out[from]!
    const again = 1 - next.reduce((sum, rank) => sum + rank, 0) // what was not followed, and all of a node without references
    let moved = 0
    for (let i = 0; i < size; i++) {
      next[i]! += again * begin[i]!
      moved += Math.abs(next[i]! - ranks[i]!)
    }
    ranks = next
    if (moved < SETTLED) break
  }
  return ranks
}

function normalised(size: number, weights: ArrayLike<number>): Float64Array {
  const sum = Array.from(weights).reduce((total, weight) => total + weight, 0)
  return Float64Array.from({ length: size }, (_, i) => (sum > 0 ? weights[i]! / sum : 1 / size))
}

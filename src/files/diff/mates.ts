import { wordsOf } from './words.ts'

/** A line that goes and the one that comes in its place, by their places in the two lists. */
export type Mates = [old: number, young: number]

/** Lines are mates when they have so much of their words in common. */
const LIKE = 0.4
/** Beyond so many pairs that would have to be looked at, lines are paired in their order. */
const MOST_PAIRS = 2_500
/** What is looked at of a line, in characters. */
const LOOKED_AT = 500

/**
 * Which of the lines that come stands for which of those that go: the pairs, in the order of both, that have most in
 * common. A line that is like none stays alone.
 */
export function matesOf(before: readonly string[], after: readonly string[]): Mates[] {
  const [old, young] = [before.map(bagOf), after.map(bagOf)]
  if (old.length * young.length > MOST_PAIRS) return inOrder(old, young)
  const { best, like } = bestPairs(old, young)
  const mates: Mates[] = []
  let [i, j] = [0, 0]
  while (i < old.length && j < young.length) {
    if (best(i, j) === best(i + 1, j)) i++
    else if (best(i, j) === best(i, j + 1)) j++
    else {
      if (like(i, j) >= LIKE) mates.push([i, j])
      ;[i, j] = [i + 1, j + 1]
    }
  }
  return mates
}

function inOrder(old: Bag[], young: Bag[]): Mates[] {
  return old.flatMap((bag, at): Mates[] => (young[at] && likeness(bag, young[at]) >= LIKE ? [[at, at]] : []))
}

/** `best(i, j)`: the most that the lines from `i` and from `j` on can have in common. */
function bestPairs(old: Bag[], young: Bag[]) {
  const width = young.length + 1
  const likes = new Float64Array(old.length * young.length)
  const sums = new Float64Array((old.length + 1) * width)
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = young.length - 1; j >= 0; j--) {
      const like = likeness(old[i]!, young[j]!)
      likes[i * young.length + j] = like
      const together = like >= LIKE ? like + sums[(i + 1) * width + j + 1]! : 0
      sums[i * width + j] = Math.max(together, sums[(i + 1) * width + j]!, sums[i * width + j + 1]!)
    }
  return {
    best: (i: number, j: number) => sums[i * width + j]!,
    like: (i: number, j: number) => likes[i * young.length + j]!,
  }
}

interface Bag {
  words: ReadonlyMap<string, number>
  size: number
}

/** The words of a line by how often they stand in it, spaces left out. */
function bagOf(line: string): Bag {
  const words = new Map<string, number>()
  let size = 0
  for (const word of wordsOf(line.slice(0, LOOKED_AT))) {
    if (word.trim() === '') continue
    words.set(word, (words.get(word) ?? 0) + 1)
    size += word.length
  }
  return { words, size }
}

/** The share of two lines that both have, from 0 to 1, in characters. Two lines of nothing but space are alike. */
function likeness(a: Bag, b: Bag): number {
  if (a.size + b.size === 0) return 1
  let common = 0
  for (const [word, count] of a.words) common += Math.min(count, b.words.get(word) ?? 0) * word.length
  return (2 * common) / (a.size + b.size)
}

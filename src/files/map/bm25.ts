const SATURATION = 1.2
const LENGTH_PENALTY = 0.75

/** A document as weighted words: what stands in a path or a name may count more than what stands in the text. */
export type WeightedWords = ReadonlyMap<string, number>

/**
 * How well each document answers a query, by Okapi BM25 (k1 = 1.2, b = 0.75) over weighted counts; 0 where no word is shared.
 * Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009.
 */
export function bm25(query: Iterable<string>, documents: WeightedWords[]): number[] {
  const lengths = documents.map((words) => words.values().reduce((sum, count) => sum + count, 0))
  const usual = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, documents.length) || 1
  const scores = documents.map(() => 0)
  for (const word of new Set(query)) {
    const holding = documents.reduce((count, words) => count + (words.has(word) ? 1 : 0), 0)
    const rarity = Math.log(1 + (documents.length - holding + 0.5) / (holding + 0.5))
    documents.forEach((words, i) => {
      const count = words.get(word)
      if (!count) return
      const norm = SATURATION * (1 - LENGTH_PENALTY + (LENGTH_PENALTY * lengths[i]!) / usual)
      scores[i]! += (rarity * count * (SATURATION + 1)) / (count + norm)
    })
  }
  return scores
}

/** Adds the words of one field, each `weight` times. */
export function addWords(to: Map<string, number>, words: string[], weight: number): void {
  for (const word of words) to.set(word, (to.get(word) ?? 0) + weight)
}

import { addWords, bm25, type WeightedWords } from './bm25.ts'
import { LINK, type MapFile, type Reference, referencesIn } from './graph.ts'
import { pageRank } from './pagerank.ts'
import { wordsOf } from './words.ts'

/** How much more a word counts in a path, and in a name that the file defines, than in its text. docs/benchmarks.md says how these were chosen. */
const PATH = 8
const NAME = 2
/** The power of a file's score: above 1, the reader starts more surely at the best. */
const SHARPNESS = 2
/** What is searched of a file, in characters. */
const LONGEST_TEXT = 200_000
/** Longest time, ms, before the event loop gets a turn. */
const TURN_MS = 8
/** The chance that the reader follows a reference. */
const FOLLOW = 0.1

export interface Ranked extends MapFile {
  rank: number
  /** The rank of each definition, in the order of the file's own. */
  definitionRanks: number[]
}

/** What the files are ranked for. */
export interface Aim {
  /** The task in words. */
  text: string
  /** Paths that the task builds on: a reader starts there too. */
  near?: string[]
  /** What the plan says of which file builds on which, by paths: followed as references are. */
  plan?: [path: string, buildsOn: string][]
}

/**
 * The files, the one first that the task most likely concerns. A reader starts at files that share words with the task and at
 * those that it builds on, and follows references: the rank is the PageRank of that walk. Equal ranks go by path.
 */
export async function rank(files: MapFile[], { text, near = [], plan = [] }: Aim): Promise<Ranked[]> {
  const sorted = files.toSorted((a, b) => (a.path < b.path ? -1 : 1))
  const query = new Set(wordsOf(text))
  const references = [...referencesIn(sorted, query), ...planned(sorted, plan)]
  const start = startOf(sorted, await allWords(sorted), query, new Set(near))
  const ranks = pageRank(sorted.length, references, start, FOLLOW)
  const definitionRanks = shared(sorted, references, ranks, query)
  return sorted
    .map((file, i) => ({ ...file, rank: ranks[i]!, definitionRanks: definitionRanks[i]! }))
    .sort((a, b) => b.rank - a.rank || (a.path < b.path ? -1 : 1))
}

function planned(files: MapFile[], plan: [string, string][]): Reference[] {
  const numbers = new Map(files.map(({ path }, i) => [path, i]))
  return plan.flatMap(([path, buildsOn]) => {
    const [from, to] = [numbers.get(path), numbers.get(buildsOn)]
    return from === undefined || to === undefined ? [] : [{ from, to, weight: LINK }]
  })
}

function startOf(files: MapFile[], words: WeightedWords[], query: Set<string>, near: Set<string>): number[] {
  const scores = bm25(query, words).map((score) => score ** SHARPNESS)
  const most = Math.max(0, ...scores) || 1
  return files.map(({ path }, i) => scores[i]! / most + (near.has(path) ? 1 : 0))
}

/** Of a large project this takes longer than others should wait: they get their turns. */
async function allWords(files: MapFile[]): Promise<WeightedWords[]> {
  const all: WeightedWords[] = []
  let turnEnds = performance.now() + TURN_MS
  for (const file of files) {
    all.push(weighted(file))
    if (performance.now() < turnEnds) continue
    await new Promise((resolve) => setImmediate(resolve))
    turnEnds = performance.now() + TURN_MS
  }
  return all
}

function weighted({ path, text, symbols }: MapFile): Map<string, number> {
  const words = new Map<string, number>()
  addWords(words, wordsOf(path), PATH)
  for (const { name } of symbols.definitions) addWords(words, wordsOf(name), NAME)
  addWords(words, wordsOf(text.slice(0, LONGEST_TEXT)), 1)
  return words
}

/** Each file's rank flows along its references to the names that it uses; a name that the task's words name gets the rank of its file too. */
function shared(files: MapFile[], references: Reference[], ranks: Float64Array, query: Set<string>): number[][] {
  const out = new Float64Array(files.length)
  for (const { from, weight } of references) out[from]! += weight
  const flows = files.map(() => new Map<string, number>())
  for (const { from, to, weight, name } of references) {
    if (name === undefined) continue
    flows[to]!.set(name, (flows[to]!.get(name) ?? 0) + (ranks[from]! * weight) / out[from]!)
  }
  return files.map(({ symbols }, i) =>
    symbols.definitions.map(({ name, depth }) => {
      const words = wordsOf(name)
      const named = words.filter((word) => query.has(word)).length / Math.max(1, words.length)
      return (flows[i]!.get(name) ?? 0) + ranks[i]! * (named + 0.1 / (1 + depth))
    }),
  )
}

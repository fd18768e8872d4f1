import { diffArrays } from 'diff'

/** A run of lines that differs: `[from, to)` of the old text stands in the place of `[newFrom, newTo)` of the new one. */
export interface Run {
  from: number
  to: number
  newFrom: number
  newTo: number
}

export interface Runs {
  /** In order; whatever lies between two of them is the same on both sides. */
  runs: Run[]
  /** The bound was reached: the runs are true, but there may be smaller ones. */
  coarse: boolean
}

/** The most that the exact search tries, in lines that go or come; its work grows with the square. */
const MOST_EDITS = 1_000
/** The same for each stretch between two anchors, and the square of it that all stretches together may take. */
const MOST_EDITS_BETWEEN = 100
const WORK_BETWEEN = 1_000_000
/** Beyond so many lines nothing is compared but the two ends. */
const MOST_LINES = 500_000

/** Gives each distinct line a number, the same one in each text that is read with it. */
export type Numbering = (lines: readonly string[]) => Int32Array

/** A numbering that starts empty. */
export function openNumbering(): Numbering {
  const known = new Map<string, number>()
  return (lines) => {
    const numbers = new Int32Array(lines.length)
    lines.forEach((line, at) => {
      const number = known.get(line) ?? known.size
      if (number === known.size) known.set(line, number)
      numbers[at] = number
    })
    return numbers
  }
}

/**
 * What differs between two texts whose lines are numbers. As small as can be within the bounds above; beyond them lines
 * that stand once in each text are the anchors, and what lies between two of them is one run where it is long.
 */
export function runsOf(before: Int32Array, after: Int32Array): Runs {
  const start = commonStart(before, after)
  const end = commonEnd(before, after, start)
  const whole = { from: start, to: before.length - end, newFrom: start, newTo: after.length - end }
  if (isEmpty(whole)) return { runs: [], coarse: false }
  if (before.length + after.length > MOST_LINES) return { runs: [whole], coarse: true }
  const exact = between(before, after, whole, MOST_EDITS)
  return exact ? { runs: exact, coarse: false } : byAnchors(before, after, whole)
}

function byAnchors(before: Int32Array, after: Int32Array, whole: Run): Runs {
  const runs: Run[] = []
  let work = WORK_BETWEEN
  let coarse = false
  for (const stretch of stretchesOf(before, after, whole)) {
    const edits = Math.min(MOST_EDITS_BETWEEN, stretch.to - stretch.from + stretch.newTo - stretch.newFrom)
    const exact = work > 0 ? between(before, after, stretch, edits) : undefined
    work -= edits ** 2
    coarse ||= !exact
    runs.push(...(exact ?? [stretch]))
  }
  return { runs: joined(runs), coarse }
}

/**
 * The exact runs of one stretch; undefined when there are more than `edits`. Lines that the other side doesn't have can
 * match nothing: they are left out of the search.
 */
function between(before: Int32Array, after: Int32Array, stretch: Run, edits: number): Run[] | undefined {
  const [old, young] = [before.subarray(stretch.from, stretch.to), after.subarray(stretch.newFrom, stretch.newTo)]
  const kept = [placesIn(old, new Set(young)), placesIn(young, new Set(old))] as const
  const [a, b] = [kept[0].map((place) => old[place]!), kept[1].map((place) => young[place]!)]
  const parts = a.length && b.length ? diffArrays(a, b, { maxEditLength: edits }) : []
  if (!parts) return undefined
  const pairs: [number, number][] = []
  let [i, j] = [0, 0]
  for (const { added, removed, count } of parts) {
    if (!added && !removed)
      for (let k = 0; k < count; k++) pairs.push([stretch.from + kept[0][i + k]!, stretch.newFrom + kept[1][j + k]!])
    if (!added) i += count
    if (!removed) j += count
  }
  return runsBetween(pairs, stretch)
}

function placesIn(lines: Int32Array, others: ReadonlySet<number>): number[] {
  const places: number[] = []
  lines.forEach((line, place) => {
    if (others.has(line)) places.push(place)
  })
  return places
}

/** What lies between lines that match. */
function runsBetween(pairs: Iterable<readonly [number, number]>, { from, to, newFrom, newTo }: Run): Run[] {
  const runs: Run[] = []
  let [i, j] = [from, newFrom]
  for (const [old, young] of pairs) {
    runs.push({ from: i, to: old, newFrom: j, newTo: young })
    ;[i, j] = [old + 1, young + 1]
  }
  runs.push({ from: i, to, newFrom: j, newTo })
  return runs.filter((run) => !isEmpty(run))
}

/** The stretches between anchors: lines that stand once in each text, in an order that both have. */
function stretchesOf(before: Int32Array, after: Int32Array, whole: Run): Run[] {
  const old = singles(before, whole.from, whole.to)
  const young = singles(after, whole.newFrom, whole.newTo)
  const pairs = [...old].flatMap(([line, place]): [number, number][] => {
    const other = young.get(line)
    return other === undefined ? [] : [[place, other]]
  })
  return runsBetween(rising(pairs), whole)
}

function singles(lines: Int32Array, from: number, to: number): Map<number, number> {
  const places = new Map<number, number>()
  const twice = new Set<number>()
  for (let place = from; place < to; place++) {
    const line = lines[place]!
    if (places.has(line)) twice.add(line)
    else places.set(line, place)
  }
  for (const line of twice) places.delete(line)
  return places
}

/** The longest part of the pairs, which rise on the left, that rises on the right too. */
function rising(pairs: [number, number][]): [number, number][] {
  const ends: number[] = []
  const before = new Int32Array(pairs.length).fill(-1)
  pairs.forEach(([, young], at) => {
    let [low, high] = [0, ends.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (pairs[ends[middle]!]![1] < young) low = middle + 1
      else high = middle
    }
    if (low > 0) before[at] = ends[low - 1]!
    ends[low] = at
  })
  const longest: [number, number][] = []
  for (let at = ends.at(-1) ?? -1; at >= 0; at = before[at]!) longest.push(pairs[at]!)
  return longest.reverse()
}

/** Runs that touch are one. */
function joined(runs: Run[]): Run[] {
  const all: Run[] = []
  for (const run of runs) {
    const last = all.at(-1)
    if (last?.to === run.from && last.newTo === run.newFrom)
      all[all.length - 1] = { ...last, to: run.to, newTo: run.newTo }
    else all.push(run)
  }
  return all
}

function commonStart(a: Int32Array, b: Int32Array): number {
  let at = 0
  while (at < a.length && at < b.length && a[at] === b[at]) at++
  return at
}

function commonEnd(a: Int32Array, b: Int32Array, start: number): number {
  let count = 0
  while (count < a.length - start && count < b.length - start && a[a.length - 1 - count] === b[b.length - 1 - count])
    count++
  return count
}

function isEmpty({ from, to, newFrom, newTo }: Run): boolean {
  return from === to && newFrom === newTo
}

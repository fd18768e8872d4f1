import { diffArrays } from 'diff'

/** Part of a line, in characters: `[from, to)`. */
export type Mark = [from: number, to: number]

/** Longer lines are compared by their two ends alone, in characters. */
const LONGEST_LINE = 1_000
/** The most words that go and come in two lines that are still compared word by word. */
const MOST_EDITS = 150
/** Where more of a line than this would be marked, marks say nothing. */
const MOST_MARKED = 0.8

/** What differs between two lines, in words; nothing where they have next to nothing in common. */
export function markWords(before: string, after: string): { old: Mark[]; young: Mark[] } {
  const marked = before.length + after.length > LONGEST_LINE * 2 ? byEnds(before, after) : byWords(before, after)
  const said = sizeOf(marked.old) > before.length * MOST_MARKED && sizeOf(marked.young) > after.length * MOST_MARKED
  return said ? { old: [], young: [] } : marked
}

/** The words of a line, its spaces and its other signs: joined they are the line. */
export function wordsOf(line: string): string[] {
  return line.match(/[\p{L}\p{M}\p{N}_$]+|\s+|[^\p{L}\p{M}\p{N}_$\s]/gu) ?? []
}

function byWords(before: string, after: string): { old: Mark[]; young: Mark[] } {
  const parts = diffArrays(wordsOf(before), wordsOf(after), { maxEditLength: MOST_EDITS })
  if (!parts) return byEnds(before, after)
  const [old, young]: [Mark[], Mark[]] = [[], []]
  let [i, j] = [0, 0]
  for (const { added, removed, value } of parts) {
    const { length } = value.join('')
    if (removed) old.push([i, i + length])
    if (added) young.push([j, j + length])
    if (!added) i += length
    if (!removed) j += length
  }
  return { old: joined(old, before), young: joined(young, after) }
}

/** All but what the lines begin and end with in common. */
function byEnds(before: string, after: string): { old: Mark[]; young: Mark[] } {
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before[start] === after[start]) start++
  let end = 0
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end++
  const mark = (line: string): Mark[] => (start < line.length - end ? [[start, line.length - end]] : [])
  return { old: mark(before), young: mark(after) }
}

/** Marks with nothing but space between them are one: a changed half of a sentence is one change. */
function joined(marks: Mark[], line: string): Mark[] {
  const all: Mark[] = []
  for (const [from, to] of marks) {
    const last = all.at(-1)
    if (last && line.slice(last[1], from).trim() === '') last[1] = to
    else all.push([from, to])
  }
  return all
}

function sizeOf(marks: Mark[]): number {
  return marks.reduce((sum, [from, to]) => sum + to - from, 0)
}

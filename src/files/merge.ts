import { diff3Merge } from 'node-diff3'
import { pieces, type Three } from './merge-pieces.ts'

/** Most work that all searches for what two texts share may be, as `workOf` counts it: a fifth of a second, about. */
const MOST_WORK = 1_000_000_000
/** Texts of more lines are in dispute as a whole: to hold each line by itself takes seconds of everybody's time. */
const MOST_LINES = 200_000

/** Lines, each with its line end, that both sides agree on or one alone has changed. */
export interface Agreed {
  lines: string[]
}

/** Lines that both sides have changed, each in its own way. */
export interface Disputed {
  base: string[]
  mine: string[]
  theirs: string[]
}

export type MergeRegion = Agreed | Disputed

/** Which side a person takes where both changed the same lines. `both`: mine, then theirs. */
export type Side = 'mine' | 'theirs' | 'base' | 'both'

/**
 * Two texts that were made from one, merged by lines (diff3): the regions in order, of which `Disputed` ones need a
 * decision. `strictly`: lines that both have changed are disputed even where both made the same of them.
 */
export function mergeTexts(base: string, mine: string, theirs: string, strictly = false): MergeRegion[] {
  if (theirs === base || (mine === theirs && !strictly)) return [{ lines: linesOf(mine) }]
  if (mine === base) return [{ lines: linesOf(theirs) }]
  if ([base, mine, theirs].some(isOfTooManyLines)) return [{ base: [base], mine: [mine], theirs: [theirs] }]
  const all = { base: linesOf(base), mine: linesOf(mine), theirs: linesOf(theirs) }
  const start = shared(all.base, all.mine, all.theirs)
  const ends = [all.base, all.mine, all.theirs].map((lines) => lines.slice(start).reverse())
  const end = shared(ends[0]!, ends[1]!, ends[2]!)
  const middle = (lines: string[]) => lines.slice(start, lines.length - end)
  const merged = mergedLines(middle(all.base), middle(all.mine), middle(all.theirs), strictly)
  return joined([
    { lines: all.base.slice(0, start) },
    ...merged,
    { lines: end === 0 ? [] : all.base.slice(all.base.length - end) },
  ])
}

/** The text of merged regions, the disputed ones as `choose` says by their number among those, from 0; undefined while one is undecided. */
export function settledText(
  regions: MergeRegion[],
  choose: (nth: number) => Side | undefined = () => undefined,
): string | undefined {
  let nth = 0
  const parts: string[][] = []
  for (const region of regions) {
    if ('lines' in region) {
      parts.push(region.lines)
      continue
    }
    const side = choose(nth++)
    if (!side) return undefined
    parts.push(side === 'both' ? [...region.mine, ...region.theirs] : region[side])
  }
  return parts.flat().join('')
}

export function isDisputed(region: MergeRegion): region is Disputed {
  return !('lines' in region)
}

/** What is too much to be searched as a whole is cut at lines that stand once in all three; what is still too much is one hunk a side. */
function mergedLines(base: string[], mine: string[], theirs: string[], strictly: boolean): MergeRegion[] {
  const whole: Three = { base, mine, theirs }
  if (workOf(whole) <= MOST_WORK) return finelyMerged(whole, strictly)
  let left = MOST_WORK
  return pieces(whole).flatMap((piece) => {
    const work = workOf(piece)
    if (work > left) return coarselyMerged(piece.base, piece.mine, piece.theirs)
    left -= work
    return finelyMerged(piece, strictly)
  })
}

function finelyMerged({ base, mine, theirs }: Three, strictly: boolean): MergeRegion[] {
  return diff3Merge(mine, base, theirs, { excludeFalseConflicts: !strictly }).map(({ ok, conflict }) =>
    conflict ? { base: conflict.o, mine: conflict.a, theirs: conflict.b } : { lines: ok ?? [] },
  )
}

/** The search looks at each pair of equal lines, and for each at what it has found so far. */
function workOf({ base, mine, theirs }: Three): number {
  const counts = new Map<string, number>()
  for (const line of base) counts.set(line, (counts.get(line) ?? 0) + 1)
  const against = (side: string[]) => {
    let pairs = 0
    for (const line of side) pairs += counts.get(line) ?? 0
    return pairs * Math.min(base.length, side.length)
  }
  return against(mine) + against(theirs)
}

/** Each side as one hunk, from the first line that it changed to the last: they merge when a line stands between them. */
function coarselyMerged(base: string[], mine: string[], theirs: string[]): MergeRegion[] {
  const [my, their] = [hunkOf(base, mine), hunkOf(base, theirs)]
  const [first, second] = my.start < their.start ? [my, their] : [their, my]
  if (first.end >= second.start) return [{ base, mine, theirs }]
  const lines = [first.lines, base.slice(first.end, second.start), second.lines]
  return [{ lines: [base.slice(0, first.start), ...lines, base.slice(second.end)].flat() }]
}

/** What one side has changed: `lines` stand for the base's lines from `start` to before `end`. */
function hunkOf(base: string[], side: string[]): { start: number; end: number; lines: string[] } {
  const start = shared(base, side, side)
  const rest = Math.min(base.length, side.length) - start
  const end = Math.min(rest, shared(base.toReversed(), side.toReversed(), side.toReversed()))
  return { start, end: base.length - end, lines: side.slice(start, side.length - end) }
}

/** How many lines all three begin with. */
function shared(a: string[], b: string[], c: string[]): number {
  const most = Math.min(a.length, b.length, c.length)
  let at = 0
  while (at < most && a[at] === b[at] && a[at] === c[at]) at++
  return at
}

function joined(regions: MergeRegion[]): MergeRegion[] {
  const out: MergeRegion[] = []
  for (const region of regions) {
    const last = out.at(-1)
    if ('lines' in region && region.lines.length === 0) continue
    if (last && 'lines' in last && 'lines' in region) for (const line of region.lines) last.lines.push(line)
    else out.push('lines' in region ? { lines: [...region.lines] } : region)
  }
  return out
}

function isOfTooManyLines(text: string): boolean {
  let lines = 0
  for (let at = text.indexOf('\n'); at >= 0 && lines <= MOST_LINES; at = text.indexOf('\n', at + 1)) lines++
  return lines > MOST_LINES
}

/** Each line with its line end, so that a text whose last line has none is another than one whose last line has one. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

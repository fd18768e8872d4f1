/** The lines of three texts of which two were made from the base. */
export interface Three {
  base: string[]
  mine: string[]
  theirs: string[]
}

/** Where a line stands in all three. */
interface Anchor {
  base: number
  mine: number
  theirs: number
}

/** Three texts cut, in step, before each line that stands exactly once in all of them and in the same order. */
export function pieces({ base, mine, theirs }: Three): Three[] {
  const cuts = anchors({ base, mine, theirs })
  return [{ base: 0, mine: 0, theirs: 0 }, ...cuts].map((from, i) => {
    const to = cuts[i]
    return {
      base: base.slice(from.base, to?.base),
      mine: mine.slice(from.mine, to?.mine),
      theirs: theirs.slice(from.theirs, to?.theirs),
    }
  })
}

function anchors({ base, mine, theirs }: Three): Anchor[] {
  const [my, their] = [onlyOnes(mine), onlyOnes(theirs)]
  const shared = [...onlyOnes(base)].flatMap(([line, at]) => {
    const [inMine, inTheirs] = [my.get(line), their.get(line)]
    return inMine === undefined || inTheirs === undefined ? [] : [{ base: at, mine: inMine, theirs: inTheirs }]
  })
  const inOrder = rising(
    shared.sort((a, b) => a.base - b.base),
    'mine',
  )
  return rising(inOrder, 'theirs')
}

/** The lines that stand in a text once, with their places. */
function onlyOnes(lines: string[]): Map<string, number> {
  const places = new Map<string, number>()
  for (const [at, line] of lines.entries()) places.set(line, places.has(line) ? -1 : at)
  for (const [line, at] of places) if (at < 0) places.delete(line)
  return places
}

/** The longest row of anchors, of which each stands after the one before also on this side: by patience sorting. */
function rising(all: Anchor[], side: 'mine' | 'theirs'): Anchor[] {
  const tops: number[] = []
  const before: (number | undefined)[] = []
  for (const [i, anchor] of all.entries()) {
    let [low, high] = [0, tops.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (all[tops[middle]!]![side] < anchor[side]) low = middle + 1
      else high = middle
    }
    before[i] = tops[low - 1]
    tops[low] = i
  }
  const row: Anchor[] = []
  for (let at = tops.at(-1); at !== undefined; at = before[at]) row.push(all[at]!)
  return row.reverse()
}

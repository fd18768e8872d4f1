import type { Range } from './ranges.ts'

/** Longest expression that is looked at, in characters. */
const LONGEST = 2_000
const MOST_ARGUMENTS = 12

/** The arguments of a call, by its text without strings: `open` is the place after its bracket. */
export function argumentsAt(bare: string, open: number): Range[] {
  const found: Range[] = []
  let from = open
  while (found.length < MOST_ARGUMENTS) {
    const to = endOf(bare, from, ',')
    if (bare.slice(from, to).trim() !== '') found.push([from, to])
    if (bare[to] !== ',') break
    from = to + 1
  }
  return found
}

/** Where a statement's value ends: with its line, unless a bracket is open or an operator stands there. */
export function valueAt(bare: string, from: number): Range {
  return [from, endOf(bare, from, ';\n')]
}

/** Where an expression ends: before one of `stops`, or before the bracket that encloses it. */
function endOf(bare: string, from: number, stops: string): number {
  const most = Math.min(bare.length, from + LONGEST)
  let depth = 0
  for (let at = from; at < most; at++) {
    const char = bare[at]!
    if ('([{'.includes(char)) depth++
    else if (')]}'.includes(char) && --depth < 0) return at
    else if (depth === 0 && stops.includes(char) && !(char === '\n' && goesOn(bare, from, at))) return at
  }
  return most
}

/** Before the value begins, after an operator, and before a line that begins with one. */
function goesOn(bare: string, from: number, at: number): boolean {
  const before = bare.slice(Math.max(from, at - 40), at).trimEnd()
  if (before === '' || /[-+.,=(&|?:\\]$/.test(before)) return true
  return /^\s*(?:[+.?&|]|->|\|\|)(?!\+)/.test(bare.slice(at + 1, at + 60))
}

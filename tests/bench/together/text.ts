/** The files that all edit at once. */
export const PATHS = ['file1.txt', 'file2.txt', 'file3.txt', 'file4.txt', 'file5.txt']
const LINES = 40
/** The share of edits that put a line in the place of another: those can meet. The others add one. */
export const CHANGES = 0.5

/** What stands in a file at first: no line is in any of them twice. */
export function FIRST(path: string): string {
  return Array.from({ length: LINES }, (_, at) => `first ${path.replace('.txt', ':')} ${at}\n`).join('')
}

export interface Chance {
  next(): number
  of<T>(all: readonly T[]): T
}

/** The same numbers for the same seed (mulberry32). */
export function random(seed: number): Chance {
  let state = seed
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  return { next, of: (all) => all[Math.floor(next() * all.length)]! }
}

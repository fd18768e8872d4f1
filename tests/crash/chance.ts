/** Numbers that look like chance and follow from a seed alone (mulberry32). */
export interface Chance {
  /** In [0, 1). */
  next(): number
  /** A whole number from `least` to `most`. */
  whole(least: number, most: number): number
  /** True in `share` of all cases. */
  often(share: number): boolean
  pick<T>(from: readonly T[]): T
}

export function chanceFrom(seed: number | string): Chance {
  let state = Number(Bun.hash.xxHash32(String(seed)))
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const whole = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return { next, whole, often: (share) => next() < share, pick: (from) => from[whole(0, from.length - 1)]! }
}

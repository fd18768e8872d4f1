import { runsOf } from './diff/runs.ts'

/** A version of a text: its lines as numbers (`openNumbering`), and of each the version that first brought it. */
export interface Blamed {
  lines: Int32Array
  origins: Int32Array
}

/**
 * Of each line of a new version the version that first brought it: what stands in one of its parents it has from there, the
 * parents in their order, all else is its own.
 */
export function originsOf(lines: Int32Array, parents: readonly Blamed[], own: number): Int32Array {
  const origins = new Int32Array(lines.length).fill(-1)
  for (const parent of parents) {
    let [i, j] = [0, 0]
    for (const run of [...runsOf(parent.lines, lines).runs, ENDLESS]) {
      for (; i < Math.min(run.from, parent.lines.length); i++, j++)
        if (origins[j] === -1) origins[j] = parent.origins[i]!
      ;[i, j] = [run.to, run.newTo]
    }
  }
  return origins.map((origin) => (origin === -1 ? own : origin))
}

const ENDLESS = { from: Number.POSITIVE_INFINITY, to: 0, newFrom: 0, newTo: 0 }

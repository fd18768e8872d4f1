import { measure } from '../child.ts'
import { type Benchmark, median, repeat } from '../result.ts'
import type { Asked, Found } from './kept.ts'

const FILES = 10_000
const CHANGES = 20
const MOST = 1.5

export const storage: Benchmark = {
  name: 'storage',
  named: true,
  async run(runs) {
    const keep = (deltas: boolean): Promise<Found> =>
      measure('storage/kept.ts', { files: FILES, changes: CHANGES, deltas } satisfies Asked)
    const found = await repeat(runs, () => keep(true))
    const whole = await keep(false)
    const ratios = found.map(({ directory, compressed }) => directory / compressed)
    const { tables, ...also } = found[0]!
    return [
      {
        name: 'storage',
        what: `data directory after ${FILES} files of 10 KB were changed ${CHANGES} times each, of all contents compressed`,
        aim: `< ${MOST} x`,
        value: median(ratios),
        unit: 'x',
        met: median(ratios) < MOST,
        runs: ratios,
        baseline: { what: 'x, each version whole', value: whole.directory / whole.compressed },
        also: {
          ...also,
          ...tables,
          wholeWritesPerSecond: whole.writesPerSecond,
          wholeReadP50: whole.readP50,
          wholeReadP99: whole.readP99,
        },
      },
    ]
  },
}

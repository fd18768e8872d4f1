import { measure } from '../child.ts'
import { type Benchmark, median, repeat } from '../result.ts'

const MOST_MS = 20

export const stalls: Benchmark = {
  name: 'stalls',
  async run(runs) {
    const found = await repeat(runs, () => measure('database/burst.ts', { bare: false }))
    const bare = await measure('database/burst.ts', { bare: true })
    const p99 = found.map((run) => run.p99)
    return [
      {
        name: 'stalls',
        what: 'how long the event loop is away during a burst of 10,000 writes, p99',
        aim: `< ${MOST_MS} ms`,
        value: median(p99),
        unit: 'ms',
        met: median(p99) < MOST_MS,
        runs: p99,
        baseline: { what: 'ms, a loop over the bare client', value: bare.p99 },
        also: { longestMs: median(found.map(({ longest }) => longest)) },
      },
    ]
  },
}

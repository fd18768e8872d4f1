import { measure } from '../child.ts'
import { type Benchmark, median, repeat } from '../result.ts'

const FEW = 100 // the last 100 must be there
const MANY = 1_000_000
const MOST = 1.2

export const growth: Benchmark = {
  name: 'growth',
  async run(runs) {
    const found = await repeat(runs, async () => ({
      few: await measure('database/long-log.ts', { events: FEW }),
      many: await measure('database/long-log.ts', { events: MANY }),
    }))
    return (['page', 'replay'] as const).map((what) => {
      const ratios = found.map(({ few, many }) => many[what] / few[what])
      return {
        name: `growth-${what}`,
        what: `time ${what === 'page' ? 'to open a project’s page' : 'to replay its last 100 events'}, with ${MANY} events against ${FEW}`,
        aim: `<= ${MOST} x`,
        value: median(ratios),
        unit: 'x',
        met: median(ratios) <= MOST,
        runs: ratios,
        baseline: { what: `ms, with ${FEW} events`, value: median(found.map(({ few }) => few[what])) },
      }
    })
  },
}

import { measure } from '../child.ts'
import { type Benchmark, median, repeat } from '../result.ts'

const MOST = 0.5
const PER_SECOND = 20

export const writes: Benchmark = {
  name: 'writes',
  async run(runs) {
    const results = []
    for (const jobs of [1, 50]) {
      const found = await repeat(runs, () => measure('queue/talking.ts', { jobs, perSecond: PER_SECOND, talks: true }))
      const commits = found.map(({ commitsPerSecond }) => commitsPerSecond)
      results.push({
        name: `writes-${jobs}`,
        what: `commits a second while ${jobs} job${jobs === 1 ? '' : 's'} generate${jobs === 1 ? 's' : ''}`,
        aim: `<= ${MOST} /s in all`,
        value: median(commits),
        unit: '/s',
        met: median(commits) <= MOST,
        runs: commits,
      })
    }
    return results
  },
}

import { measure } from '../child.ts'
import { type Benchmark, median, repeat } from '../result.ts'

const JOBS = 200
const PER_SECOND = 20
const MOST_PERCENT = 8

export const liveEvents: Benchmark = {
  name: 'live-events',
  async run(runs) {
    const talks = await repeat(runs, () =>
      measure('queue/talking.ts', { jobs: JOBS, perSecond: PER_SECOND, talks: true }),
    )
    const timers = await measure('queue/talking.ts', { jobs: JOBS, perSecond: PER_SECOND, talks: false })
    const shares = talks.map(({ share }) => share)
    return [
      {
        name: 'live-events',
        what: `share of a core for ${JOBS * PER_SECOND} live events a second from ${JOBS} running jobs, drafts debounced`,
        aim: `< ${MOST_PERCENT} %`,
        value: median(shares),
        unit: '%',
        met: median(shares) < MOST_PERCENT,
        runs: shares,
        baseline: { what: '%, the same timers that say nothing', value: timers.share },
        also: { eventsPerSecond: Math.round(talks[0].eventsPerSecond) },
      },
    ]
  },
}

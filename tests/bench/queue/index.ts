import { measure } from '../child.ts'
import { type Benchmark, median, repeat } from '../result.ts'
import { localRedis } from './redis.ts'

const JOBS = 30_000
const AT_ONCE = 50

async function bullmq(appendfsync: 'always' | 'everysec'): Promise<number | undefined> {
  await using redis = await localRedis(appendfsync)
  if (!redis) return undefined
  return (await measure('queue/bullmq.ts', { jobs: JOBS, atOnce: AT_ONCE, port: redis.port })).perSecond
}

/** Hearth and BullMQ in turn, so that both meet the same machine. */
async function pair() {
  const { perSecond } = await measure('queue/jobs.ts', { jobs: JOBS, atOnce: AT_ONCE })
  return { ours: perSecond as number, always: await bullmq('always'), everysec: await bullmq('everysec') }
}

export const jobsPerSecond: Benchmark = {
  name: 'jobs',
  async run(runs) {
    const pairs = await repeat(runs, pair)
    const ours = median(pairs.map((run) => run.ours))
    const always = pairs.flatMap((run) => run.always ?? [])
    const result = {
      name: 'jobs',
      what: `durable jobs that do nothing, from enqueue to done, ${AT_ONCE} at once`,
      aim: '>= 1 x BullMQ, always',
      runs: pairs.map((run) => run.ours),
    }
    if (always.length === 0)
      return [
        { ...result, value: ours, unit: 'jobs/s', met: false, also: { missing: 'redis-server is not installed' } },
      ]
    const ratios = pairs.map((run) => run.ours / run.always!)
    return [
      {
        ...result,
        value: median(ratios),
        unit: 'x',
        met: median(ratios) >= 1,
        baseline: { what: 'jobs/s, BullMQ, appendfsync always', value: median(always) },
        also: { jobsPerSecond: ours, bullmqEverysec: median(pairs.map((run) => run.everysec!)) },
      },
    ]
  },
}

import { type Child, cpuSeconds, residentBytes, startChild } from '../child.ts'
import { type Benchmark, median, quantile, type Result, repeat } from '../result.ts'

const OPEN = 1_000
const PROBES = 300
const WATCHED_MS = 10_000
const SETTLED_MS = 2_000
const CHUNKS_PER_SECOND = 20
const FAST_CHUNKS_PER_SECOND = 100
const MANY = 10_000
/** Lines of a talking job: each chunk is a `delta` and a `progress`. */
const LINES_PER_CHUNK = 2
/** About what a `delta` of 500 bytes and a `progress` line have on average. */
const LINE_BYTES = 400

interface Place {
  port: number
  secret: string
  paths: string[]
}

/** A server and its readers, all of which have their first line. */
async function watched<T>(
  script: string,
  options: object,
  readers: number,
  use: (server: Child, readers: Child) => Promise<T>,
): Promise<T> {
  await using server = startChild(script, options)
  const place = (await server.next()) as Place
  await using child = startChild('streams/readers.ts', { ...place, readers })
  await child.next()
  await Bun.sleep(SETTLED_MS)
  return await use(server, child)
}

async function ask(readers: Child, order: string) {
  readers.tell(order)
  return await readers.next()
}

/** What 1,000 open streams of one project with a running job are like, for themselves and for those who come. */
async function thousand(script: string, options: object) {
  return watched(script, options, OPEN, async (_server, readers) => {
    await ask(readers, 'count')
    const { firstLineMs } = await ask(readers, `probe ${PROBES}`)
    await Bun.sleep(WATCHED_MS)
    const { longestSilenceMs } = await ask(readers, 'figures')
    return { firstLineMs: quantile(firstLineMs, 0.99), longestSilenceMs }
  })
}

const talkingServer = { projects: 1, talking: 1, chunksPerSecond: CHUNKS_PER_SECOND }
const quietServer = { projects: 20, talking: 0, chunksPerSecond: 1 }
/** A job as fast as can be read: what a server does besides is small against what it delivers. */
const fastServer = { ...talkingServer, chunksPerSecond: FAST_CHUNKS_PER_SECOND }
/** The same pace and the same lines, as few writes as can be. */
const bareServer = { buffersPerSecond: FAST_CHUNKS_PER_SECOND, lines: LINES_PER_CHUNK, bytes: LINE_BYTES }

export const openStreams: Benchmark = {
  name: 'open-streams',
  async run(runs) {
    const bare = await thousand('streams/bare.ts', { ...bareServer, buffersPerSecond: CHUNKS_PER_SECOND })
    const talking = await repeat(runs, () => thousand('streams/server.ts', talkingServer))
    const quiet = await repeat(runs, () => thousand('streams/server.ts', quietServer))
    const first = talking.map(({ firstLineMs }) => firstLineMs)
    const silent = quiet.map(({ longestSilenceMs }) => longestSilenceMs)
    return [
      {
        name: 'first-line',
        what: `first line of a stream, p99 of ${PROBES}, with ${OPEN} open streams of a job that talks`,
        aim: '<= 50 ms',
        value: median(first),
        unit: 'ms',
        met: median(first) <= 50,
        runs: first,
        baseline: { what: 'ms, bare Bun.serve', value: bare.firstLineMs },
      },
      {
        name: 'silence',
        what: `longest silence of any of ${OPEN} open streams on which nothing happens, in ${WATCHED_MS / 1_000} s`,
        aim: '<= 1,100 ms',
        value: median(silent),
        unit: 'ms',
        met: median(silent) <= 1_100,
        runs: silent,
      },
    ]
  },
}

/** Lines that one core of a server delivers in a second, as its processor time says. */
async function linesPerCore(script: string, options: object, readers: number): Promise<number> {
  return watched(script, options, readers, async (server, child) => {
    await ask(child, 'count')
    const before = cpuSeconds(server.pid)
    await Bun.sleep(WATCHED_MS)
    const { lines } = await ask(child, 'figures')
    return lines / (cpuSeconds(server.pid) - before)
  })
}

export const fanOut: Benchmark = {
  name: 'fan-out',
  async run(runs) {
    const results: Result[] = []
    for (const readers of [200, OPEN]) {
      const pairs = await repeat(runs, async () => ({
        ours: await linesPerCore('streams/server.ts', fastServer, readers),
        bare: await linesPerCore('streams/bare.ts', bareServer, readers),
      }))
      const ratios = pairs.map(({ ours, bare }) => ours / bare)
      results.push({
        name: `fan-out-${readers}`,
        what: `lines of one job delivered per second per core to ${readers} readers`,
        aim: '>= 0.9 x bare',
        value: median(ratios),
        unit: 'x',
        met: median(ratios) >= 0.9,
        runs: ratios,
        baseline: { what: 'lines/s/core, bare Bun.serve', value: median(pairs.map(({ bare }) => bare)) },
        also: { linesPerSecondPerCore: median(pairs.map(({ ours }) => ours)) },
      })
    }
    return results
  },
}

/** What idle streams cost: memory of each, and the share of a core that heartbeats to all take. */
async function idleCost(script: string, options: object) {
  await using server = startChild(script, options)
  const place = (await server.next()) as Place
  {
    // the first streams of all warm the server up
    await using early = startChild('streams/readers.ts', { ...place, readers: OPEN })
    await early.next()
  }
  await Bun.sleep(SETTLED_MS)
  const memory = residentBytes(server.pid)
  await using readers = startChild('streams/readers.ts', { ...place, readers: MANY })
  await readers.next()
  await Bun.sleep(SETTLED_MS)
  const cpu = cpuSeconds(server.pid)
  const from = performance.now()
  await Bun.sleep(WATCHED_MS)
  return {
    bytes: (residentBytes(server.pid) - memory) / MANY,
    share: ((cpuSeconds(server.pid) - cpu) / (performance.now() - from)) * 1_000 * 100,
  }
}

export const idleStreams: Benchmark = {
  name: 'idle-streams',
  async run(runs) {
    const bare = await idleCost('streams/bare.ts', { buffersPerSecond: 1 / 0.9, lines: 1, bytes: 60 })
    const ours = await repeat(runs, () => idleCost('streams/server.ts', quietServer))
    const bytes = ours.map((run) => run.bytes)
    const shares = ours.map((run) => run.share)
    return [
      {
        name: 'idle-memory',
        what: `resident memory per idle stream, ${MANY} of them`,
        aim: '< 5,000 bytes',
        value: median(bytes),
        unit: 'bytes',
        met: median(bytes) < 5_000,
        runs: bytes,
        baseline: { what: 'bytes, bare Bun.serve', value: bare.bytes },
      },
      {
        name: 'idle-cpu',
        what: `share of a core for the heartbeats of ${MANY} idle streams`,
        aim: '< 10 %',
        value: median(shares),
        unit: '%',
        met: median(shares) < 10,
        runs: shares,
        baseline: { what: '%, bare Bun.serve', value: bare.share },
      },
    ]
  },
}

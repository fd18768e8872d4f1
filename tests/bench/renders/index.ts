import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { writeSpec } from '../../../src/gpu/folder.ts'
import { renderParams } from '../../../src/gpu/spec.ts'
import { type Child, startChild } from '../child.ts'
import { type Benchmark, median, type Result, repeat } from '../result.ts'

/** Pictures one after another in a run. */
const ALONE = 20
const MANY = 1_000
const WARM_UP = 5
/** What `bun run build` makes: where it is there, its renderers are measured, too. */
const BINARY = join(import.meta.dir, '../../../dist/hearth')
const CORES = 2

/** What Hearth adds to a picture, and how many small drawings four devices make in a minute. */
export const renders: Benchmark = {
  name: 'renders',
  async run(runs) {
    const over = await repeat(runs, overhead)
    const [ms, bare] = [over.map(({ ours, alone }) => ours - alone), over.map(({ alone }) => alone)]
    const each = await repeat(runs, () => throughput(MANY))
    const binary = existsSync(BINARY) ? await repeat(runs, () => throughput(MANY, [BINARY, 'worker', 'sketch'])) : []
    return [
      {
        name: 'render-overhead',
        what: `a small drawing through the server, over the same worker started by hand (medians of ${ALONE})`,
        aim: '<= 150 ms',
        value: median(ms),
        unit: 'ms',
        met: median(ms) <= 150,
        runs: ms,
        baseline: { what: 'ms, the worker alone', value: median(bare) },
      },
      rate('renders-a-minute', `${MANY} small drawings on four pretended devices, a process each`, each),
      ...(binary.length > 0
        ? [rate('renders-a-minute-binary', 'the same, the renderers from the binary', binary)]
        : []),
    ] satisfies Result[]
  },
}

async function overhead(): Promise<{ ours: number; alone: number }> {
  await using server = startChild('renders/server.ts', { devices: 1 })
  const { command, env, version } = await server.next()
  for (let i = 0; i < WARM_UP; i++) await took(server, 1)
  const ours: number[] = []
  const alone: number[] = []
  for (let i = 0; i < ALONE; i++) {
    ours.push(await took(server, 1))
    alone.push(await byHand(command, env, version, i))
  }
  await leave(server)
  return { ours: median(ours), alone: median(alone) }
}

/** What so many drawings took: how many in a minute, and of processor time each, ms. */
interface Rate {
  aMinute: number
  serverMs: number
  rendererMs: number
}

async function throughput(jobs: number, worker?: string[]): Promise<Rate> {
  await using server = startChild('renders/server.ts', { devices: 4, worker })
  await server.next()
  await took(server, WARM_UP)
  const { ms, server: own, renderers } = await asked(server, jobs)
  await leave(server)
  return { aMinute: (jobs / ms) * 60_000, serverMs: own / jobs, rendererMs: renderers / jobs }
}

/** Beside the rate, what bounds it however idle the machine is: so many drawings fit the processor time of two cores. */
function rate(name: string, what: string, runs: Rate[]): Result {
  const value = median(runs.map(({ aMinute }) => aMinute))
  const serverMs = median(runs.map((run) => run.serverMs))
  const rendererMs = median(runs.map((run) => run.rendererMs))
  const bound = (CORES * 60_000) / (serverMs + rendererMs)
  const met = value >= 1_000
  const figures = { value, met, unit: 'jobs', aim: '>= 1000', runs: runs.map(({ aMinute }) => aMinute) }
  const baseline = {
    what: `would fit: server ${serverMs.toFixed(1)}, renderer ${rendererMs.toFixed(1)} ms`,
    value: bound,
  }
  return { name, what: `${what}, in a minute`, ...figures, baseline, also: { serverMs, rendererMs } }
}

async function took(server: Child, jobs: number): Promise<number> {
  return (await asked(server, jobs)).ms
}

async function asked(server: Child, jobs: number): Promise<{ ms: number; server: number; renderers: number }> {
  server.tell(JSON.stringify({ jobs }))
  return server.next()
}

async function leave(server: Child): Promise<void> {
  server.tell(JSON.stringify({ jobs: 0 }))
  await server.next().catch(() => {}) // it ends without an answer
}

/** The worker in a folder of its own, as Hearth starts it, until it has ended. */
async function byHand(command: string[], env: Record<string, string>, engineVersion: string, seed: number) {
  const folder = mkdtempSync(join(tmpdir(), 'hearth-bench-'))
  mkdirSync(folder, { recursive: true })
  const params = renderParams.parse({ prompt: 'a lighthouse', width: 64, height: 64, steps: 1, seed, guidance: 7 })
  const device = { id: 'card-0', name: 'Card', kind: 'cuda' as const }
  writeSpec(folder, { engine: 'sketch', engineVersion, job: 'bench', attempt: 1, params, tier: 'low', device })
  const began = performance.now()
  const child = Bun.spawn([...command, folder], {
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', ...env },
    stdin: 'pipe',
    stdout: 'ignore',
  })
  const code = await child.exited
  const ms = performance.now() - began
  rmSync(folder, { recursive: true, force: true })
  if (code !== 0) throw new Error(`the worker ended with ${code}`)
  return ms
}

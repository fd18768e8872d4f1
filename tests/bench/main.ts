// `bun run bench [NAME…] [--runs N] [--json FILE]`: measures what docs/benchmarks.md promises, each beside its baseline.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { machine } from './child.ts'
import { context } from './context/index.ts'
import { growth } from './database/growth.ts'
import { restart } from './database/restart.ts'
import { stalls } from './database/stalls.ts'
import { writes } from './database/writes.ts'
import { edits } from './edits/index.ts'
import { firstToken, modelOverhead } from './models/index.ts'
import { jobsPerSecond } from './queue/index.ts'
import { liveEvents } from './queue/live.ts'
import { renders } from './renders/index.ts'
import { type Benchmark, type Result, table } from './result.ts'
import { scanning } from './scan/index.ts'
import { storage } from './storage/index.ts'
import { fanOut, idleStreams, openStreams } from './streams/index.ts'
import { together } from './together/index.ts'
import { validators } from './validators/index.ts'

const ALL: Benchmark[] = [
  openStreams,
  fanOut,
  idleStreams,
  writes,
  jobsPerSecond,
  liveEvents,
  stalls,
  restart,
  growth,
  modelOverhead,
  firstToken,
  context,
  storage,
  edits,
  validators,
  renders,
  scanning,
  together,
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '3' }, json: { type: 'string', default: 'dist/bench.json' } },
})
const wanted = ALL.filter(({ name, named }) => (positionals.length === 0 ? !named : positionals.includes(name)))
const unknown = positionals.filter((name) => !ALL.some((each) => each.name === name))
if (unknown.length > 0)
  throw new Error(`no benchmark ${unknown.join(', ')}; there are ${ALL.map(({ name }) => name).join(', ')}`)

const on = machine()
console.log(JSON.stringify(on))
const results: Result[] = []
for (const { name, run } of wanted) {
  console.error(`… ${name}`)
  results.push(...(await run(Number(values.runs))))
}
console.log(table(results))
mkdirSync(dirname(values.json), { recursive: true })
writeFileSync(values.json, `${JSON.stringify({ machine: on, results }, null, 2)}\n`)

// Running jobs that talk, and nobody who listens: says what share of a core they take, and how many commits a second.
import { enqueue } from '../../../src/jobs/enqueue.ts'
import type { Handler, JobContext } from '../../../src/jobs/handler.ts'
import { benchApp } from '../engine.ts'

const SETTLED_MS = 3_000
const WATCHED_MS = 20_000
/** About what a model says at once. */
const TEXT = 'let x = await y.z(a, b)\n'

const { jobs, perSecond, talks } = JSON.parse(process.argv[2]!) as { jobs: number; perSecond: number; talks: boolean }

const talk: Handler = {
  kind: 'talk',
  lane: 'talk',
  run: ({ delta, signal }: JobContext<unknown>) =>
    new Promise((_, reject) => {
      const say = () => talks && delta(TEXT)
      const timer = setInterval(say, 1_000 / perSecond)
      signal.addEventListener('abort', () => {
        clearInterval(timer)
        reject(signal.reason)
      })
    }),
}

await using bench = await benchApp({ handlers: [talk], lanes: { talk: jobs } })
const { app } = bench
let told = 0
app.hub.tap(({ seq }) => {
  if (seq === null) told++
})
for (let i = 0; i < jobs; i++)
  await app.db.write((tx) => enqueue(app, tx, { kind: 'talk', input: {}, scope: `project-${i}` }))
await app.startWork()
await Bun.sleep(SETTLED_MS)
const [commits, events, cpu, from] = [app.db.stats.commits, told, process.cpuUsage(), performance.now()]
await Bun.sleep(WATCHED_MS)
const seconds = (performance.now() - from) / 1_000
const { user, system } = process.cpuUsage(cpu)
console.log(
  JSON.stringify({
    share: ((user + system) / 1e6 / seconds) * 100,
    eventsPerSecond: (told - events) / seconds,
    commitsPerSecond: (app.db.stats.commits - commits) / seconds,
  }),
)
process.exit(0)

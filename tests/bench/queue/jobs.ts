// Durable jobs that do nothing, from their enqueue to their end, 50 at once: says how many a second, processor time and all.
import { gather } from '../../../src/db/gather.ts'
import { enqueueAll, type NewJob } from '../../../src/jobs/enqueue.ts'
import { benchApp, noop } from '../engine.ts'

const { jobs, atOnce } = JSON.parse(process.argv[2]!) as { jobs: number; atOnce: number }
await using bench = await benchApp({ handlers: [noop], lanes: { noop: atOnce } })
const { app } = bench
const over = Promise.withResolvers<void>()
let done = 0
app.hub.tap(({ type }) => {
  if (type === 'job.succeeded' && ++done === jobs) over.resolve()
})
/** Who enqueues at the same moment shares a unit, as BullMQ's client shares a round trip. */
const enqueue = gather(app.db, (tx, wanted: NewJob[]) => enqueueAll(app, tx, wanted))

/** Producers that each wait until their job is on disk before they bring the next. */
async function produce(): Promise<void> {
  let next = 0
  const producer = async () => {
    while (next++ < jobs) await enqueue({ kind: 'noop', input: { n: next } })
  }
  await Promise.all(Array.from({ length: atOnce }, producer))
}

await app.startWork()
const from = performance.now()
await produce()
await over.promise
const perSecond = jobs / ((performance.now() - from) / 1_000)
console.log(JSON.stringify({ perSecond }))
process.exit(0)

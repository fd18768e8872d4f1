// The same through BullMQ on a Redis of its own: 50 producers that wait for their add, one worker with concurrency 50.
import { Queue, Worker } from 'bullmq'

const { jobs, atOnce, port } = JSON.parse(process.argv[2]!) as { jobs: number; atOnce: number; port: number }
const connection = { host: '127.0.0.1', port, maxRetriesPerRequest: null }
const queue = new Queue('noop', { connection })
await queue.waitUntilReady()
const over = Promise.withResolvers<void>()
let done = 0
const worker = new Worker('noop', async () => ({}), { connection, concurrency: atOnce })
worker.on('completed', () => {
  if (++done === jobs) over.resolve()
})
await worker.waitUntilReady()

const from = performance.now()
let next = 0
const producer = async () => {
  while (next++ < jobs) await queue.add('noop', { n: next })
}
await Promise.all(Array.from({ length: atOnce }, producer))
await over.promise
console.log(JSON.stringify({ perSecond: jobs / ((performance.now() - from) / 1_000) }))
process.exit(0)

// 10,000 writes that all come at once: says how long the event loop was away, through the one writer or bare.

import { join } from 'node:path'
import { createClient } from '@libsql/client'
import { benchApp } from '../engine.ts'
import { quantile } from '../result.ts'

const ROWS = 10_000
const { bare } = JSON.parse(process.argv[2]!) as { bare: boolean }
await using bench = await benchApp({ handlers: [], lanes: {} })
const { app, data } = bench

/** How late timers of 1 ms are while something goes on, ms. */
async function lateness(work: () => Promise<unknown>): Promise<number[]> {
  const late: number[] = []
  let isOver = false
  const watching = (async () => {
    while (!isOver) {
      const from = performance.now()
      await Bun.sleep(1)
      late.push(performance.now() - from - 1)
    }
  })()
  await work()
  isOver = true
  await watching
  return late
}

const throughWriter = () =>
  Promise.all(
    Array.from({ length: ROWS }, (_, i) =>
      app.db.write((tx) => app.events.append(tx, { type: 'bench.row', scope: 'p', data: { i } })),
    ),
  )

/** As one would: a loop of awaits, in one transaction. */
async function bareWrites(): Promise<void> {
  const client = createClient({ url: `file:${join(data, 'bare.db')}`, concurrency: 1 })
  await client.execute('PRAGMA journal_mode = WAL')
  await client.execute('CREATE TABLE rows (id INTEGER PRIMARY KEY, data TEXT) STRICT')
  for (let i = 0; i < ROWS; i++)
    await client.execute({ sql: 'INSERT INTO rows (data) VALUES (?)', args: [`{"i":${i}}`] })
  client.close()
}

const late = await lateness(bare ? bareWrites : throughWriter)
console.log(JSON.stringify({ p99: quantile(late, 0.99), longest: Math.max(...late), looks: late.length }))
process.exit(0)

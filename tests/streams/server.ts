// The real server, for readers by the thousand: its model writes each file piece by piece once it is told to go, its clock
// can leap, and it says what it holds. Orders come as messages of the parent; each is answered.
import { heapStats } from 'bun:jsc'
import { createApp } from '../../src/app.ts'
import { type Clock, systemClock } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import { liveLine } from '../../src/events/line.ts'
import { cpuDevice } from '../../src/gpu/devices.ts'
import { type Chunk, isFileTask, type Provider } from '../../src/llm/provider.ts'
import { planOf, scriptedModel } from '../support/scripted-model.ts'
import { countTimers } from '../support/timers.ts'
import { type Holds, type Order, type Pace, textOf } from './orders.ts'

const timers = countTimers()
const pace = JSON.parse(process.env.STREAMS_PACE!) as Pace
const go = Promise.withResolvers<void>()
let leapt = 0
const clock: Clock = { ...systemClock, now: () => systemClock.now() + leapt }

await using app = await createApp(readConfig(process.env), {
  clock,
  providers: [pacedModel()],
  devices: [cpuDevice()],
  lanes: { plan: 100, write: 300, check: 100 },
})
const { url } = app.listen()
await app.startWork()
process.on('message', async ({ id, order }: { id: number; order: Order }) => {
  process.send!({ id, holds: await obey(order) })
})
process.send!({ url, secret: app.localSecret })
await new Promise<void>((resolve) => process.on('disconnect', resolve))

async function obey(order: Order): Promise<Holds> {
  if (order.do === 'look') Bun.gc(true)
  if (order.do === 'go') go.resolve()
  if (order.do === 'leap') leapt += order.ms
  if (order.do === 'say')
    for (let i = 0; i < order.lines; i++)
      app.hub.publish(liveLine('progress', clock.now(), order.project, null, { pad: 'x'.repeat(order.bytes) }))
  if (order.do === 'append')
    for (let i = 0; i < order.lines; i++)
      await app.db.write((tx) =>
        app.events.append(tx, { type: 'note.made', scope: order.project, data: { pad: 'x '.repeat(order.bytes / 2) } }),
      )
  return holds()
}

function holds(): Holds {
  const { user, system } = process.cpuUsage()
  return {
    readers: app.hub.size,
    timers: timers.pending,
    rss: process.memoryUsage.rss(),
    cpuMs: (user + system) / 1_000,
    objects: heapStats().objectTypeCounts,
  }
}

function pacedModel(): Provider {
  const plan = planOf(pace.files.map((path) => ({ id: path.replace(/\W/g, ''), path })))
  return {
    ...scriptedModel({}),
    async *stream({ task }, signal): AsyncGenerator<Chunk> {
      if (task.kind === 'plan') {
        yield { type: 'text', text: plan }
      } else if (isFileTask(task)) {
        await Promise.race([go.promise, new Promise((resolve) => signal.addEventListener('abort', resolve))])
        for (let i = 0; i < pace.pieces; i++) {
          signal.throwIfAborted()
          yield { type: 'text', text: textOf(task.path, i) }
          await clock.sleep(pace.ms, signal)
        }
        yield { type: 'text', text: `${task.sentinel}\n` }
      }
      yield { type: 'finish', reason: 'stop' }
    },
  }
}

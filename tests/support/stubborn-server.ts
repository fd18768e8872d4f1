// The server with work that does not let go: a kind of job that ignores its signal, and a renderer that ignores all but SIGKILL;
// with `hang`, also a part of its own that never ends.
import { join } from 'node:path'
import { createApp } from '../../src/app.ts'
import { stopRequested } from '../../src/cli/stop.ts'
import { readConfig } from '../../src/config.ts'
import { cpuDevice } from '../../src/gpu/devices.ts'
import { enqueue } from '../../src/jobs/enqueue.ts'
import type { Handler } from '../../src/jobs/handler.ts'
import { silent } from './database.ts'

const deaf: Handler = { kind: 'deaf', lane: 'deaf', run: () => new Promise(() => setInterval(() => {}, 1_000)) }

if (process.argv[2] === 'renderer') await ignoreAll()
else await serve(process.argv[2]!, process.argv[3] === 'hang')

async function ignoreAll(): Promise<never> {
  process.on('SIGTERM', () => {})
  for (let seq = 0; ; seq++) {
    console.log(JSON.stringify({ v: 1, seq, t: Date.now(), job: 'deaf', attempt: 1, type: 'heartbeat' }))
    await Bun.sleep(200)
  }
}

async function serve(data: string, hangs: boolean): Promise<void> {
  const config = readConfig({
    HEARTH_DATA: data,
    HEARTH_PORT: '0',
    HEARTH_PREVIEW_PORT: '0',
    HEARTH_DEMO_BYTES_PER_SECOND: '1000000',
  })
  const command = [process.execPath, join(import.meta.dir, 'stubborn-server.ts'), 'renderer']
  {
    await using app = await createApp(config, {
      log: silent,
      devices: [cpuDevice()],
      workerCommand: command,
      handlers: [deaf],
      lanes: { deaf: 1 },
    })
    await using _hanging = { [Symbol.asyncDispose]: () => (hangs ? new Promise<void>(() => {}) : Promise.resolve()) }
    const { url } = app.listen()
    await app.startWork()
    const job = await app.db.write((tx) => enqueue(app, tx, { kind: 'deaf', input: {} }))
    const asked = stopRequested() // before anybody knows whom to ask
    console.log(JSON.stringify({ url, secret: app.localSecret, deaf: job.id }))
    await asked
  }
  process.exit(0)
}

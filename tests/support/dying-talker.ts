// The real server, which dies by SIGKILL at the moment at which the first call of a tool has been committed.
import { createApp } from '../../src/app.ts'
import { stopRequested } from '../../src/cli/stop.ts'
import { readConfig } from '../../src/config.ts'
import { cpuDevice } from '../../src/gpu/devices.ts'

await using app = await createApp(readConfig(process.env), { devices: [cpuDevice()] })
app.hub.tap(({ type }) => {
  if (type === 'tool.called') process.kill(process.pid, 'SIGKILL')
})
const { url } = app.listen()
await app.startWork()
process.stdout.write(`Hearth is at ${url}\nReady\n`)
await stopRequested()

// The real server, whose clock somebody sets: it is as far off as the file says that CLOCK_FILE names, in ms.
import { existsSync, readFileSync } from 'node:fs'
import { createApp } from '../../src/app.ts'
import { stopRequested } from '../../src/cli/stop.ts'
import { systemClock } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import { cpuDevice } from '../../src/gpu/devices.ts'
import { withClocks } from '../../src/llm/clocks.ts'
import { demoProvider } from '../../src/llm/demo.ts'
import { smallProject } from '../crash/small.ts'

const { now } = Date
const file = process.env.CLOCK_FILE!
Date.now = () => now() + (existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0)

const config = readConfig(process.env)
const clock = { ...systemClock, now: Date.now, random: () => 0 }
const demo = demoProvider({ project: smallProject, bytesPerSecond: config.demoBytesPerSecond, clock })
await using app = await createApp(config, {
  clock,
  providers: [withClocks({ clock }, demo)],
  devices: [cpuDevice()],
})
const { url } = app.listen()
await app.startWork()
process.stdout.write(`Hearth is at ${url}\nReady\n`)
await stopRequested()

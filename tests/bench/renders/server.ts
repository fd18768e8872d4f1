// The real server with pretended devices. Each line `{"jobs": N}` asks for N small drawings at once and is answered with what they took:
// ms, and of processor time of the server and of its renderers.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config.ts'
import type { Device } from '../../../src/gpu/devices.ts'
import { startAlbum, startRender } from '../../../src/studio/renders.ts'

/** Fields of /proc/self/stat after the name: the time of children that have ended, in and for them. */
const [CHILD_TICKS, TICK_MS] = [13, 10]

const { devices: many, worker } = JSON.parse(process.argv[2]!) as { devices: number; worker?: string[] }
const GB = 1024 ** 3
const data = mkdtempSync(join(tmpdir(), 'hearth-bench-'))
const SETTINGS = {
  HEARTH_PORT: '0',
  HEARTH_PREVIEW_PORT: '0',
  HEARTH_SKETCH_STEP_MS: '0',
  HEARTH_LOCAL_SERVERS: 'none',
}
const config = readConfig({ HEARTH_DATA: data, HEARTH_LOG: 'error', ...SETTINGS })
const devices = Array.from({ length: many }, (_, i): Device => {
  return { id: `card-${i}`, name: 'Card', kind: 'cuda', totalBytes: 24 * GB, freeBytes: 24 * GB }
})
const app = await createApp(config, { devices, ...(worker && { workerCommand: worker }) })
await app.startWork()
const deps = { ...app, tierNamed: () => 'auto' }
const project = await startAlbum(deps, 'Pictures', 'system')
let made = 0

/** Processor time so far, ms: of this server, and of the renderers that have ended. */
function spent() {
  const { user, system } = process.cpuUsage()
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number)
  return { server: (user + system) / 1_000, renderers: (fields[CHILD_TICKS]! + fields[CHILD_TICKS + 1]!) * TICK_MS }
}

/** From the first order until the last picture is kept. */
async function render(jobs: number): Promise<{ ms: number; server: number; renderers: number }> {
  const all = Promise.withResolvers<void>()
  let left = jobs
  const untap = app.hub.tap(({ type, body }) => {
    if (type === 'job.failed' || type === 'job.held') all.reject(new Error(JSON.stringify(body)))
    if (type === 'job.succeeded' && body.kind === 'render' && --left === 0) all.resolve()
  })
  const [began, before] = [performance.now(), spent()]
  for (let i = 0; i < jobs; i++) {
    const request = { prompt: 'a lighthouse', width: 64, height: 64, steps: 1, seed: made++ }
    await startRender(deps, project.id, { request, inputs: {} }, 'system')
  }
  await all.promise
  untap()
  const [ms, after] = [performance.now() - began, spent()]
  return { ms, server: after.server - before.server, renderers: after.renderers - before.renderers }
}

const engine = app.render.engines.named('sketch')
console.log(JSON.stringify({ command: engine.command, env: engine.env, version: engine.manifest.version }))
process.on('exit', () => rmSync(data, { recursive: true, force: true }))
for await (const line of console) {
  const { jobs } = JSON.parse(line) as { jobs: number }
  if (jobs === 0) break
  console.log(JSON.stringify(await render(jobs)))
}
await app[Symbol.asyncDispose]()
process.exit(0)

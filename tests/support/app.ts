import { type App, createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import type { Overrides } from '../../src/engines.ts'
import { liveLine } from '../../src/events/line.ts'
import { cpuDevice } from '../../src/gpu/devices.ts'
import { type Client, openClient } from './client.ts'
import { type StoppedClock, stoppedClock } from './clock.ts'
import { silent, temporaryFolder } from './database.ts'

/** The whole product in this process, on real sockets, with a data directory of its own. */
export interface TestApp extends AsyncDisposable, Client {
  app: App
  data: string
  /** Posts a brief that must be taken. */
  make(brief?: string, more?: object): Promise<{ project: { id: string }; job: { id: string } }>
  /** Waits until the project's work is over; its status then. */
  settled(project: string): Promise<string>
}

export interface TestAppOptions extends Overrides {
  settings?: Record<string, string>
  /** A directory that outlives the app. */
  data?: string
  /** False: jobs stay in the queue. */
  work?: boolean
}

export const BRIEF = 'a landing page for a bakery called Crumb with one picture'
/** Quick, and blind for what else runs on this machine. */
const QUICK = { HEARTH_DEMO_BYTES_PER_SECOND: '100000000', HEARTH_SKETCH_STEP_MS: '0', HEARTH_LOCAL_SERVERS: 'none' }

export async function testApp({ settings, data, work = true, ...overrides }: TestAppOptions = {}): Promise<TestApp> {
  const folder = data === undefined ? temporaryFolder() : undefined
  const place = data ?? folder!.path
  const listeners = { HEARTH_DATA: place, HEARTH_PORT: '0', HEARTH_PREVIEW_PORT: '0' }
  const config = readConfig({ ...QUICK, ...listeners, ...settings })
  const app = await createApp(config, { log: silent, devices: [cpuDevice()], ...overrides })
  const { port } = app.listen()
  if (work) await app.startWork()
  const client = openClient(`http://127.0.0.1:${port}`, app.localSecret)
  return {
    ...client,
    app,
    data: place,
    async make(brief = BRIEF, more = {}) {
      const response = await client.post('/api/projects', { brief, tier: 'low', ...more })
      if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`)
      return response.json() as Promise<{ project: { id: string }; job: { id: string } }>
    },
    async settled(project) {
      using reading = await client.follow(`/api/projects/${project}/events`)
      await reading.until(({ type }) => type === 'end', 'its end')
      return (await client.json(`/api/projects/${project}`)).project.status
    },
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      folder?.[Symbol.dispose]()
    },
  }
}

/** An app whose clock stands still, and leaps over the wait each time that a job, or a call to a model, is to be tried again. */
export async function leapingApp(
  options: TestAppOptions = {},
): Promise<TestApp & { clock: StoppedClock; pass(ms: number): void }> {
  const clock = stoppedClock()
  const made = await testApp({ clock, ...options })
  const { hub } = made.app
  const pass = (ms: number) => {
    clock.pass(ms)
    hub.publish(liveLine('job.queued', clock.now(), null, null, {}))
  }
  hub.tap(({ type, body }) => {
    if (type === 'job.retrying' || type === 'model.retrying') pass(body.delayMs as number)
  })
  return { ...made, clock, pass }
}

import { expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run as listDevices } from '../../src/cli/gpu/devices.ts'
import { readConfig } from '../../src/config.ts'
import { cpuDevice, type Device } from '../../src/gpu/devices.ts'
import { enqueue } from '../../src/jobs/enqueue.ts'
import { chartOf } from '../../src/ops/devices/chart.ts'
import { type TestApp, type TestAppOptions, testApp } from '../support/app.ts'
import { stoppedClock } from '../support/clock.ts'
import { temporaryFolder } from '../support/database.ts'
import { memoryIn } from '../support/pretended-memory.ts'

const GIB = 1024 ** 3
const card = (id: string): Device => ({
  id,
  name: `Card <${id}>`,
  kind: 'cuda',
  totalBytes: 24 * GIB,
  freeBytes: 24 * GIB,
  driver: '550.54',
  temperature: 47,
})

/** An app on two cards whose memory is told by files, that starts no jobs of its own. */
async function rig(more: TestAppOptions = {}) {
  const folder = temporaryFolder()
  for (const id of ['GPU-a', 'GPU-b']) mkdirSync(join(folder.path, id))
  const app = await testApp({
    devices: memoryIn(folder.path, [card('GPU-a'), card('GPU-b'), cpuDevice()]),
    work: false,
    ...more,
  })
  return {
    app,
    hold: (device: string, bytes: number) => writeFileSync(join(folder.path, device, 'held'), String(bytes)),
    async [Symbol.asyncDispose]() {
      await app[Symbol.asyncDispose]()
      folder[Symbol.dispose]()
    },
  }
}

const queued = async ({ app }: TestApp, scope: string) => {
  const job = await app.db.write((tx) => enqueue(app, tx, { kind: 'render', input: {}, scope }))
  return job.id
}

test('the API tells of each device, what runs there and what waits', async () => {
  await using one = await rig()
  const { project } = await one.app.make()
  one.hold('GPU-b', 12 * GIB)
  await one.app.app.watch.look()
  const job = await queued(one.app, project.id)
  await using _ = await one.app.app.devices.acquire(undefined, { job, profile: 'sdxl/base' })
  const { items, waiting, troubles } = await one.app.json('/api/devices')
  expect(
    items.map(({ id, vendor, tier, freeBytes }: Record<string, unknown>) => [id, vendor, tier, freeBytes]),
  ).toEqual([
    ['GPU-a', 'NVIDIA', 'premium', 24 * GIB],
    ['GPU-b', 'NVIDIA', 'high', 12 * GIB],
    ['cpu', 'Processor', 'low', expect.any(Number)],
  ])
  expect(items[0].running).toMatchObject([{ job, name: 'render', project: { id: project.id }, profile: 'sdxl/base' }])
  expect(items[1].history.length).toBeGreaterThan(0)
  expect(waiting).toMatchObject({ count: 1, first: [{ job }] })
  expect(troubles).toEqual([])
})

test('a degraded device says why on its page, and is used again when its owner says so', async () => {
  await using one = await rig()
  const { watch } = one.app.app
  watch.degrade('GPU-b', { why: 'Its memory did not come back: game (77) holds it.', pid: 77, backAt: 25 * GIB })
  const html = await (await one.app.request('/devices')).text()
  expect(html).toContain('Card &lt;GPU-a&gt;')
  expect(html).toContain('game (77) holds it.')
  expect(html).toContain('action="/devices/GPU-b/recovery"')
  const metrics = await (await one.app.request('/metrics')).text()
  expect(metrics).toContain('hearth_device_degraded{device="GPU-b",name="Card <GPU-b>",kind="cuda"} 1')
  expect(metrics).toContain(
    `hearth_device_memory_total_bytes{device="GPU-a",name="Card <GPU-a>",kind="cuda"} ${24 * GIB}`,
  )
  const doctor = await one.app.json('/api/doctor')
  expect(doctor.items).toContainEqual({ name: 'device', level: 'warn', says: expect.stringContaining('game (77)') })

  const answer = await one.app.request('/devices/GPU-b/recovery', { method: 'POST', redirect: 'manual' })
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/devices'])
  expect(watch.degraded('GPU-b')).toBeNull()
  watch.degrade('GPU-b', { why: 'again', backAt: 25 * GIB })
  expect((await one.app.post('/api/devices/GPU-b/recovery', {})).status).toBe(204)
  expect(watch.degraded('GPU-b')).toBeNull()
})

test('hearth gpu devices tells of each device in a line, by the running server', async () => {
  await using one = await rig()
  one.app.app.watch.degrade('GPU-b', { why: 'It has failed.', backAt: 25 * GIB })
  const said: string[] = []
  const io = {
    out: (text: string) => void said.push(text),
    err: (text: string) => void said.push(text),
    config: readConfig({ HEARTH_DATA: one.app.data }),
    stdin: async () => '',
    isTty: false,
  }
  expect(await listDevices([], io)).toBe(0)
  expect(said).toEqual([
    'GPU-a  Card <GPU-a>  24 GB of 24 GB free  tier premium  driver 550.54  47 °C  free',
    'GPU-b  Card <GPU-b>  24 GB of 24 GB free  tier premium  driver 550.54  47 °C  left alone: It has failed.',
    expect.stringMatching(/^cpu {2}CPU/),
  ])
  expect(await listDevices(['--json'], io)).toBe(0)
  expect(JSON.parse(said.at(-1)!)).toMatchObject([{ id: 'GPU-a' }, { id: 'GPU-b' }, { id: 'cpu' }])
  expect(await listDevices(['--all'], io)).toBe(2)
})

test('a device that is not there can’t be used again', async () => {
  await using one = await rig()
  const answer = await one.app.post('/api/devices/GPU-x/recovery', {})
  expect([answer.status, (await answer.json()).code]).toEqual([404, 'unknown_device'])
})

test('an open page hears of each change', async () => {
  const clock = stoppedClock() // or another look at the memory, in a slow moment, would change both cards
  await using one = await rig({ clock })
  const stop = new AbortController()
  const response = await one.app.request('/devices/stream', { signal: stop.signal })
  expect(response.headers.get('content-type')).toBe('text/event-stream')
  const reader = response.body!.getReader()
  const heard = async (what: RegExp) => {
    let text = ''
    while (!what.test(text)) {
      const { value, done } = await reader.read()
      if (done) throw new Error(`the stream ended: ${text}`)
      text += new TextDecoder().decode(value)
    }
    return text
  }
  await heard(/hx-target="#devices"/)
  one.app.app.watch.degrade('GPU-a', { why: 'It has failed.', backAt: 25 * GIB })
  clock.pass(1_000)
  const news = await heard(/It has failed\./)
  expect(news).toContain('hx-target="#device-GPU-a"')
  expect(news).not.toContain('hx-target="#device-GPU-b"')
  stop.abort()
})

test('a chart shows the memory in use over the last ten minutes', () => {
  const now = 1_000_000
  const samples = [
    { at: now - 700_000, freeBytes: 0 },
    { at: now - 300_000, freeBytes: 8 },
    { at: now, freeBytes: 2 },
  ]
  expect(chartOf({ totalBytes: 8, history: samples }, now)).toEqual({
    width: 300,
    height: 48,
    path: 'M150 48L150 47L300 12L300 48Z',
    says: 'Memory in use over the last 5 minutes: between 0 % and 75 %',
  })
  expect(chartOf({ totalBytes: 8, history: samples.slice(0, 2) }, now)).toBeNull()
  expect(chartOf({ totalBytes: 0, history: samples }, now)).toBeNull()
})

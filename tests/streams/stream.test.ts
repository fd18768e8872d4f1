import { expect, test } from 'bun:test'
import { type TestApp, testApp } from '../support/app.ts'
import { type Reading, shownText } from '../support/client.ts'
import { until } from '../support/jobs.ts'
import { ONE_FILE, planOf, scriptedModel } from '../support/scripted-model.ts'

const FIRST_LINE_MS = 50
const LONGEST_SILENCE_MS = 1_100
const BEGUN_MS = 500
const JOB_LINES = /^(job|state|progress|delta|preview)/

/** A pace at which a run takes some seconds, and lines of each kind come. */
const WATCHABLE = { HEARTH_DEMO_BYTES_PER_SECOND: '12000', HEARTH_SKETCH_STEP_MS: '60' }

test('one run can be watched without a gap from the first 50 ms to its last line', async () => {
  await using app = await testApp({ settings: WATCHABLE })
  const asked = performance.now()
  const { project, job } = await app.make()
  expect(performance.now() - asked).toBeLessThan(BEGUN_MS)

  const requested = performance.now()
  using whole = await app.follow(`/api/projects/${project.id}/events`)
  using second = await app.follow(`/api/projects/${project.id}/events`)
  using planning = await app.follow(`/api/jobs/${job.id}/events`)
  await whole.until(({ type }) => type === 'job.started', 'job.started')
  expect(performance.now() - asked).toBeLessThan(BEGUN_MS)
  await Promise.all([whole.over, second.over])

  expect(whole.times[0]! - requested).toBeLessThan(FIRST_LINE_MS)
  expect(longestSilence(requested, whole)).toBeLessThan(LONGEST_SILENCE_MS)
  expectUnbroken(whole)
  for (const line of whole.lines) if (JOB_LINES.test(line.type)) expect(line.elapsed).toBeNumber()
  for (const beat of whole.lines.filter(({ type }) => type === 'heartbeat'))
    for (const each of beat.jobs)
      expect(each).toMatchObject({ elapsed: expect.any(Number), idleMs: expect.any(Number) })
  const statuses = whole.lines.filter(({ type }) => type === 'project.updated')
  expect(statuses.map(({ status }) => status)).toEqual(['done'])
  expectProgressEach500Bytes(whole)
  expect(whole.lines.at(-1)).toMatchObject({ type: 'end', reason: 'idle' })
  expect(whole.types()).toContain('preview')

  expect(second.durable()).toEqual(whole.durable())
  for (const { job } of live(whole, 'job.succeeded'))
    expect(shownText(second.lines, job!)).toBe(shownText(whole.lines, job!))

  await planning.over
  expectUnbroken(planning)
  expect(planning.lines.at(-1)).toMatchObject({ type: 'job.succeeded', job: job.id })
  expect(new Set(planning.durable().map((line) => line.job))).toEqual(new Set([job.id]))
  if (process.env.SHOW_FIGURES)
    console.log(
      `first line ${Math.round(whole.times[0]! - requested)} ms, longest silence ${Math.round(longestSilence(requested, whole))} ms, ${whole.lines.length} lines`,
    )
}, 60_000)

test('a reader who comes later gets the past, one who comes with `after` only what it lacks', async () => {
  await using app = await testApp({
    providers: [scriptedModel({ plan: [ONE_FILE], files: { 'note.md': ['Hello.\n'] } })],
  })
  const { project } = await app.make()
  expect(await app.settled(project.id)).toBe('done')
  using whole = await app.follow(`/api/projects/${project.id}/events`)
  await whole.over
  expectUnbroken(whole)
  const middle = whole.durable()[4]!

  using rest = await app.follow(`/api/projects/${project.id}/events?after=${middle.seq}`)
  await rest.over
  expect(rest.durable()).toEqual(whole.durable().slice(5))
  expect(rest.durable()[0]!.prev).toBe(middle.seq!)

  using byHeader = await app.follow(`/api/projects/${project.id}/events`, {
    headers: { 'last-event-id': `${middle.seq}` },
  })
  await byHeader.over
  expect(byHeader.durable()).toEqual(rest.durable())

  using none = await app.follow(`/api/projects/${project.id}/events?after=${whole.durable().at(-1)!.seq}`)
  await none.over
  expect(none.types()).toEqual(['heartbeat', 'end'])
})

test('`follow=false` ends at the present, though work goes on', async () => {
  const model = scriptedModel({ plan: [{ stall: '{"title"' }] })
  await using app = await testApp({ providers: [model] })
  const { project, job } = await app.make()
  await until(() => model.busy === 1)
  for (const path of [`/api/projects/${project.id}/events`, `/api/jobs/${job.id}/events`]) {
    using reading = await app.follow(`${path}?follow=false`)
    await reading.over
    expect(reading.lines.at(-1)).toMatchObject({ type: 'end', reason: 'present' })
    expect(reading.types()).toContain('job.started')
  }
})

test('a reader gets one state line per running job first, with the text so far', async () => {
  const files = { 'a.md': [{ stall: 'First line.\nSecond' }], 'b.md': [{ stall: 'Other.\nline' }] }
  const model = scriptedModel({
    plan: [
      planOf([
        { id: 'a', path: 'a.md' },
        { id: 'b', path: 'b.md' },
      ]),
    ],
    files,
  })
  await using app = await testApp({ providers: [model] })
  const { project } = await app.make()
  using early = await app.follow(`/api/projects/${project.id}/events`)
  await early.until(({ text }) => text?.startsWith('Other.'))
  await until(() => model.busy === 2)

  using reading = await app.follow(`/api/projects/${project.id}/events`)
  await reading.until(({ type }) => type === 'project.created')
  const [first, second, third] = reading.lines
  expect([first!.type, second!.type, third!.type]).toEqual(['state', 'state', 'heartbeat'])
  expect(first).toMatchObject({ phase: 'writing', text: 'First line.\nSecond', attempt: 1, kind: 'write' })
  expect(second).toMatchObject({ phase: 'writing', text: 'Other.\nline', bytes: 11 })
  expect(third!.jobs).toHaveLength(2)
})

test('a reader who is there when a job goes on hears first what there is of it', async () => {
  const model = scriptedModel({
    plan: [ONE_FILE],
    files: { 'note.md': [{ stall: 'One.\nTwo.\nx' }, { stall: 'Two.\nx' }] },
  })
  await using app = await testApp({ providers: [model] })
  const { project } = await app.make()
  using reading = await app.follow(`/api/projects/${project.id}/events`)
  const { job } = await reading.until(({ type, kind }) => type === 'delta' && kind === 'write')
  expect((await app.post(`/api/jobs/${job}/pause`)).status).toBe(202)
  await reading.over
  expect(reading.lines.at(-1)).toMatchObject({ type: 'end', reason: 'idle' })

  using whole = await app.follow(`/api/jobs/${job}/events`)
  expect((await app.post(`/api/jobs/${job}/resumption`)).status).toBe(202)
  await whole.until(({ type, attempt }) => type === 'delta' && attempt === 2)
  const second = whole.lines.filter(({ attempt, type }) => attempt === 2 && /^(state|delta)$/.test(type))
  expect(second[0]).toMatchObject({ type: 'state', text: 'One.\nTwo.\nx' })
  expect(second[1]).toMatchObject({ type: 'state', text: 'One.\nTwo.\n' })
  expect(second[2]).toMatchObject({ type: 'delta', text: 'x' })
})

test('a stream on which nothing happens still has a line each second', async () => {
  const model = scriptedModel({ plan: [{ stall: '{' }] })
  await using app = await testApp({ providers: [model] })
  const { project } = await app.make()
  const requested = performance.now()
  using reading = await app.follow(`/api/projects/${project.id}/events`)
  await reading.until(() => live(reading, 'heartbeat').length === 4)
  expect(longestSilence(requested, reading)).toBeLessThan(LONGEST_SILENCE_MS)
})

test('a stream says how it wants to be carried', async () => {
  await using app = await testApp({ work: false })
  const { project, job } = await app.make()
  for (const path of [`/api/projects/${project.id}/events`, `/api/jobs/${job.id}/events`]) {
    using reading = await app.follow(path)
    expect(reading.status).toBe(200)
    expect(reading.headers.get('content-type')).toBe('application/x-ndjson')
    expect(reading.headers.get('cache-control')).toContain('no-store')
    expect(reading.headers.get('x-accel-buffering')).toBe('no')
    expect(reading.headers.get('content-encoding')).toBeNull()
    expect(await rawHeaders(app, path)).toSatisfy(
      (head: string) => (head.match(/transfer-encoding/gi) ?? []).length <= 1,
    )
  }
})

test('a reader who asks for server-sent events gets the same lines as messages', async () => {
  await using app = await testApp({
    providers: [scriptedModel({ plan: [ONE_FILE], files: { 'note.md': ['Hello.\n'] } })],
  })
  const { project } = await app.make()
  await app.settled(project.id)
  using plain = await app.follow(`/api/projects/${project.id}/events`)
  using reading = await app.follow(`/api/projects/${project.id}/events`, { headers: { accept: 'text/event-stream' } })
  await Promise.all([plain.over, reading.over])
  expect(reading.headers.get('content-type')).toBe('text/event-stream')
  const messages = reading.raw().trim().split('\n\n').map(messageOf)
  expect(messages.flatMap(({ id, data }) => (id ? [data] : []))).toEqual(plain.durable())
  for (const { id, event, data } of messages) {
    expect(event).toBe(data.type)
    expect(id).toBe(data.seq === undefined ? undefined : String(data.seq))
  }
})

for (const after of ['x', '-1', '1.5', '9'.repeat(30), '']) {
  test(`\`after=${after}\` is ${after === '' ? 'taken for the beginning' : 'refused with 422'}`, async () => {
    await using app = await testApp({ work: false })
    const { project, job } = await app.make()
    for (const path of [`/api/projects/${project.id}/events`, `/api/jobs/${job.id}/events`]) {
      const response = await app.request(`${path}?follow=false&after=${after}`)
      if (after === '') {
        expect(response.status).toBe(200)
        await response.text()
        continue
      }
      expect(response.status).toBe(422)
      expect(await response.json()).toMatchObject({ code: 'invalid_input', context: { field: 'after' } })
    }
  })
}

test('readers who go away leave nothing behind', async () => {
  const model = scriptedModel({ plan: [{ stall: '{' }] })
  await using app = await testApp({ providers: [model] })
  const { project, job } = await app.make()
  await until(() => model.busy === 1)
  const before = app.app.hub.size
  const readings = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      app.follow(i % 2 ? `/api/projects/${project.id}/events` : `/api/jobs/${job.id}/events`),
    ),
  )
  await Promise.all(readings.map((reading) => reading.until(({ type }) => type === 'heartbeat')))
  expect(app.app.hub.size).toBe(before + 20)
  for (const reading of readings) reading.leave()
  await until(() => app.app.hub.size === before, 'that all have left')
})

test('a stream that the server’s end cuts says so in its last line', async () => {
  const app = await testApp({ providers: [scriptedModel({ plan: [{ stall: '{' }] })] })
  const { project } = await app.make()
  using reading = await app.follow(`/api/projects/${project.id}/events`)
  await reading.until(({ type }) => type === 'job.phase')
  await app[Symbol.asyncDispose]()
  await reading.over
  expect(reading.lines.at(-1)).toMatchObject({ type: 'end', reason: 'shutdown', after: reading.durable().at(-1)!.seq })
  expect(reading.durable().at(-1)).toMatchObject({ type: 'job.queued', reason: 'server_stopped' })
})

function longestSilence(from: number, { times }: Reading): number {
  return Math.max(...times.map((at, i) => at - (times[i - 1] ?? from)))
}

function expectUnbroken(reading: Reading): void {
  let last = 0
  for (const { seq, prev } of reading.durable()) {
    expect(prev).toBe(last)
    expect(seq).toBeGreaterThan(last)
    last = seq!
  }
}

function expectProgressEach500Bytes(reading: Reading): void {
  const told = new Map<string, number>()
  const made = new Map<string, number>()
  let lines = 0
  for (const { type, job, bytes, text } of reading.lines) {
    if (type === 'state') {
      made.set(job!, bytes)
      told.set(job!, bytes)
    } else if (type === 'delta') {
      expect((made.get(job!) ?? 0) - (told.get(job!) ?? 0)).toBeLessThan(500)
      made.set(job!, (made.get(job!) ?? 0) + Buffer.byteLength(text))
    } else if (type === 'progress' && bytes !== undefined) {
      told.set(job!, bytes)
      lines++
    }
  }
  expect(lines).toBeGreaterThan(30)
}

function live({ lines }: Reading, type: string) {
  return lines.filter((line) => line.type === type)
}

function messageOf(message: string) {
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(message)?.[1]
  return { id: field('id'), event: field('event'), data: JSON.parse(field('data')!) }
}

/** The head of a response as it is on the wire. */
async function rawHeaders(app: TestApp, path: string): Promise<string> {
  const { hostname, port } = new URL(app.url)
  const head = Promise.withResolvers<string>()
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: { data: (_, bytes) => head.resolve(bytes.toString().split('\r\n\r\n')[0]!) },
  })
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer local_${app.app.localSecret}\r\n\r\n`,
  )
  return head.promise.finally(() => socket.end())
}

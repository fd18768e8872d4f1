import { expect, test } from 'bun:test'
import { type TestApp, testApp } from '../support/app.ts'
import type { WireLine } from '../support/client.ts'
import { until } from '../support/jobs.ts'
import { ONE_FILE, scriptedModel } from '../support/scripted-model.ts'
import { lastSeq, unbroken, understood } from './readers.ts'

const finished = () => scriptedModel({ plan: [ONE_FILE], files: { 'note.md': ['Hello.\n'] } })
const stalled = () => scriptedModel({ plan: [{ stall: '{' }] })

test('streams and other requests in one segment are answered whole, in order, and not mixed', async () => {
  await using app = await testApp({ providers: [finished()] })
  const { project, job } = await app.make()
  await app.settled(project.id)
  const [ofProject, ofJob] = [`/api/projects/${project.id}/events`, `/api/jobs/${job.id}/events`]
  using line = await wire(app)
  const post = order({ brief: 'another one', autorun: false })
  line.send(get(`${ofProject}?follow=false`), get(`/api/projects/${project.id}`), get(ofProject), get(ofJob), post)
  await until(() => line.answers().length === 5)
  const [past, json, again, ofOne, made] = line.answers()
  expect(line.answers().map(({ status }) => status)).toEqual([200, 200, 200, 200, 201])
  const whole = unbroken(linesOf(past!.text))
  expect(JSON.parse(json!.text).project.id).toBe(project.id)
  expect(unbroken(linesOf(again!.text))).toEqual(whole)
  expect(unbroken(linesOf(ofOne!.text)).every((each) => each.job === job.id)).toBe(true)
  expect(JSON.parse(made!.text).project.id).not.toBe(project.id)
})

test.each(['together with', 'after'])(
  'a request that comes %s that of an open stream cuts it, is not carried out, and the reader goes on with `after`',
  async (when) => {
    await using app = await testApp({ providers: [stalled()] })
    const { project } = await app.make()
    const path = `/api/projects/${project.id}/events`
    using line = await wire(app)
    const post = order({ brief: 'never made', autorun: false })
    if (when === 'after') {
      line.send(get(path))
      await until(() => line.soFar().includes('"job.phase"'))
      line.send(post)
    } else line.send(get(path), post)
    await line.closed
    expect(line.soFar().split('HTTP/1.1 ').length - 1).toBeLessThanOrEqual(1)
    expect((await app.json('/api/projects')).items).toHaveLength(1)
    await until(() => app.app.hub.size === 0)

    const had = linesOf(line.stream())
    expect(had.some(({ type }) => type === 'end')).toBe(false)
    using rest = await app.follow(`${path}?after=${lastSeq(had)}`)
    using whole = await app.follow(path)
    await Promise.all([rest, whole].map((reading) => reading.until(({ type }) => type === 'heartbeat')))
    await app.post(`/api/projects/${project.id}/cancellation`)
    await Promise.all([rest.over, whole.over])
    expect(unbroken([...had, ...rest.lines])).toEqual(whole.durable())
  },
)

const get = (path: string) => `GET ${path} HTTP/1.1\r\n{}\r\n`

function order(body: object): string {
  const json = JSON.stringify(body)
  const type = `Content-Type: application/json\r\nContent-Length: ${json.length}\r\n`
  return `POST /api/projects HTTP/1.1\r\n${type}{}\r\n${json}`
}

/** One connection, on which requests are sent together; `{}` in one stands for what all of them say. */
async function wire(app: TestApp) {
  const { hostname, port } = new URL(app.url)
  const closed = Promise.withResolvers<void>()
  let bytes = Buffer.alloc(0)
  const socket = await Bun.connect({
    hostname,
    port: Number(port),
    socket: {
      data(_, more) {
        bytes = Buffer.concat([bytes, more])
      },
      close: () => closed.resolve(),
    },
  })
  const same = `Host: ${hostname}\r\nAuthorization: Bearer local_${app.app.localSecret}\r\n`
  return {
    send: (...requests: string[]) => void socket.write(requests.map((each) => each.replace('{}', same)).join('')),
    closed: closed.promise,
    soFar: () => bytes.toString(),
    /** What has come of the first answer. */
    stream: () => understood(bytes).text,
    answers: () => answersIn(bytes),
    [Symbol.dispose]: () => socket.terminate(),
  }
}

interface Answer {
  status: number
  text: string
}

/** The answers that are there whole, in the order in which they came. */
function answersIn(bytes: Buffer): Answer[] {
  const end = bytes.indexOf('\r\n\r\n') + 4
  if (end < 4) return []
  const head = bytes.subarray(0, end).toString()
  const status = Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1])
  const length = /^content-length: (\d+)/im.exec(head)?.[1]
  if (length === undefined) {
    const { text, rest, whole } = understood(bytes)
    return whole ? [{ status, text }, ...answersIn(rest)] : []
  }
  const next = end + Number(length)
  if (next > bytes.length) return []
  return [{ status, text: bytes.subarray(end, next).toString() }, ...answersIn(bytes.subarray(next))]
}

function linesOf(text: string): WireLine[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

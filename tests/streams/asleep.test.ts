import { expect, test } from 'bun:test'
import { watchProject } from '../../src/cli/watch.ts'
import { shownText, type WireLine } from '../support/client.ts'
import { until } from '../support/jobs.ts'
import { openRelay } from '../support/relay.ts'
import { type StreamServer, startStreamServer } from './orders.ts'
import { lastSeq, rawReader, unbroken } from './readers.ts'

const HOUR = 3_600_000
const FILE = { files: ['a.md'], pieces: 20, ms: 25 }
/** How long a command hears nothing before it comes again; seven times that in real life. */
const SILENCE_MS = 1_500

test('a reader that sleeps for an hour has all of it when it wakes, if the connection has lived', async () => {
  await using server = await startStreamServer(FILE)
  const project = await server.project()
  const reader = await rawReader({ ...server, path: `/api/projects/${project}/events` })
  await reader.first
  reader.stopReading()
  await server.order({ do: 'leap', ms: HOUR / 2 })
  await server.order({ do: 'go' })
  await over(server, project)
  await server.order({ do: 'leap', ms: HOUR / 2 })
  reader.readOn()
  await reader.over
  expectAllOf(reader.lines(), server)
})

test('a command whose connection died while it slept notices the silence, and goes on with `after`', async () => {
  await using server = await startStreamServer(FILE)
  await using relay = await openRelay(server.url)
  const project = await server.project()
  const lines: WireLine[] = []
  let lost = 0
  const door = { url: relay.url, secret: server.secret }
  const watching = watchProject(
    {
      find: () => door,
      tell: (line) => void lines.push(JSON.parse(line)),
      lost: () => void lost++,
      signal: new AbortController().signal,
      silenceMs: SILENCE_MS,
    },
    project,
  )
  await until(() => beats(lines) >= 4) // a connection that speaks outlives the wait for one that doesn't
  relay.loseStreams()
  await server.order({ do: 'leap', ms: HOUR })
  await server.order({ do: 'go' })
  await watching
  expect([relay.made, lost]).toEqual([2, 1])
  unbroken(lines)
  expect(lines.at(-1)).toMatchObject({ type: 'end', reason: 'idle', after: lastSeq(lines) })
  expect(lines.map(({ type }) => type)).toContain('file.written')
})

test('a page that comes back after an hour is sent the present, whole', async () => {
  await using server = await startStreamServer(FILE)
  const project = await server.project()
  const page = () => rawReader({ ...server, path: `/projects/${project}/stream` })
  const before = await page()
  await until(() => before.answer().text.includes('id="pulse"'))
  expect(before.answer().text).not.toContain('>Done<')
  before.leave()
  await server.order({ do: 'go' })
  await over(server, project)
  await server.order({ do: 'leap', ms: HOUR })
  const after = await page()
  await until(() => after.answer().text.includes('id="pulse"'))
  const [first] = after.answer().text.split('\n\n')
  for (const region of ['head', 'pulse', 'tree', 'files', 'changes']) expect(first).toContain(`hx-target="#${region}"`)
  expect(first).toContain('Done')
  after.leave()
})

test('when the server’s own clock leaps by an hour, heartbeats go on, and nobody gets a line twice or misses one', async () => {
  await using server = await startStreamServer(FILE)
  const project = await server.project()
  using reading = await server.follow(`/api/projects/${project}/events`)
  await reading.until(({ type }) => type === 'heartbeat')
  await server.order({ do: 'leap', ms: HOUR })
  const leapt = performance.now()
  const before = beats(reading.lines)
  await until(() => beats(reading.lines) > before)
  expect(performance.now() - leapt).toBeLessThan(5_000)
  await server.order({ do: 'leap', ms: -HOUR / 2 })
  await server.order({ do: 'go' })
  await reading.over
  expectAllOf(reading.lines, server)
})

const beats = (lines: WireLine[]) => lines.filter(({ type }) => type === 'heartbeat').length

/** Resolves when the project's work is over. */
async function over(server: StreamServer, project: string): Promise<void> {
  using reading = await server.follow(`/api/projects/${project}/events`)
  await reading.over
}

function expectAllOf(lines: WireLine[], server: StreamServer): void {
  unbroken(lines)
  expect(lines.at(-1)).toMatchObject({ type: 'end', reason: 'idle', after: lastSeq(lines) })
  const { job } = lines.find(({ type }) => type === 'file.written')!
  expect(shownText(lines, job!) === server.text('a.md')).toBe(true)
}

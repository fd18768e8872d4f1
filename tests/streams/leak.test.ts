import { expect, test } from 'bun:test'
import { until } from '../support/jobs.ts'
import { type Holds, type StreamServer, startStreamServer } from './orders.ts'
import { rawReader } from './readers.ts'

const READERS = 1_000
/** Which of them watch a page, of the project or of a job; the others follow the log. */
const PAGES_EACH = 10
/** The memory of a process settles after some rounds; one that leaks grows with each. */
const MOST_ROUNDS = 5
const MB = 1_000_000
const PATIENCE_MS = 20_000
/** What a round may add; a leak of 10 KB a reader is more. */
const MOST_GROWTH = 8 * MB
/** What each open stream is made of. */
const OBJECTS = ['ReadableStream', 'AbortController', 'AbortSignal', 'Request', 'Response', 'Headers', 'Timeout']

test('when a thousand readers have left, all that they took is given back: subscriptions, timers, objects, memory', async () => {
  await using server = await startStreamServer({ files: ['a.md'], pieces: 1, ms: 0 })
  const project = await server.project()
  await round(server, project) // what is made once and kept
  const before = await settled(server)
  const after: Holds[] = []
  const grown = () => (after.at(-1)?.rss ?? Number.POSITIVE_INFINITY) - (after.at(-2) ?? before).rss
  while (grown() > MOST_GROWTH && after.length < MOST_ROUNDS) {
    await round(server, project)
    after.push(await settled(server))
  }
  const last = after.at(-1)!
  if (process.env.SHOW_FIGURES)
    console.log([before, ...after].map(({ rss, timers }) => `${Math.round(rss / MB)} MB, ${timers} timers`))
  expect(last.readers).toBe(0)
  expect(last.timers).toBeLessThanOrEqual(before.timers)
  for (const type of OBJECTS)
    expect([type, (last.objects[type] ?? 0) - (before.objects[type] ?? 0)]).toSatisfy(
      ([, more]) => (more as number) < READERS / 20,
    )
  expect(grown()).toBeLessThanOrEqual(MOST_GROWTH)
}, 60_000)

/** A thousand come, hear a durable line, live lines and a heartbeat, and leave. */
async function round(server: StreamServer, project: string): Promise<void> {
  const { items } = await server.json(`/api/jobs?project=${project}`)
  const paths = Array.from({ length: READERS }, (_, i) => {
    if (i % PAGES_EACH === 0) return `/projects/${project}/stream`
    if (i % PAGES_EACH === 1) return `/jobs/${items[0].id}/stream`
    return `/api/projects/${project}/events`
  })
  const readers = await Promise.all(paths.map((path) => rawReader({ ...server, path })))
  await until(() => readers.every(({ times }) => times.length > 0), 'that all are there', PATIENCE_MS)
  await server.order({ do: 'say', project, lines: 10, bytes: 100 })
  await server.order({ do: 'append', project, lines: 1, bytes: 100 })
  const told = performance.now()
  await until(() => readers.every(({ times }) => times.at(-1)! > told), 'that all hear', PATIENCE_MS)
  for (const reader of readers) reader.leave()
  await Promise.all(readers.map(({ over }) => over))
  await until(async () => (await server.order({ do: 'look' })).readers === 0, 'that all have left', PATIENCE_MS)
}

/** What is held once the garbage is gone: some of it takes a turn or two. */
async function settled(server: StreamServer): Promise<Holds> {
  await server.order({ do: 'look' })
  await Bun.sleep(200)
  return server.order({ do: 'look' })
}

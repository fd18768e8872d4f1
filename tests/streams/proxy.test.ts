import { expect, test } from 'bun:test'
import { foundNginx } from '../../scripts/nginx.ts'
import { openClient, type Reading, type WireLine } from '../support/client.ts'
import { until } from '../support/jobs.ts'
import { startNginx } from './nginx.ts'
import { type StreamServer, startStreamServer } from './orders.ts'
import { expectShown, lastSeq, unbroken } from './readers.ts'

const nginx = foundNginx(process.env)
if (!nginx) console.error('No nginx here: the tests of streams behind it are skipped.')

const FILE = { files: ['a.md'], pieces: 60, ms: 20 }

test.skipIf(!nginx)(
  'behind nginx with its defaults each line comes when it is said, and none is held back',
  async () => {
    await using server = await startStreamServer(FILE)
    await using proxy = await startNginx({ nginx: nginx!, to: server.url })
    const project = await server.project()
    const path = `/api/projects/${project}/events`
    using direct = await server.follow(path)
    using behind = await openClient(proxy.url, server.secret).follow(path, { headers: { 'accept-encoding': 'gzip' } })
    await behind.until(({ type }) => type === 'heartbeat')
    await server.order({ do: 'go' })
    await Promise.all([direct.over, behind.over])

    expect(behind.durable()).toEqual(direct.durable())
    expect(behind.headers.get('content-encoding')).toBeNull()
    const [first, last] = pieces(direct)
    const [firstBehind] = pieces(behind)
    expect(firstBehind! - first!).toBeLessThan((last! - first!) / 2) // held back, it would come with the last
    expect(new Set(behind.times.map(Math.round)).size).toBeGreaterThan(FILE.pieces / 4)
  },
)

test.skipIf(!nginx)('a reader that nginx cuts goes on with `after`, and misses nothing', async () => {
  await using server = await startStreamServer(FILE)
  await using proxy = await startNginx({ nginx: nginx!, to: server.url })
  const project = await server.project()
  const reader = persistent(proxy.url, server, project)
  await until(() => reader.current() !== undefined)
  await reader.current()!.until(({ type }) => type === 'job.phase')
  await server.order({ do: 'go' })
  for (let cut = 0; cut < 3; cut++) {
    const had = reader.current()!
    await had.until(({ type }) => type === 'delta')
    await server.order({ do: 'append', project, lines: 3, bytes: 100 })
    proxy.killWorkers()
    await had.over
    await until(() => reader.current() !== had)
  }
  const connections = await reader.over
  expectAllOf(connections, server)
  using whole = await server.follow(`/api/projects/${project}/events?follow=false`)
  await whole.over
  expect(unbroken(connections.flat())).toEqual(whole.durable())
})

test.skipIf(!nginx)(
  'a reload of nginx does not cut a stream, and a reader behind it that leaves is gone from the server too',
  async () => {
    await using server = await startStreamServer(FILE)
    await using proxy = await startNginx({ nginx: nginx!, to: server.url })
    const project = await server.project()
    using reading = await openClient(proxy.url, server.secret).follow(`/api/projects/${project}/events`)
    await reading.until(({ type }) => type === 'heartbeat')
    const before = proxy.workers()
    proxy.reload()
    await until(() => proxy.workers().some((pid) => !before.includes(pid)))
    const other = await openClient(proxy.url, server.secret).follow(`/api/projects/${project}/events`)
    expect((await server.order({ do: 'look' })).readers).toBe(2)
    other.leave()
    await until(async () => (await server.order({ do: 'look' })).readers === 1)
    await server.order({ do: 'go' })
    await reading.over
    expectAllOf([reading.lines], server)
  },
)

test.skipIf(!nginx)(
  'a server that says nothing for longer than nginx waits is cut off, and its readers go on',
  async () => {
    await using server = await startStreamServer(FILE)
    await using proxy = await startNginx({ nginx: nginx!, to: server.url, location: 'proxy_read_timeout 1100ms;' })
    const project = await server.project()
    const reader = persistent(proxy.url, server, project)
    await until(() => reader.current() !== undefined)
    const first = reader.current()!
    await first.until(({ type }) => type === 'job.phase')
    await Bun.sleep(2_500) // heartbeats keep it open
    expect(first.lines.at(-1)!.type).toBe('heartbeat')
    process.kill(server.pid, 'SIGSTOP')
    await first.over
    process.kill(server.pid, 'SIGCONT')
    await server.order({ do: 'go' })
    expectAllOf(await reader.over, server)
  },
  20_000,
)

/** When the first and the last piece of text came. */
function pieces({ lines, times }: Reading): number[] {
  const at = times.filter((_, i) => lines[i]!.type === 'delta')
  return [at[0]!, at.at(-1)!]
}

function expectAllOf(connections: WireLine[][], server: StreamServer): void {
  const lines = connections.flat()
  unbroken(lines)
  expect(lines.at(-1)).toMatchObject({ type: 'end', reason: 'idle', after: lastSeq(lines) })
  expectShown(connections, 'a.md', server.text('a.md'))
}

/** Reads through the proxy until the last line, however often it is cut. */
function persistent(url: string, { secret }: StreamServer, project: string) {
  const client = openClient(url, secret)
  let current: Reading | undefined
  async function all(): Promise<WireLine[][]> {
    const connections: WireLine[][] = []
    while (connections.at(-1)?.at(-1)?.type !== 'end') {
      const path = `/api/projects/${project}/events?after=${lastSeq(connections.flat())}`
      const reading = await client.follow(path).catch(() => undefined)
      if (reading?.status === 200) {
        current = reading
        await current.over
        connections.push(current.lines)
      } else await Bun.sleep(50)
    }
    return connections
  }
  return { current: () => current, over: all() }
}

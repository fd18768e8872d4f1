import { expect, test } from 'bun:test'
import type { WireLine } from '../support/client.ts'
import { type StreamServer, startStreamServer } from './orders.ts'
import { expectShown, lastSeq, rawReader, unbroken } from './readers.ts'

const READERS = 100
const FILES = ['a.md', 'b.md']
/** Some seconds of writing. */
const PACE = { pieces: 120, ms: 30 }
const CUT_EACH_MS = 1_000
/** Then they are left alone: on a machine too busy to let all in within a second, nobody would ever come to the end. */
const CUTS = 5

test('readers that are cut each second, all at once, see each durable line once and end with the whole text', async () => {
  await using server = await startStreamServer({ files: FILES, ...PACE })
  const project = await server.project()
  const cuts = openCuts()
  const readers = Array.from({ length: READERS }, () => persistent(server, project, cuts))
  await server.order({ do: 'go' })
  let over = false
  const noise = (async () => {
    while (!over) {
      await server.order({ do: 'append', project, lines: 3, bytes: 100 })
      await Bun.sleep(CUT_EACH_MS / 10)
    }
  })()
  let left = CUTS
  const timer = setInterval(() => left-- > 0 && cuts.all(), CUT_EACH_MS)
  const heard = await Promise.all(readers)
  clearInterval(timer)
  over = true
  await noise

  using whole = await server.follow(`/api/projects/${project}/events?follow=false`)
  await whole.over
  const seqs = whole.durable().map(({ seq }) => seq)
  for (const connections of heard) {
    expect(connections.length).toBeGreaterThan(2)
    const mine = unbroken(connections.flat())
    expect(mine.map(({ seq }) => seq)).toEqual(seqs.slice(0, mine.length)) // what was noted after the end is not in it
    for (const path of FILES) expectShown(connections, path, server.text(path))
  }
  expect((await server.order({ do: 'look' })).readers).toBe(0)
}, 60_000)

/** Cuts all who are connected. */
function openCuts() {
  const connected = new Set<() => void>()
  return { connected, all: () => [...connected].forEach((cut) => void cut()) }
}

/** Reads until the last line, however often it is cut. */
async function persistent(server: StreamServer, project: string, { connected }: ReturnType<typeof openCuts>) {
  const connections: WireLine[][] = []
  while (connections.at(-1)?.at(-1)?.type !== 'end') {
    const path = `/api/projects/${project}/events?after=${lastSeq(connections.flat())}`
    const reader = await rawReader({ ...server, path })
    connected.add(reader.leave)
    await reader.over
    connected.delete(reader.leave)
    connections.push(reader.lines())
  }
  return connections
}

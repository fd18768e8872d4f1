import { expect, test } from 'bun:test'
import { shownText, type WireLine } from '../support/client.ts'
import { type StreamServer, startStreamServer } from './orders.ts'
import { lastSeq, longestSilence, type RawReader, rawReader, unbroken } from './readers.ts'

const READERS = 1_000
/** Streams opened while a thousand are; the middle one of their first lines counts, as a machine may be busy with other things. */
const LATE = 21
const FIRST_LINE_MS = 150
/** Twice the promise, for the same reason: a reader whose heartbeats don't come is silent for all of IDLE_MS. */
const SILENCE_MS = 2_200
const IDLE_MS = 2_500
/** Pieces come faster than lines are merged. */
const PACE = { pieces: 60, ms: 25 }

test('a thousand readers of one project each get all of it, in far fewer pieces than are written', async () => {
  const files = ['a.md', 'b.md', 'c.md']
  await using server = await startStreamServer({ files, ...PACE })
  const project = await server.project()
  const readers = await opened(server, Array(READERS).fill(project))
  const late: number[] = []
  for (let i = 0; i < LATE; i++) late.push(await firstLine(server, project))
  expect(middle(late)).toBeLessThan(FIRST_LINE_MS)

  await Bun.sleep(IDLE_MS)
  const { readers: heard } = await server.order({ do: 'go' })
  expect(heard).toBe(READERS)
  await Promise.all(readers.map(({ over }) => over))
  const whole = checked(readers[0]!.lines())
  for (const path of files) expect(shownText(whole, jobOf(whole, path)) === server.text(path)).toBe(true)
  for (const reader of readers) {
    expectSame(reader.lines(), whole)
    expect(reader.answer().chunks).toBeLessThan(files.length * PACE.pieces)
    expect(longestSilence(sinceFirst(reader))).toBeLessThan(SILENCE_MS)
  }
  expect((await server.order({ do: 'look' })).readers).toBe(0)
  if (process.env.SHOW_FIGURES)
    console.log(
      `first line ${Math.round(middle(late))} ms, longest silence ${Math.round(Math.max(...readers.map((reader) => longestSilence(sinceFirst(reader)))))} ms, ${readers[0]!.answer().chunks} writes a reader`,
    )
}, 60_000)

test('a thousand readers of a hundred projects each get all of theirs, and nothing of another', async () => {
  await using server = await startStreamServer({ files: ['a.md'], ...PACE, pieces: 20 })
  const projects = await Promise.all(Array.from({ length: 100 }, server.project))
  const readers = await opened(
    server,
    projects.flatMap((project) => Array(READERS / 100).fill(project)),
  )
  await server.order({ do: 'go' })
  await Promise.all(readers.map(({ over }) => over))
  for (const [i, project] of projects.entries()) {
    const own = readers.slice(i * 10, i * 10 + 10)
    const whole = checked(own[0]!.lines())
    const { items } = await server.json(`/api/jobs?project=${project}`)
    const jobs = items.map(({ id }: { id: string }) => id).sort()
    expect([...new Set(whole.flatMap(({ job }) => job ?? []))].sort()).toEqual(jobs)
    expect(shownText(whole, jobOf(whole, 'a.md')) === server.text('a.md')).toBe(true)
    for (const reader of own) expectSame(reader.lines(), whole)
  }
}, 60_000)

async function opened(server: StreamServer, projects: string[]): Promise<RawReader[]> {
  const readers = await Promise.all(
    projects.map((project) => rawReader({ ...server, path: `/api/projects/${project}/events` })),
  )
  await Promise.all(readers.map(({ first }) => first))
  return readers
}

async function firstLine(server: StreamServer, project: string): Promise<number> {
  const reader = await rawReader({ ...server, path: `/api/projects/${project}/events` })
  await reader.first
  reader.leave()
  return reader.times[0]! - reader.asked
}

/** From its first line on: what comes before is the time to be let in, of a thousand at once. */
function sinceFirst(reader: RawReader): RawReader {
  return { ...reader, asked: reader.times[0]! }
}

/** The lines, once it is sure that they are a whole stream to its end. */
function checked(lines: WireLine[]): WireLine[] {
  unbroken(lines)
  expect(lines.at(-1)).toMatchObject({ type: 'end', reason: 'idle', after: lastSeq(lines) })
  return lines
}

/** Durable lines are the very same; live ones may be cut otherwise, but say the same. */
function expectSame(lines: WireLine[], whole: WireLine[]): void {
  const durable = (all: WireLine[]) => all.filter(({ seq }) => seq !== undefined)
  expect(JSON.stringify(durable(lines))).toBe(JSON.stringify(durable(whole)))
  expect(lines.at(-1)).toMatchObject({ type: 'end', reason: 'idle' })
  for (const job of new Set(whole.flatMap(({ kind, job }) => (kind === 'write' ? [job!] : []))))
    expect(shownText(lines, job) === shownText(whole, job)).toBe(true)
}

function jobOf(lines: WireLine[], path: string): string {
  return lines.find(({ type, path: written }) => type === 'file.written' && written === path)!.job!
}

function middle(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]!
}

import { expect, test } from 'bun:test'
import { until } from '../support/jobs.ts'
import { startStreamServer } from './orders.ts'
import { lastSeq, longestSilence, type RawReader, rawReader, unbroken } from './readers.ts'

const DEAF = 200
const MB = 1_000_000
/** More than the system's buffers and the server's patience hold together. */
const LINES = 120
const LINE_BYTES = 100_000
/** What all readers together lack by then is DEAF times as much. */
const MOST_GROWTH = 6 * LINES * LINE_BYTES
const PATIENCE_MS = 20_000

test('readers that never read are dropped, cost the others nothing and little memory, and come back to all of the rest', async () => {
  await using server = await startStreamServer({ files: ['a.md'], pieces: 1, ms: 0 })
  const project = await server.project()
  const path = `/api/projects/${project}/events`
  const open = (after = 0) => rawReader({ ...server, path: `${path}?after=${after}` })
  const good = await Promise.all([open(), open()])
  const deaf = await Promise.all(Array.from({ length: DEAF }, () => open()))
  const hasAll = (reader: RawReader) => reader.answer().text.includes('"job.phase"')
  await until(() => [...good, ...deaf].every(hasAll), 'that all have caught up', PATIENCE_MS)
  for (const reader of deaf) reader.stopReading()

  const { rss } = await server.order({ do: 'look' })
  let highest = rss
  for (let said = 0; said < LINES; said += 10) {
    const held = await server.order({ do: 'append', project, lines: 10, bytes: LINE_BYTES })
    highest = Math.max(highest, held.rss)
  }
  const began = performance.now()
  const areDropped = async () => {
    const held = await server.order({ do: 'look' })
    highest = Math.max(highest, held.rss)
    return held.readers === good.length
  }
  await until(areDropped, 'that all who do not read are dropped', PATIENCE_MS)
  expect(highest - rss).toBeLessThan(MOST_GROWTH)
  if (process.env.SHOW_FIGURES)
    console.log(`dropped after ${Math.round(performance.now() - began)} ms, ${(highest - rss) / MB} MB at most`)

  await server.order({ do: 'go' })
  await Promise.all(good.map(({ over }) => over))
  const [whole] = good.map((reader) => unbroken(reader.lines()))
  expect(whole!.filter(({ type }) => type === 'note.made')).toHaveLength(LINES)
  for (const reader of good) expect(longestSilence(reader)).toBeLessThan(PATIENCE_MS / 4)

  for (const reader of deaf.slice(0, 10)) {
    const had = await wakened(reader)
    const rest = await open(lastSeq(had))
    await rest.over
    const all = unbroken([...had, ...rest.lines()])
    expect(JSON.stringify(all) === JSON.stringify(whole)).toBe(true)
  }
}, 60_000)

test('readers that never read do not hold up the end of the server', async () => {
  await using server = await startStreamServer({ files: ['a.md'], pieces: 1, ms: 0 })
  const project = await server.project()
  const deaf = await Promise.all(
    Array.from({ length: 20 }, () => rawReader({ ...server, path: `/api/projects/${project}/events` })),
  )
  await Promise.all(deaf.map(({ first }) => first))
  for (const reader of deaf) reader.stopReading()
  await server.order({ do: 'append', project, lines: 40, bytes: LINE_BYTES })
  const began = performance.now()
  await server.stop()
  expect(performance.now() - began).toBeLessThan(5_000)
})

/** What a reader still gets that reads on after it was dropped: no last line tells it that this is the end. */
async function wakened(reader: RawReader) {
  reader.readOn()
  await reader.over
  const lines = reader.lines()
  expect(lines.at(-1)!.type).not.toBe('end')
  return lines
}

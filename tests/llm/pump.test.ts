import { expect, test } from 'bun:test'
import type { Chunk } from '../../src/llm/provider.ts'
import { type Push, pumped } from '../../src/llm/pump.ts'

const text = (text: string): Chunk => ({ type: 'text', text })
const USAGE: Chunk = { type: 'usage', inputTokens: 1, outputTokens: 1, cachedTokens: 0 }
const FINISH: Chunk = { type: 'finish', reason: 'stop' }

test('what comes in one turn of the event loop goes on as one piece, in order', async () => {
  const chunks = play(async (push) => {
    for (const word of ['a', 'b', 'c']) push(text(word))
    push(USAGE)
    push({ type: 'thinking' })
    push({ type: 'thinking' })
    push({ type: 'calling', id: '1', name: 'read', delta: '{"pa' })
    push({ type: 'calling', id: '1', name: 'read', delta: 'th"' })
    push({ type: 'calling', id: '2', name: 'list', delta: '{' })
    push(text('d'))
    push(FINISH)
  })
  expect(await all(chunks)).toEqual([
    text('abc'),
    USAGE,
    { type: 'thinking' },
    { type: 'calling', id: '1', name: 'read', delta: '{"path"' },
    { type: 'calling', id: '2', name: 'list', delta: '{' },
    text('d'),
    FINISH,
  ])
})

test('a piece that comes alone goes on at once', async () => {
  const goOn = Promise.withResolvers<void>()
  const chunks = play(async (push) => {
    push(text('a'))
    await goOn.promise
    push(text('b'))
  })
  expect((await chunks.next()).value).toEqual(text('a'))
  goOn.resolve()
  expect((await chunks.next()).value).toEqual(text('b'))
  expect((await chunks.next()).done).toBe(true)
})

test('what a vendor said before it failed is heard first', async () => {
  const chunks = play(async (push) => {
    push(text('a'))
    throw new Error('broke')
  })
  expect((await chunks.next()).value).toEqual(text('a'))
  await expect(chunks.next()).rejects.toThrow('broke')
})

test('a vendor faster than its reader has to wait, with 256 K characters at most', async () => {
  let pushed = 0
  const chunks = play(async (push) => {
    for (let i = 0; i < 1_000; i++) {
      pushed += 10_000
      const full = push(text('x'.repeat(10_000)))
      if (full) await full
    }
  })
  await chunks.next()
  for (let i = 0; i < 20; i++) await Bun.sleep(0)
  expect(pushed).toBeLessThan(600_000)
  expect((await all(chunks)).reduce((sum, chunk) => sum + (chunk as { text: string }).text.length, 0)).toBeGreaterThan(
    9_000_000,
  )
  expect(pushed).toBe(10_000_000)
})

test('who leaves early stops the vendor, and so does an abort, with its reason', async () => {
  const abort = new AbortController()
  let stopped = 0
  const endless = async (push: Push, signal: AbortSignal) => {
    signal.addEventListener('abort', () => stopped++)
    push(text('a'))
    await new Promise(() => {})
  }
  for await (const _ of pumped(new AbortController().signal, endless)) break
  expect(stopped).toBe(1)

  const chunks = pumped(abort.signal, endless)
  await chunks.next()
  const next = chunks.next()
  abort.abort(new Error('enough'))
  await expect(next).rejects.toThrow('enough')
  expect(stopped).toBe(2)
})

function play(produce: (push: Push) => Promise<void>) {
  return pumped(new AbortController().signal, produce)
}

async function all(chunks: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const seen: Chunk[] = []
  for await (const chunk of chunks) seen.push(chunk)
  return seen
}

import { expect, test } from 'bun:test'
import { LIMITS, withClocks } from '../../src/llm/clocks.ts'
import type { Chunk, Provider } from '../../src/llm/provider.ts'
import { stoppedClock } from '../support/clock.ts'
import { ANY_REQUEST } from './scripted-streams.ts'
import { virtualClock } from './virtual-clock.ts'

const TEXT: Chunk = { type: 'text', text: 'a' }
const USAGE: Chunk = { type: 'usage', inputTokens: 1, outputTokens: 1, cachedTokens: 0 }
const S = 1000

/** Chunks, and the ms of silence before each. */
type Timetable = [number, Chunk][]

test('a stream within its limits passes through unchanged, however long a reader takes', async () => {
  const { clock, chunks, aborted } = play([
    [59 * S, TEXT],
    [29 * S, { type: 'thinking' }],
    [29 * S, TEXT],
    [29 * S, { type: 'finish', reason: 'stop' }],
  ])
  const seen: string[] = []
  for await (const chunk of chunks) {
    seen.push(chunk.type)
    await clock.sleep(45 * S)
  }
  expect(seen).toEqual(['text', 'thinking', 'text', 'finish'])
  expect(aborted()).toBe(true) // nothing is left running
})

test('a model that says nothing for a minute is cut off, and pings and usage are not saying something', async () => {
  const { clock, chunks, aborted } = play([
    [20 * S, USAGE],
    [20 * S, USAGE],
    [20.1 * S, TEXT],
  ])
  const started = clock.now()
  expect(await failure(chunks)).toMatchObject({
    code: 'model_first_content_timeout',
    retryable: true,
    context: { provider: 'scripted', limitMs: 60_000 },
  })
  expect(clock.now() - started).toBe(60 * S)
  expect(aborted()).toBe(true)
})

test.each<[string, Chunk]>([
  ['text', { type: 'text', text: '' }],
  ['input of a tool call', { type: 'calling', id: '1', name: 'list', delta: '' }],
])('empty %s is no content: some servers send it to keep the connection', async (_what, empty) => {
  const { chunks } = play([
    [1, TEXT],
    [20 * S, empty],
    [20 * S, empty],
  ])
  expect(await failure(chunks)).toMatchObject({ code: 'model_idle_timeout' })
})

test('the input of a tool call that goes on arriving is content', async () => {
  const piece: Chunk = { type: 'calling', id: '1', name: 'list', delta: '{' }
  const { chunks } = play([
    [50 * S, piece],
    [29 * S, piece],
    [29 * S, { type: 'call', call: { id: '1', name: 'list', input: '{}' } }],
    [29 * S, { type: 'finish', reason: 'tools' }],
  ])
  const seen: string[] = []
  for await (const { type } of chunks) seen.push(type)
  expect(new Set(seen)).toEqual(new Set(['calling', 'call', 'finish']))
})

test('a model that falls silent in the middle for half a minute is cut off', async () => {
  const { chunks, aborted } = play([
    [1, TEXT],
    [29 * S, USAGE],
    [2 * S, TEXT],
  ])
  expect(await failure(chunks)).toMatchObject({ code: 'model_idle_timeout', retryable: true })
  expect(aborted()).toBe(true)
})

test('a model that talks without end is cut off after a quarter of an hour', async () => {
  const { clock, chunks } = play(Array.from({ length: 100 }, () => [20 * S, TEXT] as [number, Chunk]))
  const started = clock.now()
  expect(await failure(chunks)).toMatchObject({ code: 'model_total_timeout', retryable: true })
  expect(clock.now() - started).toBe(LIMITS.totalMs)
})

test('an abort ends the wait at once with its reason, even when the provider ignores it', async () => {
  const abort = new AbortController()
  const deaf: Provider = { ...scripted(virtualClock(), []), stream: () => never() }
  const waiting = failure(withClocks({ clock: virtualClock() }, deaf).stream(ANY_REQUEST, abort.signal))
  abort.abort(new Error('enough'))
  expect(await waiting).toMatchObject({ message: 'enough' })
})

test('what the provider throws comes through', async () => {
  const broken: Provider = {
    ...scripted(virtualClock(), []),
    async *stream() {
      yield TEXT
      throw new Error('broke')
    },
  }
  const stream = withClocks({ clock: virtualClock() }, broken).stream(ANY_REQUEST, new AbortController().signal)
  expect(await failure(stream)).toMatchObject({ message: 'broke' })
})

test('a reader that leaves early stops the provider', async () => {
  const { chunks, aborted } = play([
    [1, TEXT],
    [1, TEXT],
  ])
  for await (const _ of chunks) break
  expect(aborted()).toBe(true)
})

test('a model is not to blame for a silence in which the server slept, nor for a clock that somebody set', async () => {
  const clock = stoppedClock()
  const silence = Promise.withResolvers<void>()
  const provider: Provider = {
    ...scripted(clock, []),
    async *stream() {
      yield TEXT
      await silence.promise
      yield TEXT
    },
  }
  const chunks = withClocks({ clock }, provider)
    .stream(ANY_REQUEST, new AbortController().signal)
    [Symbol.asyncIterator]()
  await chunks.next()
  const next = chunks.next()
  for (const jump of [clock.passAsleep, clock.set]) {
    jump(3_600 * S)
    await Bun.sleep(1)
  }
  clock.pass(29 * S)
  await Bun.sleep(1)
  silence.resolve()
  expect((await next).value).toEqual(TEXT)
})

function play(timetable: Timetable) {
  const clock = virtualClock()
  let seen: AbortSignal | undefined
  const provider = scripted(clock, timetable, (signal) => {
    seen = signal
  })
  const chunks = withClocks({ clock }, provider).stream(ANY_REQUEST, new AbortController().signal)
  return { clock, chunks, aborted: () => seen?.aborted }
}

function scripted(
  clock: ReturnType<typeof virtualClock>,
  timetable: Timetable,
  opened: (signal: AbortSignal) => void = () => {},
): Provider {
  return {
    name: 'scripted',
    label: 'Scripted',
    demo: false,
    defaultModel: 'm',
    models: ['m'],
    takes: () => true,
    async *stream(_, signal) {
      opened(signal)
      for (const [silence, chunk] of timetable) {
        await clock.sleep(silence, signal)
        signal.throwIfAborted()
        yield chunk
      }
    },
  }
}

async function* never(): AsyncGenerator<Chunk> {
  await new Promise(() => {})
}

async function failure(chunks: AsyncIterable<Chunk>): Promise<unknown> {
  try {
    for await (const _ of chunks);
  } catch (error) {
    return error
  }
  return expect.unreachable()
}

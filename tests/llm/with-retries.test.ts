import { describe, expect, test } from 'bun:test'
import { errorFacts } from '../../src/errors.ts'
import { Hold } from '../../src/jobs/handler.ts'
import type { Chunk, Provider } from '../../src/llm/provider.ts'
import { withRetries } from '../../src/llm/with-retries.ts'
import { stoppedClock } from '../support/clock.ts'
import { ANY_REQUEST, DONE, failure, playing } from './scripted-streams.ts'
import { virtualClock } from './virtual-clock.ts'

const overloaded = failure('model_overloaded')

/** Asks with a clock that leaps over waits; `random` decides the jitter. */
async function ask(provider: Provider, { random = 0.5, isAway = false } = {}) {
  const clock = { ...virtualClock(), random: () => random }
  const started = clock.now()
  const chunks: Chunk[] = []
  let error: unknown
  try {
    for await (const chunk of withRetries({ clock, isAway: () => isAway }, provider).stream(
      ANY_REQUEST,
      new AbortController().signal,
    ))
      chunks.push(chunk)
  } catch (thrown) {
    error = thrown
  }
  return { chunks, error, tookMs: clock.now() - started }
}

test('what passes is tried again, up to 1 s and then 2 s later, each told before its wait; then the answer is as any other', async () => {
  const provider = playing('far', [overloaded], [failure('model_unavailable')], ['hello', DONE])
  const { chunks, error, tookMs } = await ask(provider)
  expect(error).toBeUndefined()
  expect(chunks).toEqual([
    { type: 'retrying', error: errorFacts(overloaded), delayMs: 500 },
    { type: 'retrying', error: errorFacts(failure('model_unavailable')), delayMs: 1000 },
    { type: 'text', text: 'hello' },
    DONE,
  ])
  expect(tookMs).toBe(1500)
})

test('the wait is anything from nothing to the whole of it', async () => {
  const delays = async (random: number) =>
    (await ask(playing('far', [overloaded]), { random })).chunks.map((chunk) => 'delayMs' in chunk && chunk.delayMs)
  expect(await delays(0)).toEqual([0, 0])
  expect(await delays(0.999)).toEqual([999, 1998])
})

test('a wait that telling of it has used up is none, and no clock is asked for less', async () => {
  const waits: number[] = []
  let awake = 0
  const clock = {
    awake: () => awake++,
    random: () => 0,
    sleep: async (ms: number) => void waits.push(ms),
  }
  const provider = withRetries({ clock }, playing('far', [overloaded], ['hello', DONE]))
  for await (const _ of provider.stream(ANY_REQUEST, new AbortController().signal));
  expect(waits).toEqual([0])
})

test('the third failure is the call’s', async () => {
  const provider = playing('far', [overloaded])
  expect((await ask(provider)).error).toBe(overloaded)
  expect(provider.asked).toHaveLength(3)
})

describe('what the vendor asks for', () => {
  test('is waited, up to 10 s', async () => {
    const limited = failure('model_rate_limited', { retryAfterMs: 10_000 })
    const { error, tookMs } = await ask(playing('far', [limited], ['x', DONE]))
    expect([error, tookMs]).toEqual([undefined, 10_000])
  })

  test('is never waited short of', async () => {
    const limited = failure('model_rate_limited', { retryAfterMs: 100 })
    const { tookMs } = await ask(playing('far', [limited], ['x', DONE]), { random: 0.5 })
    expect(tookMs).toBe(500) // another try at the very moment that all were told would be one of many
  })

  test('goes to whoever asked when it is longer', async () => {
    const limited = failure('model_rate_limited', { retryAfterMs: 10_001 })
    const provider = playing('far', [limited])
    expect((await ask(provider)).error).toBe(limited)
    expect(provider.asked).toHaveLength(1)
  })
})

test.each([
  'model_auth',
  'unknown_model',
  'model_bad_request',
  'model_first_content_timeout',
  'model_idle_timeout',
  'model_total_timeout',
])('%s is not tried again', async (code) => {
  const provider = playing('far', [failure(code)])
  expect((await ask(provider)).error).toMatchObject({ code })
  expect(provider.asked).toHaveLength(1)
})

test.each([
  ['a question to a person', new Hold(failure('budget_reached'))],
  ['a bug', new TypeError('oops')],
])('%s is not tried again', async (_what, thrown) => {
  const provider = playing('far', [thrown])
  expect((await ask(provider)).error).toBe(thrown)
  expect(provider.asked).toHaveLength(1)
})

test.each<[string, Chunk]>([
  ['text', { type: 'text', text: 'a' }],
  ['the input of a tool call', { type: 'calling', id: '1', name: 'list', delta: '{' }],
  ['a tool call', { type: 'call', call: { id: '1', name: 'list', input: '{}' } }],
])('once %s has come nothing is tried again', async (_what, chunk) => {
  const provider = playing('far', [chunk, overloaded])
  expect(await ask(provider)).toMatchObject({ error: overloaded, chunks: [chunk] })
  expect(provider.asked).toHaveLength(1)
})

test('thinking is no answer yet: what fails after it is tried again, and its tokens are counted with those of the next', async () => {
  const usage = (outputTokens: number): Chunk => ({ type: 'usage', inputTokens: 10, outputTokens, cachedTokens: 1 })
  const provider = playing(
    'far',
    [usage(1), { type: 'thinking' }, usage(30), overloaded],
    [usage(2), 'hello', usage(5), DONE],
  )
  const { chunks } = await ask(provider)
  const last = chunks.findLast((chunk) => chunk.type === 'usage')
  expect(last).toMatchObject({ inputTokens: 20, outputTokens: 35, cachedTokens: 2 })
})

test('a stream that ends without a word is tried again, and then unavailable', async () => {
  const provider = playing('far', [{ type: 'thinking' }])
  const { error, chunks } = await ask(provider)
  expect(error).toMatchObject({ code: 'model_unavailable', retryable: true })
  expect(chunks.filter(({ type }) => type === 'retrying')).toHaveLength(2)
})

test('when others have found the provider away there is no further try', async () => {
  const provider = playing('far', [overloaded])
  expect(await ask(provider, { isAway: true })).toEqual({ chunks: [], error: overloaded, tookMs: 0 })
  expect(provider.asked).toHaveLength(1)
})

test('a cancel during the wait ends it at once, with its reason', async () => {
  const clock = stoppedClock()
  const provider = playing('far', [overloaded])
  const abort = new AbortController()
  const stream = withRetries({ clock }, provider).stream(ANY_REQUEST, abort.signal)[Symbol.asyncIterator]()
  await stream.next()
  const waiting = stream.next()
  abort.abort(new Error('cancelled'))
  expect(await waiting.catch((error) => error)).toMatchObject({ message: 'cancelled' })
  expect(provider.asked).toHaveLength(1)
})

import { expect, test } from 'bun:test'
import type { Clock } from '../../src/clock.ts'
import { openBreakers } from '../../src/jobs/breaker.ts'
import { Snooze } from '../../src/jobs/handler.ts'
import { around } from '../../src/llm/around.ts'
import { type Chunk, NO_USAGE, type Provider } from '../../src/llm/provider.ts'
import { stoppedClock } from '../support/clock.ts'
import { silent } from '../support/database.ts'
import { testEngine } from '../support/jobs.ts'
import { ANY_REQUEST, DONE, failure, playing } from './scripted-streams.ts'
import { virtualClock } from './virtual-clock.ts'

const away = failure('model_unavailable')

/** A provider with all around it, on a clock that leaps over waits; no two of them are the same. */
async function surrounded(provider: Provider, still?: Clock) {
  const engine = await testEngine()
  let waits = 0
  const clock = still ?? { ...virtualClock(), random: () => 0.5 + ++waits / 1000 }
  const breakers = openBreakers({ ...engine, events: engine.deps.events, now: clock.now, log: silent })
  const { stream } = around({ breakers, clock }, provider)
  return {
    clock,
    async ask(): Promise<Chunk[] | unknown> {
      const chunks: Chunk[] = []
      try {
        for await (const chunk of stream(ANY_REQUEST, new AbortController().signal)) chunks.push(chunk)
        return chunks
      } catch (error) {
        return error
      }
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}

test('a call that failed three times is one failure to the breaker: it opens with the fifth call, not with the second', async () => {
  const provider = playing('far', [away])
  await using far = await surrounded(provider)
  for (let calls = 1; calls <= 4; calls++) expect(await far.ask()).toBe(away)
  expect(provider.asked).toHaveLength(4 * 3)
  expect(await far.ask()).toBeInstanceOf(Snooze)
})

test('a call that comes through at its third try is no failure', async () => {
  const provider = playing('far', [away], [away], ['hello', DONE])
  await using far = await surrounded(provider)
  expect(await far.ask()).toMatchObject([{ type: 'retrying' }, { type: 'retrying' }, { text: 'hello' }, DONE])
})

test('the one call that finds out whether the provider is back asks once', async () => {
  const provider = playing('far', [away])
  await using far = await surrounded(provider)
  for (let calls = 1; calls <= 5; calls++) await far.ask()
  await far.clock.sleep(30_000)
  const before = provider.asked.length
  expect(await far.ask()).toBeInstanceOf(Snooze)
  expect(provider.asked.length - before).toBe(1)
})

test('who waits for another try gives up when the others have found the provider away', async () => {
  const provider = playing('far', [away])
  await using far = await surrounded(provider)
  await Promise.all(Array.from({ length: 8 }, () => far.ask()))
  expect(provider.asked.length).toBe(8 * 2 + 5) // the fifth that was through with its tries opened the breaker
})

test('each try has its own clocks, and a try that ran out of time is not repeated', async () => {
  const never = Promise.withResolvers<never>()
  const provider: Provider = {
    ...playing('far'),
    async *stream(): AsyncGenerator<Chunk> {
      yield { type: 'usage', ...NO_USAGE }
      await never.promise
    },
  }
  await using far = await surrounded(provider)
  const started = far.clock.now()
  expect(await far.ask()).toMatchObject({ code: 'model_first_content_timeout' })
  expect(far.clock.now() - started).toBe(60_000)
})

test('an answer without end is the model’s failure, not an outage of its provider', async () => {
  const provider: Provider = {
    ...playing('far'),
    async *stream(): AsyncGenerator<Chunk> {
      for (;;) yield { type: 'text', text: 'x'.repeat(1024 * 1024) }
    },
  }
  await using far = await surrounded(provider, stoppedClock())
  for (let calls = 1; calls <= 6; calls++) expect(await far.ask()).toMatchObject({ code: 'model_answer_too_long' })
})

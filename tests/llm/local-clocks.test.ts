import { expect, test } from 'bun:test'
import { withClocks } from '../../src/llm/clocks.ts'
import type { Chunk, Provider } from '../../src/llm/provider.ts'
import { stoppedClock } from '../support/clock.ts'
import { ANY_REQUEST } from './scripted-streams.ts'

const TEXT: Chunk = { type: 'text', text: 'a' }
const S = 1000

test('a model of the own network has five minutes to be loaded before it says something', async () => {
  const { clock, first, speak } = ask({ local: true })
  clock.pass(299 * S)
  await Bun.sleep(1)
  speak()
  expect((await first).value).toEqual(TEXT)
})

test('it has no more than that', async () => {
  const { clock, first } = ask({ local: true })
  clock.pass(300 * S)
  await expect(first).rejects.toMatchObject({ code: 'model_first_content_timeout', context: { limitMs: 300 * S } })
})

test('any other model has one minute', async () => {
  const { clock, first } = ask({ local: false })
  clock.pass(60 * S)
  await expect(first).rejects.toMatchObject({ code: 'model_first_content_timeout', context: { limitMs: 60 * S } })
})

test('once it has begun, a local model may be as silent as any other', async () => {
  const { clock, first, speak, chunks } = ask({ local: true })
  speak()
  await first
  const second = chunks.next()
  await Bun.sleep(1)
  clock.pass(30 * S)
  await expect(second).rejects.toMatchObject({ code: 'model_idle_timeout', context: { limitMs: 30 * S } })
})

/** A question to a model that says one word when it is told to, and then nothing. */
function ask({ local }: { local: boolean }) {
  const clock = stoppedClock()
  const word = Promise.withResolvers<void>()
  const provider: Provider = {
    name: 'slow',
    label: 'Slow',
    demo: false,
    local,
    defaultModel: 'm',
    models: ['m'],
    takes: () => true,
    async *stream() {
      await word.promise
      yield TEXT
      await new Promise(() => {})
    },
  }
  const chunks = withClocks({ clock }, provider)
    .stream(ANY_REQUEST, new AbortController().signal)
    [Symbol.asyncIterator]()
  return { clock, chunks, first: chunks.next(), speak: word.resolve }
}

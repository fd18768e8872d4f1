import { expect, test } from 'bun:test'
import { DomainError, errorFacts } from '../../src/errors.ts'
import { settleLostCalls } from '../../src/llm/books.ts'
import { factsOf } from '../../src/llm/model-table.ts'
import { priceIn } from '../../src/llm/prices.ts'
import type { Chunk } from '../../src/llm/provider.ts'
import { account, ledger, question, RESERVED, whole } from './ledger.ts'

test('a call is in the books before it is made, with what it will probably take', async () => {
  await using books = await ledger()
  let before: unknown
  books.answers[0] = async function* () {
    before = await books.calls()
    yield* whole()
  }
  await books.hear({ account: account({ job: 'job-1', attempt: 2 }) })
  expect(before).toMatchObject([
    {
      ...RESERVED,
      scope: 'project-1',
      person: 'person:ada',
      job: 'job-1',
      attempt: 2,
      purpose: 'plan',
      provider: 'paid',
    },
  ])
  expect(before).toMatchObject([{ model: 'dear', closedAt: null, ended: null, estimated: true, priced: true }])
})

test('afterwards it says what the provider counted, and what that costs by its prices', async () => {
  await using books = await ledger()
  books.answers[0] = whole('x', { inputTokens: 1000, outputTokens: 200, cachedTokens: 600, cacheWriteTokens: 100 })
  await books.hear()
  const [call, ...others] = await books.calls()
  expect(others).toEqual([])
  expect(call).toMatchObject({
    ended: 'stop',
    estimated: false,
    fromCache: false,
    inputTokens: 1000,
    outputTokens: 200,
    cachedTokens: 600,
    cacheWriteTokens: 100,
    costMicros: 300 * 1 + 600 * 0.1 + 100 * 1.25 + 200 * 10,
  })
  expect(call!.closedAt).toBe(books.clock.now())
})

test('what a provider does not count is counted by its size, and said to be a guess', async () => {
  await using books = await ledger()
  books.answers[0] = [
    { type: 'text', text: 'x'.repeat(400) },
    { type: 'finish', reason: 'stop' },
  ]
  await books.hear()
  expect(await books.calls()).toMatchObject([{ estimated: true, inputTokens: 75, outputTokens: 100, costMicros: 1075 }])
})

test('an answer that was cut is counted by what came, since the last count never did', async () => {
  await using books = await ledger()
  books.answers[0] = whole('x'.repeat(800)).slice(0, 2)
  await books.hear()
  expect(await books.calls()).toMatchObject([{ ended: 'closed', estimated: true, inputTokens: 100, outputTokens: 200 }])
})

test('a call that Hearth stops, by its signal or by not listening any more, is settled with what came', async () => {
  await using books = await ledger()
  books.answers[0] = whole('x'.repeat(800))
  for await (const chunk of books.provider.stream(question(), new AbortController().signal))
    if (chunk.type === 'text') break
  const stop = new AbortController()
  books.answers[1] = async function* (_, signal): AsyncGenerator<Chunk> {
    yield { type: 'text', text: 'x'.repeat(400) }
    stop.abort('job.paused')
    signal.throwIfAborted()
  }
  await expect(books.hear({}, stop.signal)).rejects.toBe('job.paused')
  expect(await books.calls()).toMatchObject([
    { ended: 'stopped', error: null, outputTokens: 200, estimated: true },
    { ended: 'stopped', error: null, outputTokens: 100, estimated: true },
  ])
})

test('a vendor that refuses takes nothing; one that fails on the way may', async () => {
  await using books = await ledger()
  const fails = (code: string) =>
    // biome-ignore lint/correctness/useYield: it fails before anything comes
    async function* (): AsyncGenerator<Chunk> {
      throw new DomainError(code, 'No.')
    }
  books.answers.splice(0, 1, fails('model_rate_limited'), fails('model_idle_timeout'))
  await expect(books.hear()).rejects.toThrow('No.')
  await expect(books.hear()).rejects.toThrow('No.')
  expect(await books.calls()).toMatchObject([
    { ended: 'failed', error: 'model_rate_limited', inputTokens: 0, outputTokens: 0, costMicros: 0 },
    { ended: 'failed', error: 'model_idle_timeout', inputTokens: 75, outputTokens: 0, costMicros: 75, estimated: true },
  ])
})

test('a call that the server did not live to settle stays as it was estimated', async () => {
  await using books = await ledger()
  const stuck = Promise.withResolvers<void>()
  const asking = Promise.withResolvers<void>()
  books.answers[0] = async function* () {
    asking.resolve()
    await stuck.promise
    yield* whole()
  }
  const hearing = books.hear()
  await asking.promise
  expect(await settleLostCalls(books.deps)).toBe(1) // as the next server does at its start
  expect(await books.calls()).toMatchObject([{ ...RESERVED, ended: 'lost', estimated: true }])

  stuck.resolve()
  await hearing
  expect(await books.calls()).toMatchObject([{ ...RESERVED, ended: 'lost' }]) // settled once, for good
})

test('a model without a price costs nothing, and its tokens count all the same', async () => {
  await using books = await ledger()
  await books.hear({ model: 'local' })
  expect(await books.calls()).toMatchObject([{ priced: false, costMicros: 0, inputTokens: 100, outputTokens: 50 }])
})

test('a model too new for the table costs what the dearest of its vendor does', () => {
  const unknown = priceIn(factsOf, 'anthropic', 'claude-of-tomorrow')
  const dearest = priceIn(factsOf, 'anthropic', 'claude-fable-5-2')
  expect(unknown(0)!.output).toBeGreaterThanOrEqual(dearest(0)!.output)
  expect(priceIn(factsOf, 'ollama', 'whatever')(0)).toBeNull()
  expect(priceIn(factsOf, 'demo', 'demo')(0)).toBeNull()
})

test('nothing is written between the opening of a call and its end', async () => {
  await using books = await ledger()
  let atOpening = 0
  books.answers[0] = async function* (): AsyncGenerator<Chunk> {
    atOpening = books.db.stats.units
    for (let i = 0; i < 500; i++) yield { type: 'text', text: 'piece ' }
    expect(books.db.stats.units).toBe(atOpening)
    yield { type: 'finish', reason: 'stop' }
  }
  const before = books.db.stats.units
  await books.hear()
  expect([atOpening - before, books.db.stats.units - before]).toEqual([1, 2])
})

test('a call that was tried several times, and refused each time, cost nothing', async () => {
  await using books = await ledger()
  const overloaded = new DomainError('model_overloaded', 'Far is overloaded.', { retryable: true })
  books.answers[0] = async function* () {
    yield { type: 'retrying', error: errorFacts(overloaded), delayMs: 500 }
    throw overloaded
  }
  await expect(books.hear()).rejects.toBe(overloaded)
  expect(await books.calls()).toMatchObject([{ ended: 'failed', inputTokens: 0, costMicros: 0, answeredAt: null }])
})

test.each([-5, 0.5, 9e15, Number.NaN, '7'])(
  'a count of %p tokens is none: what came is counted by its size',
  async (count) => {
    await using books = await ledger({ dailyMicros: 1_000_000_000 })
    books.answers[0] = whole('x'.repeat(400), { inputTokens: count as number, outputTokens: count as number })
    for (let call = 0; call < 3; call++) await books.hear()
    for (const call of await books.calls())
      expect(call).toMatchObject({ closedAt: expect.any(Number), estimated: true, outputTokens: 100 })
  },
)

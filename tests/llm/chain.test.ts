import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { DomainError } from '../../src/errors.ts'
import { Hold, Snooze } from '../../src/jobs/handler.ts'
import { askJson } from '../../src/llm/ask-json.ts'
import type { Chunk, ModelRequest, Usage } from '../../src/llm/provider.ts'
import { chainFrom, throughChain } from '../../src/llm/through-chain.ts'
import { type FileAsk, writeFile } from '../../src/llm/write-file.ts'
import { DONE, failure, type PlayedProvider, playing } from './scripted-streams.ts'

const END = '<<<END hearth:00000001>>>\n'
const FILE = Array.from({ length: 20 }, (_, i) => `line ${i + 1}\n`).join('')
const until = (line: number) => FILE.slice(0, FILE.indexOf(`line ${line + 1}\n`))
const from = (line: number) => FILE.slice(FILE.indexOf(`line ${line}\n`))
const ASK: FileAsk = {
  system: 's',
  messages: [{ role: 'user', content: 'Write it.' }],
  maxOutputTokens: 10,
  task: { kind: 'write', brief: 'b', path: 'notes.txt' },
}
const usage = (outputTokens: number): Usage & { type: 'usage' } => ({
  type: 'usage',
  inputTokens: 1,
  outputTokens,
  cachedTokens: 0,
})
const away = new Snooze(30_000, failure('circuit_open'))

describe('a file whose model fails for good goes on with the next of the chain,', () => {
  test('from the same line, with no text twice, and the books say who wrote what', async () => {
    const first = playing(
      'one',
      [usage(7), until(12), 'line 1', failure('model_idle_timeout')],
      [failure('model_overloaded')],
    )
    const second = playing('two', [usage(5), `${from(12)}${END}`, DONE])
    const { written, shown, switches } = await write([first, second])

    expect(written).toMatchObject({ text: FILE, provider: 'two', model: 'two-1', continuations: 2 })
    expect(written.usage).toMatchObject({ inputTokens: 2, outputTokens: 12 })
    expect(written.parts).toEqual([
      { provider: 'one', model: 'one-1', bytes: until(12).length },
      { provider: 'two', model: 'two-1', bytes: from(13).length },
    ])
    expect(shown).toBe(FILE)
    expect(switches).toEqual(['one > two: model_overloaded'])
    expect(lastAsked(second)).toContain('First repeat line 12 exactly')
    expect(first.asked).toHaveLength(2)
  })

  const reasons = [
    'model_auth',
    'model_billing',
    'unknown_model',
    'model_bad_request',
    'model_rate_limited',
    'model_overloaded',
    'model_unavailable',
    'model_first_content_timeout',
    'model_total_timeout',
  ]
  test.each(reasons)('after %s', async (code) => {
    const { written, switches } = await write([
      playing('one', [failure(code)]),
      playing('two', [`${FILE}${END}`, DONE]),
    ])
    expect(written).toMatchObject({ text: FILE, provider: 'two', continuations: 0 })
    expect(switches).toEqual([`one > two: ${code}`])
  })

  test('while the first is known to be away', async () => {
    const { written, switches } = await write([playing('one', [away]), playing('two', [`${FILE}${END}`, DONE])])
    expect(written.text).toBe(FILE)
    expect(switches).toEqual(['one > two: circuit_open'])
  })

  test('when the breaker opens in the middle of its answer', async () => {
    const { written, shown } = await write([
      playing('one', [until(5), away]),
      playing('two', [`${from(5)}${END}`, DONE]),
    ])
    expect([written.text, shown]).toEqual([FILE, FILE])
  })

  test('after its four continuations', async () => {
    const first = playing('one', [until(4)], (request) => [`line 4\nline ${request.messages.length}\n`])
    const { written, switches } = await write([playing('one', [until(4)]), playing('two', [`${from(4)}${END}`, DONE])])
    expect(first.asked).toEqual([])
    expect(written.text).toBe(FILE)
    expect(switches).toEqual(['one > two: model_cut_off'])
  })

  test('anew, when what it wrote without end is of no use', async () => {
    const first = playing('one', ['again and again\n'.repeat(100_000)])
    const { written, shown, switches } = await write([first, playing('two', [`${FILE}${END}`, DONE])])
    expect([written.text, shown]).toEqual([FILE, FILE])
    expect(switches).toEqual(['one > two: model_answer_too_long'])
    expect(written.parts).toEqual([{ provider: 'two', model: 'two-1', bytes: FILE.length }])
  })

  test('also of the next, and the one after it', async () => {
    const { written } = await write([
      playing('one', [until(3), failure('model_total_timeout')]),
      playing('two', [`line 3\nline 4\n`, failure('model_total_timeout')]),
      playing('three', [`${from(4)}${END}`, DONE]),
    ])
    expect(written.text).toBe(FILE)
    expect(written.parts.map(({ provider, bytes }) => [provider, bytes])).toEqual([
      ['one', until(3).length],
      ['two', 'line 4\n'.length],
      ['three', from(5).length],
    ])
  })
})

test('what an earlier attempt had written is nobody’s in the books', async () => {
  const { written } = await write([playing('one', [`${from(4)}${END}`, DONE])], { ...ASK, draft: until(4) })
  expect(written.parts).toEqual([
    { provider: null, model: null, bytes: until(4).length },
    { provider: 'one', model: 'one-1', bytes: from(5).length },
  ])
})

describe('after a failure of', () => {
  const END_OF_IT = [`${from(5)}${END}`, DONE]
  const half = (error: Error) => playing('one', [until(5), error], END_OF_IT)

  test.each(['model_overloaded', 'model_rate_limited', 'unknown_model', 'model_total_timeout', 'model_cut_off'])(
    'one model (%s), the next one of the same vendor goes on with the file',
    async (code) => {
      const lasting = code === 'model_overloaded' || code === 'model_rate_limited' ? [failure(code)] : []
      const vendor = playing('one', [until(5), failure(code)], ...lasting.map((error) => [error]), END_OF_IT)
      const { written, shown, switches } = await write([vendor], ASK, undefined, ['one-1', 'one-2'])
      expect([written.text, written.model, shown]).toEqual([FILE, 'one-2', FILE])
      expect(switches).toEqual([`one > one: ${code}`])
    },
  )

  test.each([
    ['model_auth', failure('model_auth')],
    ['model_billing', failure('model_billing')],
    ['model_wrong_address', failure('model_wrong_address')],
    ['circuit_open', away],
  ])('a whole vendor (%s), none of its models is asked again, the next vendor’s is', async (code, error) => {
    const vendor = half(error)
    const { written, switches } = await write([vendor, playing('two', END_OF_IT)], ASK, undefined, ['one-1', 'one-2'])
    expect([written.text, written.provider, vendor.asked.length]).toEqual([FILE, 'two', 1])
    expect(switches).toEqual([`one > two: ${code}`])
    const only = half(error)
    await expect(write([only], ASK, undefined, ['one-1', 'one-2'])).rejects.toBe(error)
    expect(only.asked).toHaveLength(1)
  })

  test('a whole vendor, its models stay passed over behind another’s', async () => {
    const vendor = half(failure('model_auth'))
    const chain = [
      ...chainOf([vendor, playing('two', [failure('model_overloaded')])]),
      { provider: vendor, model: 'x' },
    ]
    const ask = throughChain(chain, {}, new AbortController().signal, async ({ provider }) => {
      for await (const _ of provider.stream({ ...ASK, model: 'm' } as never, new AbortController().signal));
    })
    await expect(ask).rejects.toMatchObject({ code: 'model_auth' })
    expect(vendor.asked).toHaveLength(1)
  })
})

describe('is no reason to ask another:', () => {
  const reasons: [string, Error][] = [
    ['a question to a person, such as a budget that is spent', new Hold(failure('budget_reached'))],
    ['a refusal', failure('model_refused', { retryable: false })],
    ['a bug', new TypeError('oops')],
    ['a job that has lost its lease', new DomainError('lease_lost', 'gone')],
    ['a wait for something else', new Snooze(1_000, failure('quiet_hours'))],
  ]
  test.each(reasons)('%s', async (_what, thrown) => {
    const second = playing('two', [`${FILE}${END}`, DONE])
    await expect(write([playing('one', [until(3), thrown]), second])).rejects.toBe(thrown)
    await expect(json([playing('one', [thrown]), second])).rejects.toBe(thrown)
    expect(second.asked).toEqual([])
  })

  test('a cancel', async () => {
    let abort = new AbortController()
    const second = playing('two', [`${FILE}${END}`, DONE])
    // deaf to its signal, it fails in its own words
    const first = { ...playing('one'), stream: () => failingAfter(() => abort.abort(new Error('cancelled'))) }
    await expect(write([first, second], ASK, abort.signal)).rejects.toThrow('cancelled')
    abort = new AbortController()
    await expect(json([first, second], abort.signal)).rejects.toThrow('cancelled')
    expect(second.asked).toEqual([])
  })
})

describe('when all have failed, each was asked once, and what is thrown is', () => {
  const cases: [string, Error[], number][] = [
    ['the first that may mend', [failure('model_auth', { retryable: false }), failure('model_overloaded'), away], 1],
    [
      'the wait for one that is away, rather than a lasting failure',
      [away, failure('model_auth', { retryable: false })],
      0,
    ],
    [
      'the first, when none mends',
      [failure('model_auth', { retryable: false }), failure('unknown_model', { retryable: false })],
      0,
    ],
  ]
  test.each(cases)('%s', async (_what, errors, thrown) => {
    const chain = errors.map((error, i) => playing(`number${i}`, [error]))
    await expect(write(chain)).rejects.toBe(errors[thrown]!)
    await expect(json(chain)).rejects.toBe(errors[thrown]!)
    expect(chain.map(({ asked }) => asked.length)).toEqual(chain.map(() => 2))
  })
})

describe('JSON', () => {
  test('is asked of the next model anew, and what was shown of the first’s is taken back', async () => {
    const { answer, shown, switches, restarts } = await json([
      playing('one', [usage(3), '{"title": "Ha', failure('model_unavailable')]),
      playing('two', [usage(4), '{"title": "Whole"}', DONE]),
    ])
    expect(answer).toMatchObject({ value: { title: 'Whole' }, provider: 'two', usage: { outputTokens: 7 } })
    expect(shown).toBe('{"title": "Whole"}')
    expect([switches, restarts]).toEqual([['one > two: model_unavailable'], 1])
  })

  test('of the wrong shape is shown to its model, not to another', async () => {
    const second = playing('two', ['{"title": "x"}', DONE])
    await expect(json([playing('one', ['{}', DONE]), second])).rejects.toMatchObject({ code: 'model_answer_invalid' })
    expect(second.asked).toEqual([])
  })
})

test('a repair goes to the model that answered: those before it have failed', () => {
  const chain = ['one', 'two', 'three'].map((name) => ({ provider: playing(name), model: `${name}-1` }))
  expect(chainFrom(chain, { provider: 'two', model: 'two-1' })).toEqual(chain.slice(1))
  expect(chainFrom(chain, { provider: 'none', model: 'x' })).toEqual(chain)
})

// biome-ignore lint/correctness/useYield: it fails before it says anything
async function* failingAfter(act: () => void): AsyncGenerator<Chunk> {
  act()
  throw failure('model_unavailable')
}

function chainOf(providers: PlayedProvider[], models: string[] = []) {
  return providers.flatMap((provider, i) =>
    (i === 0 && models.length > 0 ? models : [provider.defaultModel]).map((model) => ({ provider, model })),
  )
}

/** `models`: of the first provider, where it is asked for several. */
async function write(
  providers: PlayedProvider[],
  ask = ASK,
  signal = new AbortController().signal,
  models: string[] = [],
) {
  let shown = ask.draft ?? ''
  const switches: string[] = []
  const written = await writeFile(
    { chain: chainOf(providers, models), newId: () => 'x00000001' },
    ask,
    {
      onText(delta) {
        shown += delta
      },
      onRestart(text) {
        shown = text
      },
      onSwitch: ({ from, to, error }) =>
        void switches.push(`${from.provider.name} > ${to.provider.name}: ${error.code}`),
    },
    signal,
  )
  return { written, shown, switches }
}

async function json(providers: PlayedProvider[], signal = new AbortController().signal) {
  let shown = ''
  let restarts = 0
  const switches: string[] = []
  const answer = await askJson(
    { chain: chainOf(providers) },
    { system: '', messages: ASK.messages, maxOutputTokens: 10, task: { kind: 'plan', brief: 'b' } },
    { name: 'thing', zod: z.object({ title: z.string() }) },
    {
      onText(delta) {
        shown += delta
      },
      onRestart: () => {
        shown = ''
        restarts++
      },
      onSwitch: ({ from, to, error }) =>
        void switches.push(`${from.provider.name} > ${to.provider.name}: ${error.code}`),
    },
    signal,
  )
  return { answer, shown, switches, restarts }
}

function lastAsked({ asked }: PlayedProvider): string {
  return (asked.at(-1) as ModelRequest).messages
    .map((message) => ('content' in message ? message.content : ''))
    .join('\n')
}

import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { anthropicProvider } from '../../src/llm/anthropic.ts'
import type { Message, ModelRequest } from '../../src/llm/provider.ts'
import { breaks, fails, modelServer, type Script, says } from '../support/model-server.ts'
import { collect, failureOf, QUESTION, textOf } from './asking.ts'

const KEY = 'sk-ant-very-secret-0123456789'
const REQUEST: ModelRequest = { ...QUESTION, model: 'claude-sonnet-5-5' }

test('an answer streams as text, usage and an explicit finish', async () => {
  await using server = modelServer(says('Hello, wörld', { size: 5 }))
  const chunks = await collect(open(server.url), REQUEST)

  expect(textOf(chunks)).toBe('Hello, wörld')
  expect(chunks.filter((chunk) => chunk.type === 'usage').at(-1)).toEqual({
    type: 'usage',
    inputTokens: 17,
    outputTokens: 42,
    cachedTokens: 5,
    cacheWriteTokens: 2,
  })
  expect(chunks.at(-1)).toEqual({ type: 'finish', reason: 'stop' })
})

test('the vendor gets the key, the rules, the cached context and the turns, and no task facts', async () => {
  await using server = modelServer(says('ok'))
  await collect(open(server.url), REQUEST)
  const { headers, body, path } = server.calls[0]!

  expect(path).toBe('/v1/messages')
  expect(headers.authorization).toBe(`Bearer ${KEY}`)
  expect(body).toMatchObject({ model: 'claude-sonnet-5-5', max_tokens: 1000, stream: true, messages: REQUEST.messages })
  expect(body.system).toEqual([
    { type: 'text', text: 'You write files.', cache_control: { type: 'ephemeral' } },
    { type: 'text', text: 'The plan.', cache_control: { type: 'ephemeral' } },
  ])
  expect(body.thinking).toEqual({ type: 'adaptive', display: 'summarized' })
  expect(JSON.stringify(body)).not.toContain('not for the vendor')
})

test('the environment adds nothing to what is sent, and the machine is not told of', async () => {
  await using server = modelServer(says('ok'))
  process.env.ANTHROPIC_CUSTOM_HEADERS = 'x-from-the-environment: 1'
  try {
    await collect(open(server.url), REQUEST)
  } finally {
    delete process.env.ANTHROPIC_CUSTOM_HEADERS
  }
  expect(Object.keys(server.calls[0]!.headers).filter((name) => /^x-|stainless/.test(name))).toEqual([])
})

test('models without adaptive thinking are not asked to think', async () => {
  await using server = modelServer(says('ok'))
  for (const model of ['claude-haiku-4-5', 'claude-haiku-4-5-20251001', 'claude-opus-4-5'])
    await collect(open(server.url), { ...REQUEST, model })
  await collect(open(server.url), { ...REQUEST, model: 'claude-opus-4-6' })

  expect(server.calls.map((call) => call.body.thinking !== undefined)).toEqual([false, false, false, true])
})

test('a schema asks for structured output', async () => {
  await using server = modelServer(says('{}'))
  await collect(open(server.url), {
    ...REQUEST,
    schema: { name: 'plan', zod: z.object({ title: z.string().max(80) }) },
  })

  expect(server.calls[0]!.body.output_config).toEqual({
    format: {
      type: 'json_schema',
      schema: expect.objectContaining({ type: 'object', required: ['title'], additionalProperties: false }),
    },
  })
})

test('thinking is told apart from text, and pings from both', async () => {
  await using server = modelServer((reply) => {
    reply.ping()
    reply.thinking('hm')
    reply.ping()
    reply.text('yes')
    reply.finish()
  })
  const kinds = (await collect(open(server.url), REQUEST)).map((chunk) => chunk.type)
  expect(kinds).toEqual(['usage', 'thinking', 'text', 'usage', 'finish'])
})

test.each([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['refusal', 'refusal'],
  ['pause_turn', 'other'],
  ['a reason of next year', 'other'],
])('the stop reason %s is the finish %s', async (reason, finish) => {
  await using server = modelServer(says('x', { reason }))
  expect((await collect(open(server.url), REQUEST)).at(-1)).toEqual({ type: 'finish', reason: finish as 'stop' })
})

test('a connection that closes in the middle without a word has no finish', async () => {
  await using server = modelServer(breaks('half', (reply) => reply.close()))
  const chunks = await collect(open(server.url), REQUEST)
  expect(textOf(chunks)).toBe('half')
  expect(chunks.some((chunk) => chunk.type === 'finish')).toBe(false)
})

describe('a failure is a DomainError that says what to do and never holds the key', () => {
  const echo = `Bearer ${KEY} is not good, nor is ${KEY}, nor sk-ant-another-one-99`
  const cases: [string, Script, string, boolean, number | undefined][] = [
    ['401', fails(401, 'authentication_error', {}, echo), 'model_auth', false, undefined],
    ['403', fails(403, 'permission_error', {}, echo), 'model_auth', false, undefined],
    ['402', fails(402, 'billing_error', {}, echo), 'model_billing', false, undefined],
    ['404', fails(404, 'not_found_error', {}, echo), 'unknown_model', false, undefined],
    ['400', fails(400, 'invalid_request_error', {}, echo), 'model_bad_request', false, undefined],
    ['413', fails(413, 'request_too_large', {}, echo), 'model_bad_request', false, undefined],
    ['429', fails(429, 'rate_limit_error', { 'retry-after': '7' }, echo), 'model_rate_limited', true, 7000],
    ['429 in ms', fails(429, 'rate_limit_error', { 'retry-after-ms': '250' }), 'model_rate_limited', true, 250],
    ['429 for a year', fails(429, 'rate_limit_error', { 'retry-after': '9e9' }), 'model_rate_limited', true, 900_000],
    [
      '429 until a date',
      fails(429, 'rate_limit_error', {
        date: 'Sat, 21 Nov 2026 10:00:00 GMT',
        'retry-after': 'Sat, 21 Nov 2026 10:00:30 GMT',
      }),
      'model_rate_limited',
      true,
      30_000,
    ],
    ['429 without a time', fails(429, 'rate_limit_error'), 'model_rate_limited', true, undefined],
    ['529', fails(529, 'overloaded_error', {}, echo), 'model_overloaded', true, undefined],
    ['500', fails(500, 'api_error', {}, echo), 'model_unavailable', true, undefined],
    [
      'an overload in the stream',
      breaks('a', (r) => r.error('overloaded_error', echo)),
      'model_overloaded',
      true,
      undefined,
    ],
    ['a failure in the stream', breaks('a', (r) => r.error('api_error', echo)), 'model_unavailable', true, undefined],
    ['a reset', breaks('a', (reply) => reply.reset()), 'model_unavailable', true, undefined],
    ['a reset at once', (reply) => reply.reset(), 'model_unavailable', true, undefined],
  ]
  test.each(cases)('%s', async (_name, script, code, retryable, retryAfterMs) => {
    await using server = modelServer(script)
    const error = await failureOf(collect(open(server.url), REQUEST))

    expect(error).toMatchObject({ name: 'DomainError', code, retryable, retryAfterMs })
    expect(server.calls).toHaveLength(1)
    expect(Bun.inspect(error, { depth: 10 })).not.toMatch(/very-secret|another-one/)
    expect(JSON.stringify(error)).not.toMatch(/very-secret|another-one/)
  })
})

test('a key of any form is kept out of an error', async () => {
  await using server = modelServer(fails(401, 'authentication_error', {}, 'gateway.pass.word is not known'))
  const provider = anthropicProvider({ apiKey: 'gateway.pass.word', baseUrl: server.url })
  const error = await failureOf(Array.fromAsync(provider.stream(REQUEST, new AbortController().signal)))
  expect(error).toMatchObject({ code: 'model_auth', context: { said: '[key] is not known' } })
})

test('a server that is not there is model_unavailable', async () => {
  const server = modelServer(says('x'))
  await server[Symbol.asyncDispose]()
  expect(await failureOf(collect(open(server.url), REQUEST))).toMatchObject({
    code: 'model_unavailable',
    retryable: true,
  })
})

test('an abort throws the reason of the signal and hangs up', async () => {
  const left = Promise.withResolvers<void>()
  await using server = modelServer(async (reply) => {
    reply.text('never ending')
    await reply.gone
    left.resolve()
  })
  const abort = new AbortController()
  const reading = (async () => {
    for await (const chunk of open(server.url).stream(REQUEST, abort.signal))
      if (chunk.type === 'text') abort.abort(new Error('cancelled by a person'))
  })()

  await expect(reading).rejects.toThrow('cancelled by a person')
  await left.promise
})

test('a turn in which the model said nothing is left out: the vendor would refuse it', async () => {
  await using server = modelServer(says('ok'))
  const messages: Message[] = [
    ...REQUEST.messages,
    { role: 'assistant', content: '' },
    { role: 'user', content: 'Go on.' },
  ]
  await collect(open(server.url), { ...REQUEST, messages })
  expect(server.calls[0]!.body.messages.map((message) => message.role)).toEqual(['user', 'user'])
})

test('a gateway of the old scheme gets the key and the version as it knows them', async () => {
  await using server = modelServer(says('ok'))
  const provider = anthropicProvider({ apiKey: KEY, baseUrl: server.url, scheme: 'x-api-key' })
  await Array.fromAsync(provider.stream(REQUEST, new AbortController().signal))
  const { headers } = server.calls[0]!
  expect(headers).toMatchObject({ 'x-api-key': KEY, 'anthropic-version': '2023-06-01' })
  expect(headers.authorization).toBeUndefined()
})

test('the vendor counts what a request would send, without the limit of the answer', async () => {
  await using server = modelServer((reply) => reply.status(200, { input_tokens: 4711 }))
  expect(await open(server.url).countTokens!(REQUEST, new AbortController().signal)).toBe(4711)
  const { path, body } = server.calls[0]!
  expect(path).toBe('/v1/messages/count_tokens')
  expect(body.system).toHaveLength(2)
  expect(body.max_tokens).toBeUndefined()
})

test('a count that the vendor refuses is the same failure as an answer that it refuses', async () => {
  await using server = modelServer(fails(401, 'authentication_error', {}, `Bearer ${KEY}`))
  const error = await failureOf(open(server.url).countTokens!(REQUEST, new AbortController().signal))
  expect(error).toMatchObject({ code: 'model_auth' })
  expect(Bun.inspect(error, { depth: 10 })).not.toContain('very-secret')
})

function open(baseUrl: string) {
  return anthropicProvider({ apiKey: KEY, baseUrl })
}

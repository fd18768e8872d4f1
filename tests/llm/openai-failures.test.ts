import { describe, expect, test } from 'bun:test'
import { breaks, fails, says } from '../vendors/misbehaviours.ts'
import { openaiWire } from '../vendors/openai.ts'
import { type Script, vendorServer } from '../vendors/wire.ts'
import { collect, fail, failureOf, KEY, open, openLocal, REQUEST, raw } from './chat-questions.ts'

describe('a failure is a DomainError that says what to do and never holds the key', () => {
  const echo = `Bearer ${KEY} is not good, nor is ${KEY}, nor sk-another-one-99`
  const says429 = (code: string) => body(429, { error: { message: echo, type: code, code } })
  const cases: [string, Script, string, boolean, RegExp?][] = [
    ['401', fails(401, {}, echo), 'model_auth', false, /did not accept/],
    [
      '400 for a bad key, in words',
      body(400, { error: `Incorrect API key provided: ${KEY}` }),
      'model_auth',
      false,
      /did not accept/,
    ],
    ['402', fails(402, {}, echo), 'model_billing', false, /can't pay/],
    ['429 of an empty account', says429('insufficient_quota'), 'model_billing', false, /can't pay/],
    [
      '403 without credits',
      body(403, { error: `Your team has no credits yet. ${echo}` }),
      'model_billing',
      false,
      /can't pay/,
    ],
    ['429 of a busy one', says429('rate_limit_exceeded'), 'model_rate_limited', true],
    ['404', fails(404, {}, echo), 'unknown_model', false],
    [
      '400 for an unknown model',
      body(400, { error: { message: echo, code: 'model_not_found' } }),
      'unknown_model',
      false,
    ],
    ['400', fails(400, {}, echo), 'model_bad_request', false, /refused/],
    [
      '400 for its length',
      body(400, { error: { message: echo, code: 'context_length_exceeded' } }),
      'model_bad_request',
      false,
      /longer/,
    ],
    [
      'a code that is the name of something else',
      body(400, { error: { message: echo, code: 'constructor' } }),
      'model_bad_request',
      false,
    ],
    ['500', fails(500, {}, echo), 'model_unavailable', true],
    [
      '503 in plain words',
      (reply) => reply.answer(503, echo, { 'content-type': 'text/plain' }),
      'model_unavailable',
      true,
    ],
    ['an error in the stream', breaks('a', (reply) => reply.error(echo)), 'model_unavailable', true],
    [
      'a status in the stream',
      raw({ error: { code: 400, type: 'exceed_context_size_error', message: echo } }),
      'model_bad_request',
      false,
      /longer/,
    ],
    ['a 429 in the stream', raw({ error: { code: 429, message: echo } }), 'model_rate_limited', true],
    ['a broken frame', breaks('a', (reply) => reply.send(reply.frames.broken())), 'model_unavailable', true],
    ['a reset', breaks('a', (reply) => reply.reset()), 'model_unavailable', true],
    ['a redirect', (reply) => reply.fail(302, { location: 'http://127.0.0.1:9/' }), 'model_wrong_address', false],
    ['a web page', (reply) => reply.answer(200, '<p>', { 'content-type': 'text/html' }), 'model_wrong_address', false],
  ]
  test.each(cases)('%s', async (_name, script, code, retryable, words = /./) => {
    const { error, server } = await fail(script)
    expect(error).toMatchObject({ name: 'DomainError', code, retryable, message: expect.stringMatching(words) })
    expect(server.asked).toHaveLength(1)
    expect(Bun.inspect(error, { depth: 10 })).not.toMatch(/very-secret|another-one/)
    expect(JSON.stringify(error)).not.toMatch(/very-secret|another-one/)
  })

  test('with the wait that the vendor asks for', async () => {
    const { error } = await fail(fails(429, { 'retry-after': '7' }))
    expect(error).toMatchObject({ code: 'model_rate_limited', retryAfterMs: 7000 })
  })

  test('that names the server as its owner does', async () => {
    const { error } = await fail(fails(500), openLocal, { ...REQUEST, model: 'm' })
    expect((error as Error).message).toStartWith('My server can')
  })
})

test('a server that is not there is model_unavailable', async () => {
  const server = vendorServer(openaiWire, says('x'))
  await server[Symbol.asyncDispose]()
  expect(await failureOf(collect(open(server)))).toMatchObject({ code: 'model_unavailable', retryable: true })
})

function body(status: number, json: object): Script {
  return (reply) => reply.answer(status, JSON.stringify(json))
}

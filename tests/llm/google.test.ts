import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { googleProvider } from '../../src/llm/google.ts'
import type { Chunk, ModelRequest, Tool, ToolCall } from '../../src/llm/provider.ts'
import { geminiWire } from '../vendors/gemini.ts'
import { breaks, fails, says } from '../vendors/misbehaviours.ts'
import { type Script, vendorServer } from '../vendors/wire.ts'
import { callsIn, collect, failureOf, QUESTION, textOf, withResults } from './asking.ts'

const KEY = 'AIzaVerySecret0123456789abcdefghijklmno'
const REQUEST: ModelRequest = { ...QUESTION, model: 'gemini-3.8-flash' }
const TOOLS: Tool[] = [{ name: 'read', description: 'Reads a file.', zod: z.object({ path: z.string().max(400) }) }]
const CALL = { id: 'call_1', name: 'read', input: '{"path":"a.ts"}' }

test('an answer streams as text, usage and an explicit finish', async () => {
  const chunks = await answers(says('Hello, wörld', { size: 5 }))
  expect(textOf(chunks)).toBe('Hello, wörld')
  expect(chunks.slice(-2)).toEqual([
    { type: 'usage', inputTokens: 17, outputTokens: 42, cachedTokens: 5 },
    { type: 'finish', reason: 'stop' },
  ])
})

test('the vendor gets the key, the rules, the context and the turns, and nothing else', async () => {
  await using server = vendorServer(geminiWire, says('ok'))
  await collect(open(server.url), {
    ...REQUEST,
    messages: [...REQUEST.messages, { role: 'assistant', content: 'Half.' }, { role: 'user', content: 'Go on.' }],
  })
  const { headers, body, path } = server.asked[0]!

  expect(path).toBe('/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse')
  expect(headers['x-goog-api-key']).toBe(KEY)
  expect(Object.keys(headers).filter((name) => /goog|stainless|timeout/.test(name))).toEqual(['x-goog-api-key'])
  expect(body).toEqual({
    contents: [
      { role: 'user', parts: [{ text: 'Write it.' }] },
      { role: 'model', parts: [{ text: 'Half.' }] },
      { role: 'user', parts: [{ text: 'Go on.' }] },
    ],
    systemInstruction: { parts: [{ text: 'You write files.' }, { text: 'The plan.' }] },
    generationConfig: { maxOutputTokens: 1000, thinkingConfig: { includeThoughts: true } },
  })
})

test('models that do not think are not asked to show it', async () => {
  await using server = vendorServer(geminiWire, says('ok'))
  for (const model of ['gemini-2.0-flash', 'gemma-3-27b-it', 'gemini-2.5-pro'])
    await collect(open(server.url), { ...REQUEST, model })
  expect(server.asked.map(({ body }) => body.generationConfig.thinkingConfig !== undefined)).toEqual([
    false,
    false,
    true,
  ])
})

test('a schema asks for JSON of that structure: of lists with limits the vendor takes only some', async () => {
  await using server = vendorServer(geminiWire, says('{}'))
  await collect(open(server.url), {
    ...REQUEST,
    schema: { name: 'plan', zod: z.object({ titles: z.array(z.string().max(80)).max(60) }) },
  })
  const { responseMimeType, responseJsonSchema } = server.asked[0]!.body.generationConfig
  expect(responseMimeType).toBe('application/json')
  expect(responseJsonSchema).toEqual({
    type: 'object',
    properties: { titles: { type: 'array', items: { type: 'string' } } },
    required: ['titles'],
  })
})

test('thinking is told apart from text', async () => {
  const chunks = await answers((reply) => {
    reply.thinking('hm')
    reply.text('yes')
    reply.finish()
  })
  expect(chunks.flatMap(({ type }) => (type === 'usage' ? [] : [type]))).toEqual(['thinking', 'text', 'finish'])
  expect(textOf(chunks)).toBe('yes')
})

test.each([
  ['STOP', 'stop'],
  ['MAX_TOKENS', 'length'],
  ['CONTINUATION', 'length'],
  ['SAFETY', 'refusal'],
  ['RECITATION', 'refusal'],
  ['PROHIBITED_CONTENT', 'refusal'],
  ['BLOCKLIST', 'refusal'],
  ['SPII', 'refusal'],
  ['MALFORMED_FUNCTION_CALL', 'other'],
  ['A_REASON_OF_NEXT_YEAR', 'other'],
])('the finish reason %s is the finish %s', async (reason, finish) => {
  await using server = vendorServer(geminiWire, (reply) => {
    reply.send(`data: ${JSON.stringify({ candidates: [{ finishReason: reason, continuationToken: 'more' }] })}\n\n`)
    reply.close()
  })
  expect((await collect(open(server.url), REQUEST)).at(-1)).toEqual({ type: 'finish', reason: finish as 'stop' })
  expect(server.asked).toHaveLength(1)
})

test('a prompt that the vendor blocks is a refusal', async () => {
  const chunks = await answers((reply) => {
    reply.send(
      'data: {"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":17}}\n\n',
    )
    reply.close()
  })
  expect(chunks).toEqual([
    { type: 'usage', inputTokens: 17, outputTokens: 0, cachedTokens: 0 },
    { type: 'finish', reason: 'refusal' },
  ])
})

test.each([
  ['as if all were well', breaks('half', (reply) => reply.close())],
  ['before anything', ((reply) => reply.close()) as Script],
])('a connection that closes early %s has no finish', async (_how, script) => {
  expect((await answers(script)).some((chunk) => chunk.type === 'finish')).toBe(false)
})

test('an answer that is split at every byte is the same answer', async () => {
  const chunks = await answers(async (reply) => {
    const { text, finish } = reply.frames
    await reply.sendByByte(text('Grüße, 世界 👋') + finish('stop'))
    reply.close()
  })
  expect(textOf(chunks)).toBe('Grüße, 世界 👋')
  expect(chunks.at(-1)).toEqual({ type: 'finish', reason: 'stop' })
})

describe('tools:', () => {
  test('the vendor gets them with their shapes', async () => {
    await using server = vendorServer(geminiWire, says('ok'))
    await collect(open(server.url), { ...REQUEST, tools: TOOLS })
    expect(server.asked[0]!.body.tools).toEqual([
      {
        functionDeclarations: [
          {
            name: 'read',
            description: 'Reads a file.',
            parametersJsonSchema: expect.objectContaining({
              properties: { path: { type: 'string' } },
              required: ['path'],
            }),
          },
        ],
      },
    ])
  })

  test('a call comes whole, and the turn ends for its results', async () => {
    const chunks = await answers(calls(CALL))
    expect(callsIn(chunks)).toEqual([{ ...CALL, signature: 'google/gemini-3.8-flash c2lnbmF0dXJl' }])
    expect(chunks.at(-1)).toEqual({ type: 'finish', reason: 'tools' })
  })

  test('the signature goes back with the call to the model that gave it; another gets the word for none', async () => {
    await using server = vendorServer(geminiWire, calls(CALL))
    const [call] = callsIn(await collect(open(server.url), REQUEST))
    for (const model of [REQUEST.model, 'gemini-3.1-pro-preview', 'gemini-2.5-pro'])
      await collect(open(server.url), { ...REQUEST, model, messages: withResults(REQUEST, [call!]) })

    const functionCall = { id: 'call_1', name: 'read', args: { path: 'a.ts' } }
    expect(server.asked.slice(1).map(({ body }) => body.contents[1])).toEqual([
      { role: 'model', parts: [{ functionCall, thoughtSignature: 'c2lnbmF0dXJl' }] },
      { role: 'model', parts: [{ functionCall, thoughtSignature: 'skip_thought_signature_validator' }] },
      { role: 'model', parts: [{ functionCall }] },
    ])
    expect(server.asked[1]!.body.contents[2]).toEqual({
      role: 'user',
      parts: [{ functionResponse: { id: 'call_1', name: 'read', response: { output: 'done' } } }],
    })
  })

  test('of calls that were made together, the first stands for all', async () => {
    await using server = vendorServer(geminiWire, says('ok'))
    await collect(open(server.url), { ...REQUEST, messages: withResults(REQUEST, [CALL, { ...CALL, id: 'call_2' }]) })
    const { parts } = server.asked[0]!.body.contents[1]
    expect(parts.map((part: object) => 'thoughtSignature' in part)).toEqual([true, false])
  })

  test('calls without an id get one that is new in the conversation, and the vendor does not see it', async () => {
    const bare = (reply: Parameters<Script>[0]) => {
      reply.send(reply.frames.call({ ...CALL, id: undefined as never })[0]!)
      reply.send(reply.frames.call({ ...CALL, id: undefined as never })[0]!)
      reply.finish('tools')
    }
    await using server = vendorServer(geminiWire, bare)
    const first = callsIn(await collect(open(server.url), REQUEST))
    const second = callsIn(await collect(open(server.url), { ...REQUEST, messages: withResults(REQUEST, first) }))
    expect([...first, ...second].map(({ id }) => id)).toEqual(['hearth_1', 'hearth_2', 'hearth_3', 'hearth_4'])
    expect(JSON.stringify(server.asked[1]!.body)).not.toContain('hearth_')
  })

  test('an input that another model broke, and a tool that failed, are told in words', async () => {
    await using server = vendorServer(geminiWire, says('ok'))
    const results = [{ call: 'call_1', name: 'read', content: 'Not JSON.', failed: true }]
    await collect(open(server.url), {
      ...REQUEST,
      messages: [
        ...REQUEST.messages,
        { role: 'assistant', content: '', calls: [{ ...CALL, input: '{"path": "a' }] },
        { role: 'tool', results },
      ],
    })
    const [, asked, answered] = server.asked[0]!.body.contents
    expect(asked.parts[0].functionCall.args).toEqual({ unreadable: '{"path": "a' })
    expect(answered.parts[0].functionResponse.response).toEqual({ error: 'Not JSON.' })
  })
})

describe('a failure is a DomainError that says what to do and never holds the key', () => {
  const echo = `The key ${KEY} is not good, nor is AIzaAnother0123456789abcdef`
  const cases: [string, Script, string, boolean, number | undefined][] = [
    ['400', fails(400, {}, echo), 'model_bad_request', false, undefined],
    [
      'a key that is not valid',
      saysNo(400, 'API key not valid. Please pass a valid API key.', [{ reason: 'API_KEY_INVALID' }]),
      'model_auth',
      false,
      undefined,
    ],
    ['401', fails(401, {}, echo), 'model_auth', false, undefined],
    ['403', fails(403, {}, echo), 'model_auth', false, undefined],
    ['404', fails(404, {}, echo), 'unknown_model', false, undefined],
    ['429', fails(429, {}, echo), 'model_rate_limited', true, undefined],
    ['429 with Retry-After', fails(429, { 'retry-after': '7' }, echo), 'model_rate_limited', true, 7000],
    [
      '429 with a delay in the body',
      saysNo(429, echo, [{}, { retryDelay: '34.5s' }]),
      'model_rate_limited',
      true,
      34_500,
    ],
    [
      'an account that can’t pay',
      saysNo(429, 'Your prepayment credits are depleted.'),
      'model_billing',
      false,
      undefined,
    ],
    ['500', fails(500, {}, echo), 'model_unavailable', true, undefined],
    ['503', fails(503, {}, echo), 'model_overloaded', true, undefined],
    ['504', fails(504, {}, echo), 'model_unavailable', true, undefined],
    [
      'an error that is a web page',
      (reply) => reply.answer(502, `<p>${echo}`, { 'content-type': 'text/html' }),
      'model_unavailable',
      true,
      undefined,
    ],
    [
      'an error that only claims to be JSON',
      (reply) => reply.answer(401, `<p>${echo}`),
      'model_auth',
      false,
      undefined,
    ],
    ['an error of another shape', (reply) => reply.answer(500, '{"error":null}'), 'model_unavailable', true, undefined],
    ['an overload in the stream', breaks('a', (reply) => reply.error(echo)), 'model_overloaded', true, undefined],
    ['a broken frame', breaks('a', (reply) => reply.send(reply.frames.broken())), 'model_unavailable', true, undefined],
    [
      'a web page',
      (reply) => reply.answer(200, '<p>', { 'content-type': 'text/html' }),
      'model_wrong_address',
      false,
      undefined,
    ],
    [
      'a redirect',
      (reply) => reply.answer(302, '', { location: `http://127.0.0.1:9/${KEY}` }),
      'model_wrong_address',
      false,
      undefined,
    ],
    ['a line without end', (reply) => reply.text('x'.repeat(2_000_000)), 'model_unavailable', true, undefined],
    ['a reset', breaks('a', (reply) => reply.reset()), 'model_unavailable', true, undefined],
    ['a reset at once', (reply) => reply.reset(), 'model_unavailable', true, undefined],
    [
      'a connection that closes in mid-response',
      breaks('a', (reply) => reply.hangUp()),
      'model_unavailable',
      true,
      undefined,
    ],
  ]
  test.each(cases)('%s', async (_name, script, code, retryable, retryAfterMs) => {
    await using server = vendorServer(geminiWire, script)
    const error = await failureOf(collect(open(server.url), REQUEST))

    expect(error).toMatchObject({ name: 'DomainError', code, retryable, retryAfterMs })
    expect(server.asked).toHaveLength(1)
    expect(Bun.inspect(error, { depth: 10 })).not.toMatch(/VerySecret|AIzaAnother/)
    expect(JSON.stringify(error)).not.toMatch(/VerySecret|AIzaAnother/)
  })
})

test('a server that is not there is model_unavailable', async () => {
  const server = vendorServer(geminiWire, says('x'))
  await server[Symbol.asyncDispose]()
  expect(await failureOf(collect(open(server.url), REQUEST))).toMatchObject({
    code: 'model_unavailable',
    retryable: true,
  })
})

test.each([
  ['in the middle', (reply) => reply.text('never ending')],
  ['before the headers', () => {}],
  ['before the content', (reply) => reply.open()],
] as [string, Script][])('an abort %s throws the reason of the signal and hangs up', async (_when, script) => {
  const left = Promise.withResolvers<void>()
  const abort = new AbortController()
  await using server = vendorServer(geminiWire, async (reply, request) => {
    await script(reply, request)
    abort.abort(new Error('cancelled by a person'))
    await reply.gone
    left.resolve()
  })
  await expect(Array.fromAsync(open(server.url).stream(REQUEST, abort.signal))).rejects.toThrow('cancelled by a person')
  await left.promise
})

test('who stops reading hangs up', async () => {
  const left = Promise.withResolvers<void>()
  await using server = vendorServer(geminiWire, async (reply) => {
    reply.text('never ending')
    await reply.gone
    left.resolve()
  })
  for await (const _ of open(server.url).stream(REQUEST, new AbortController().signal)) break
  await left.promise
})

test('the vendor counts what a request would send, rules and tools too', async () => {
  await using server = vendorServer(geminiWire, says('x'))
  expect(await open(server.url).countTokens!({ ...REQUEST, tools: TOOLS }, new AbortController().signal)).toBe(17)
  const { path, body } = server.others[0]!
  expect(path).toBe('/v1beta/models/gemini-3.8-flash:countTokens')
  expect(body.contents[0].parts.map((part: { text: string }) => part.text)).toEqual([
    'You write files.',
    'The plan.',
    expect.stringContaining('"name":"read"'),
  ])
  expect(body.contents[1]).toEqual({ role: 'user', parts: [{ text: 'Write it.' }] })
})

test.each([
  ['gemini-3.8-flash', true],
  ['gemini-9-ultra-preview-05-20', true],
  ['gemma-3-27b-it', true],
  ['claude-sonnet-5-5', false],
  ['gemini-x?key=1', false],
  ['gemini-../../x', false],
])('the id %s can be asked for: %s', (id, takes) => {
  expect(open('http://127.0.0.1').takes(id)).toBe(takes)
})

function saysNo(code: number, message: string, details: object[] = []): Script {
  return (reply) => reply.answer(code, JSON.stringify({ error: { code, message, status: 'X', details } }))
}

function calls(call: ToolCall): Script {
  return (reply) => {
    reply.call(call)
    reply.finish('tools')
  }
}

function open(baseUrl: string) {
  return googleProvider({ apiKey: KEY, baseUrl })
}

async function answers(script: Script): Promise<Chunk[]> {
  await using server = vendorServer(geminiWire, script)
  return await collect(open(server.url), REQUEST)
}

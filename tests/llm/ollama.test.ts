import { describe, expect, test } from 'bun:test'
import { z } from 'zod'
import { ollamaProvider } from '../../src/llm/ollama.ts'
import type { Chunk, ModelRequest, Tool } from '../../src/llm/provider.ts'
import { listModels } from '../../src/llm/setup/list-models.ts'
import { breaks, fails, says } from '../vendors/misbehaviours.ts'
import { ollamaWire } from '../vendors/ollama.ts'
import { type Script, vendorServer } from '../vendors/wire.ts'
import { callsIn, collect, failureOf, QUESTION, textOf, withResults } from './asking.ts'

const REQUEST: ModelRequest = { ...QUESTION, model: 'qwen3:8b' }
const TOOLS: Tool[] = [{ name: 'read', description: 'Reads a file.', zod: z.object({ path: z.string() }) }]
const CALL = { id: 'call_1', name: 'read', input: '{"path":"a.ts"}' }

test('an answer streams as text, usage and an explicit finish', async () => {
  const chunks = await answers(says('Hello, wörld', { size: 5 }))
  expect(textOf(chunks)).toBe('Hello, wörld')
  expect(chunks.slice(-2)).toEqual([
    { type: 'usage', inputTokens: 17, outputTokens: 42, cachedTokens: 0 },
    { type: 'finish', reason: 'stop' },
  ])
})

test('the server gets the rules, the turns and a window, and is told to cut nothing', async () => {
  await using server = vendorServer(ollamaWire(), says('ok'))
  await collect(open(server.url), {
    ...REQUEST,
    messages: [...REQUEST.messages, { role: 'assistant', content: 'Half.' }, { role: 'user', content: 'Go on.' }],
  })
  const { path, body, headers } = server.asked[0]!
  expect(path).toBe('/api/chat')
  expect(headers.authorization).toBeUndefined()
  expect(body).toEqual({
    model: 'qwen3:8b',
    stream: true,
    truncate: false,
    shift: false,
    messages: [
      { role: 'system', content: 'You write files.\n\nThe plan.' },
      { role: 'user', content: 'Write it.' },
      { role: 'assistant', content: 'Half.' },
      { role: 'user', content: 'Go on.' },
    ],
    options: { num_ctx: 4096, num_predict: 1000 },
  })
})

test('a key is shown where something in front of the server wants one', async () => {
  await using server = vendorServer(ollamaWire(), says('ok'))
  const provider = ollamaProvider({ baseUrl: server.url, apiKey: 'proxy-key', models: [] })
  await Array.fromAsync(provider.stream(REQUEST, new AbortController().signal))
  expect([...server.others, ...server.asked].map(({ headers }) => headers.authorization)).toEqual(
    Array(3).fill('Bearer proxy-key'),
  )
})

test('a schema asks for JSON of that shape', async () => {
  await using server = vendorServer(ollamaWire(), says('{}'))
  await collect(open(server.url), {
    ...REQUEST,
    schema: { name: 'plan', zod: z.object({ title: z.string().max(600) }) },
  })
  expect(server.asked[0]!.body.format).toEqual({
    type: 'object',
    properties: { title: { type: 'string' } },
    required: ['title'],
  })
})

test('thinking is told apart from text', async () => {
  const chunks = await answers((reply) => {
    reply.thinking('hm')
    reply.text('yes')
    reply.finish()
  })
  expect(chunks.map(({ type }) => type)).toEqual(['thinking', 'text', 'usage', 'finish'])
  expect(textOf(chunks)).toBe('yes')
})

test.each([
  ['stop', 'stop'],
  ['length', 'length'],
  ['load', 'other'],
  ['a reason of next year', 'other'],
  [undefined, 'stop'],
])('the done reason %s is the finish %s', async (done_reason, finish) => {
  const chunks = await answers((reply) => {
    reply.send(`${JSON.stringify({ message: { content: '' }, done: true, done_reason })}\n`)
    reply.close()
  })
  expect(chunks.at(-1)).toEqual({ type: 'finish', reason: finish as 'stop' })
})

test('a connection that closes in the middle has no finish', async () => {
  expect((await answers(breaks('half', (reply) => reply.close()))).some(({ type }) => type === 'finish')).toBe(false)
})

test('an answer that is split at every byte is the same answer', async () => {
  const chunks = await answers(async (reply) => {
    await reply.sendByByte(reply.frames.text('Grüße, 世界 👋') + reply.frames.finish('stop').trimEnd())
    reply.close()
  })
  expect(textOf(chunks)).toBe('Grüße, 世界 👋')
  expect(chunks.at(-1)).toEqual({ type: 'finish', reason: 'stop' })
})

describe('tools:', () => {
  test('the server gets them with their shapes', async () => {
    await using server = vendorServer(ollamaWire(), says('ok'))
    await collect(open(server.url), { ...REQUEST, tools: TOOLS })
    expect(server.asked[0]!.body.tools).toEqual([
      {
        type: 'function',
        function: {
          name: 'read',
          description: 'Reads a file.',
          parameters: expect.objectContaining({ properties: { path: { type: 'string' } }, required: ['path'] }),
        },
      },
    ])
  })

  test('calls come whole, each with an id that is new in the conversation, and go back with their results', async () => {
    await using server = vendorServer(ollamaWire(), (reply) => {
      reply.call(CALL)
      reply.call({ ...CALL, input: '{}' })
      reply.finish('tools')
    })
    const first = await collect(open(server.url), REQUEST)
    const calls = callsIn(first)
    expect(calls).toEqual([
      { id: 'hearth_1', name: 'read', input: '{"path":"a.ts"}' },
      { id: 'hearth_2', name: 'read', input: '{}' },
    ])
    expect(first.at(-1)).toEqual({ type: 'finish', reason: 'tools' })

    const second = await collect(open(server.url), { ...REQUEST, messages: withResults(REQUEST, calls) })
    expect(callsIn(second)[0]!.id).toBe('hearth_3')
    expect(server.asked[1]!.body.messages.slice(2)).toEqual([
      {
        role: 'assistant',
        content: '',
        tool_calls: [
          { id: 'hearth_1', function: { name: 'read', arguments: { path: 'a.ts' } } },
          { id: 'hearth_2', function: { name: 'read', arguments: {} } },
        ],
      },
      { role: 'tool', content: 'done', tool_name: 'read', tool_call_id: 'hearth_1' },
      { role: 'tool', content: 'done', tool_name: 'read', tool_call_id: 'hearth_2' },
    ])
  })

  test('an input that another model broke is told in words', async () => {
    await using server = vendorServer(ollamaWire(), says('ok'))
    await collect(open(server.url), { ...REQUEST, messages: withResults(REQUEST, [{ ...CALL, input: '{"path": "a' }]) })
    expect(server.asked[0]!.body.messages[2].tool_calls[0].function.arguments).toEqual({ unreadable: '{"path": "a' })
  })
})

describe('a failure is a DomainError that says what to do', () => {
  const cases: [string, Script, string, boolean, RegExp][] = [
    [
      'a model that is not there',
      fails(404, {}, 'model "qwen3:8b" not found, try pulling it first'),
      'unknown_model',
      false,
      /ollama pull qwen3:8b/,
    ],
    [
      'a model without tools',
      fails(400, {}, 'registry.ollama.ai/library/gemma3:270m does not support tools'),
      'model_bad_request',
      false,
      /can't use tools/,
    ],
    [
      'a machine that is too small',
      fails(500, {}, 'model requires more system memory (9.3 GiB) than is available (5.1 GiB)'),
      'model_too_big',
      false,
      /not enough memory/,
    ],
    ['400', fails(400), 'model_bad_request', false, /refused/],
    ['401', fails(401), 'model_auth', false, /key/],
    ['429', fails(429, { 'retry-after': '7' }), 'model_rate_limited', true, /slow down/],
    ['500', fails(500, {}, 'llama runner process has terminated'), 'model_unavailable', true, /broke off/],
    [
      '503',
      fails(503, {}, 'server busy, please try again. maximum pending requests exceeded'),
      'model_unavailable',
      true,
      /./,
    ],
    [
      'an error in the stream',
      breaks('a', (reply) => reply.error('an error was encountered while running the model')),
      'model_unavailable',
      true,
      /broke off/,
    ],
    [
      'too little memory in the stream',
      breaks('a', (reply) => reply.error('CUDA error: out of memory')),
      'model_too_big',
      false,
      /memory/,
    ],
    [
      'a broken line',
      breaks('a', (reply) => reply.send(reply.frames.broken())),
      'model_unavailable',
      true,
      /broke off/,
    ],
    ['a line that is no object', breaks('a', (reply) => reply.send('42\n')), 'model_unavailable', true, /broke off/],
    [
      'a web page',
      (reply) => reply.answer(200, '<p>', { 'content-type': 'text/html' }),
      'model_wrong_address',
      false,
      /address/,
    ],
    [
      'a redirect',
      (reply) => reply.answer(302, '', { location: 'http://127.0.0.1:9/' }),
      'model_wrong_address',
      false,
      /address/,
    ],
    ['a line without end', (reply) => reply.text('x'.repeat(2_000_000)), 'model_unavailable', true, /broke off/],
    ['a reset', breaks('a', (reply) => reply.reset()), 'model_unavailable', true, /broke off/],
    ['a reset at once', (reply) => reply.reset(), 'model_unavailable', true, /does not answer at 127\.0\.0\.1/],
    [
      'a connection that closes in mid-response',
      breaks('a', (reply) => reply.hangUp()),
      'model_unavailable',
      true,
      /broke off/,
    ],
  ]
  test.each(cases)('%s', async (_name, script, code, retryable, sentence) => {
    await using server = vendorServer(ollamaWire(), script)
    const error = (await failureOf(collect(open(server.url), REQUEST))) as Error
    expect(error).toMatchObject({ name: 'DomainError', code, retryable })
    expect(error.message).toMatch(sentence)
    expect(server.asked).toHaveLength(1)
  })

  test('a server that does not know the model when asked about it', async () => {
    const wire = { ...ollamaWire(), other: () => undefined, failure: () => ({ error: "model 'qwen3:8b' not found" }) }
    await using server = vendorServer(wire, says('x'))
    expect(await failureOf(collect(open(server.url), REQUEST))).toMatchObject({ code: 'unknown_model' })
    expect(server.asked).toHaveLength(0)
  })

  test('a server that is not there, at an address with a password', async () => {
    const server = vendorServer(ollamaWire(), says('x'))
    await server[Symbol.asyncDispose]()
    const error = (await failureOf(collect(open(server.url.replace('//', '//me:hunter2@')), REQUEST))) as Error
    expect(error).toMatchObject({ code: 'model_unavailable', retryable: true })
    expect(error.message).toContain(`Ollama does not answer at ${new URL(server.url).host}. Start it`)
    expect(Bun.inspect(error, { depth: 10 })).not.toContain('hunter2')
  })
})

test.each([
  ['in the middle', (reply) => reply.text('never ending')],
  ['before the headers', () => {}],
  ['before the content', (reply) => reply.open()],
] as [string, Script][])('an abort %s throws the reason of the signal and hangs up', async (_when, script) => {
  const left = Promise.withResolvers<void>()
  const abort = new AbortController()
  await using server = vendorServer(ollamaWire(), async (reply, request) => {
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
  await using server = vendorServer(ollamaWire(), async (reply) => {
    reply.text('never ending')
    await reply.gone
    left.resolve()
  })
  for await (const _ of open(server.url).stream(REQUEST, new AbortController().signal)) break
  await left.promise
})

test('the models of a server that are offered are those that answer in words', async () => {
  await using server = vendorServer(ollamaWire(), says('x'))
  const asked = { kind: 'ollama', label: 'Ollama', apiKey: undefined, scheme: 'bearer', baseUrl: server.url } as const
  expect(await listModels(asked, 5_000)).toEqual({ ok: true, models: ['qwen3:8b', 'gemma3:270m'] })
})

function open(baseUrl: string) {
  return ollamaProvider({ baseUrl, models: ['qwen3:8b'] })
}

async function answers(script: Script): Promise<Chunk[]> {
  await using server = vendorServer(ollamaWire(), script)
  return await collect(open(server.url), REQUEST)
}

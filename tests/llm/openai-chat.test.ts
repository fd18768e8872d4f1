import { afterEach, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { z } from 'zod'
import { prompt, promptVersion } from '../../src/llm/prompts.ts'
import { breaks, fails, says } from '../vendors/misbehaviours.ts'
import { openaiWire } from '../vendors/openai.ts'
import { vendorServer } from '../vendors/wire.ts'
import {
  ask,
  callsIn,
  collect,
  fail,
  failureOf,
  KEY,
  open,
  openLocal,
  openXai,
  REQUEST,
  raw,
  textOf,
} from './chat-questions.ts'

const SCHEMA = { name: 'plan', zod: z.object({ title: z.string().max(80) }) }
const TOOLS = [{ name: 'read_file', description: 'Reads a file.', zod: z.object({ path: z.string() }) }]

test('an answer streams as text, usage and an explicit finish', async () => {
  const { chunks } = await ask(says('Hello, wörld', { size: 5 }))
  expect(textOf(chunks)).toBe('Hello, wörld')
  expect(chunks.filter((chunk) => chunk.type === 'text')).toHaveLength(3)
  expect(chunks.filter((chunk) => chunk.type === 'finish')).toEqual([{ type: 'finish', reason: 'stop' }])
  expect(chunks.filter((chunk) => chunk.type === 'usage')).toEqual([
    { type: 'usage', inputTokens: 17, outputTokens: 42, cachedTokens: 5, cacheWriteTokens: 0 },
  ])
})

test('the vendor gets the key, the rules with the context, the turns and the limit, and nothing else', async () => {
  const { server } = await ask(says('ok'))
  const { headers, body, path } = server.asked[0]!
  expect(path).toBe('/v1/chat/completions')
  expect(headers.authorization).toBe(`Bearer ${KEY}`)
  expect(Object.keys(headers).filter((name) => /stainless|openai/.test(name))).toEqual([])
  expect(body).toEqual({
    model: 'gpt-6.2-sol',
    messages: [
      { role: 'system', content: 'You write files.\n\nThe plan.' },
      { role: 'user', content: 'Write it.' },
    ],
    stream: true,
    stream_options: { include_usage: true },
    max_completion_tokens: 1000,
  })
})

test('xAI and other servers get the older name of the limit; a server without a key gets none', async () => {
  await using server = vendorServer(openaiWire, says('ok'))
  await collect(openXai(server), { ...REQUEST, model: 'grok-4.6' })
  await collect(openLocal(server), { ...REQUEST, model: 'm' })
  const [xai, local] = server.asked
  expect(xai).toMatchObject({ path: '/v1/chat/completions', body: { model: 'grok-4.6', max_tokens: 1000 } })
  expect(local).toMatchObject({ path: '/v1/chat/completions', body: { model: 'm', max_tokens: 1000 } })
  expect([xai!.headers.authorization, local!.headers.authorization]).toEqual([`Bearer ${KEY}`, undefined])
})

describe('the environment', () => {
  const NAMES = ['OPENAI_BASE_URL', 'OPENAI_ORG_ID', 'OPENAI_PROJECT_ID', 'OPENAI_ADMIN_KEY', 'OPENAI_CUSTOM_HEADERS']
  afterEach(() => {
    for (const name of NAMES) delete process.env[name]
  })

  test('is not looked at: what goes where is settled by the settings alone', async () => {
    for (const name of NAMES) process.env[name] = 'http://127.0.0.1:9/v1'
    process.env.OPENAI_CUSTOM_HEADERS = 'x-spy: 1'
    const { server } = await ask(says('ok'))
    const { headers } = server.asked[0]!
    expect(headers.authorization).toBe(`Bearer ${KEY}`)
    expect(Object.keys(headers).filter((name) => /spy|openai/.test(name))).toEqual([])
  })
})

test('a schema asks for structured output, in the strict form where it has one', async () => {
  const { server } = await ask(says('{}'), { ...REQUEST, schema: SCHEMA })
  expect(server.asked[0]!.body.response_format).toEqual({
    type: 'json_schema',
    json_schema: {
      name: 'plan',
      strict: true,
      schema: expect.objectContaining({ type: 'object', required: ['title'], additionalProperties: false }),
    },
  })
  const loose = { name: 'plan', zod: z.object({ title: z.string().optional() }) }
  const { server: other } = await ask(says('{}'), { ...REQUEST, schema: loose })
  const { json_schema } = other.asked[0]!.body.response_format
  expect(json_schema).toEqual({ name: 'plan', schema: expect.objectContaining({ type: 'object' }) })
})

test.each([400, 422, 501])(
  'a server that refuses a schema with %d is told the shape in words, from then on',
  async (status) => {
    await using server = vendorServer(openaiWire, fails(status), says('{"title":"x"}'))
    const provider = openLocal(server)
    const request = { ...REQUEST, model: 'm', schema: SCHEMA }
    expect(textOf(await collect(provider, request))).toBe('{"title":"x"}')
    await collect(provider, request)
    expect(server.asked.map(({ body }) => body.response_format !== undefined)).toEqual([true, false, false])
    expect(server.asked[1]!.body.messages[0].content).toMatch(
      /^You write files\.\n\nThe plan\.\n\nAnswer with one JSON object.*"title"/s,
    )
  },
)

test('a request that is refused in words too fails, and the schema is tried again the next time', async () => {
  await using server = vendorServer(openaiWire, fails(400))
  const provider = openLocal(server)
  for (const _ of [1, 2])
    expect(await failureOf(collect(provider, { ...REQUEST, model: 'm', schema: SCHEMA }))).toMatchObject({
      code: 'model_bad_request',
    })
  expect(server.asked.map(({ body }) => body.response_format !== undefined)).toEqual([true, false, true, false])
})

test('OpenAI, which knows schemas, is asked once', async () => {
  const { server } = await fail(fails(400), open, { ...REQUEST, schema: SCHEMA })
  expect(server.asked).toHaveLength(1)
})

test('the shape in words is sent as it was agreed for its version', async () => {
  const file = `${promptVersion('answer-shape').replace('@', '.v')}.txt`
  const sent = prompt('answer-shape', { schema: '{"type":"object","properties":{"a":{"const":"<b>"}}}' })
  expect(`${sent}\n`).toBe(await Bun.file(join(import.meta.dir, 'golden', file)).text())
})

test('thinking is told apart from text, and keep-alives and empty pieces from both', async () => {
  const { chunks } = await ask((reply) => {
    reply.ping()
    reply.thinking('hm')
    reply.send('data: {"choices":[{"index":0,"delta":{"reasoning":"hm"},"finish_reason":null}]}\n\n')
    reply.text('')
    reply.ping()
    reply.text('yes')
    reply.finish()
  })
  expect(chunks.map((chunk) => chunk.type)).toEqual(['thinking', 'thinking', 'text', 'finish', 'usage'])
})

test.each([
  ['stop', 'stop'],
  ['length', 'length'],
  ['content_filter', 'refusal'],
  ['a reason of next year', 'other'],
  ['constructor', 'other'],
])('the finish reason %s is the finish %s', async (said, reason) => {
  const { chunks } = await ask(raw({ choices: [{ delta: { content: 'x' }, finish_reason: said }] }))
  expect(chunks).toEqual([
    { type: 'text', text: 'x' },
    { type: 'finish', reason: reason as 'stop' },
  ])
})

test('a model that declines in structured output has refused, whatever its finish reason', async () => {
  const { chunks } = await ask(
    raw({ choices: [{ delta: { refusal: 'I can’t' } }] }, { choices: [{ delta: {}, finish_reason: 'stop' }] }),
  )
  expect(chunks).toEqual([{ type: 'finish', reason: 'refusal' }])
})

test.each([null, '', undefined])('a finish reason of %p is none', async (finish_reason) => {
  const { chunks } = await ask(raw({ choices: [{ delta: { content: 'x' }, finish_reason }] }))
  expect(chunks).toEqual([{ type: 'text', text: 'x' }])
})

test('a connection that closes in the middle without a word has no finish', async () => {
  const { chunks } = await ask(breaks('half', (reply) => reply.close()))
  expect(textOf(chunks)).toBe('half')
  expect(chunks.some((chunk) => chunk.type === 'finish')).toBe(false)
})

test('usage is read wherever it comes, also without choices, and thinking that a vendor leaves out of it is counted', async () => {
  const usage = { prompt_tokens: 32, completion_tokens: 9, total_tokens: 135, prompt_tokens_details: null }
  for (const choices of [null, [], [{ delta: null, finish_reason: null }]]) {
    const { chunks } = await ask(raw({ choices, usage }))
    expect(chunks).toEqual([
      { type: 'usage', inputTokens: 32, outputTokens: 103, cachedTokens: 0, cacheWriteTokens: 0 },
    ])
  }
})

describe('tools', () => {
  test('are offered with their schema, and their calls arrive in pieces and then whole', async () => {
    const { chunks, server } = await ask(
      (reply) => {
        reply.text('Let me see. ')
        reply.call({ id: 'call_a', name: 'read_file', input: '{"path":"a.md"}' })
        reply.call({ id: 'call_b', name: 'read_file', input: '{"path":"b.md"}' })
        reply.finish('tools')
      },
      { ...REQUEST, tools: TOOLS },
    )
    expect(server.asked[0]!.body.tools).toEqual([
      {
        type: 'function',
        function: {
          name: 'read_file',
          description: 'Reads a file.',
          parameters: expect.objectContaining({ properties: { path: { type: 'string' } } }),
        },
      },
    ])
    const pieces = chunks.filter((chunk) => chunk.type === 'calling' && chunk.id === 'call_b')
    expect(pieces.map((chunk) => chunk.type === 'calling' && chunk.delta).join('')).toBe('{"path":"b.md"}')
    expect(chunks.slice(-4, -1)).toEqual([
      { type: 'call', call: { id: 'call_a', name: 'read_file', input: '{"path":"a.md"}' } },
      { type: 'call', call: { id: 'call_b', name: 'read_file', input: '{"path":"b.md"}' } },
      { type: 'finish', reason: 'tools' },
    ])
  })

  test('malformed input is passed on as it was written', async () => {
    const { chunks } = await ask((reply) => {
      reply.call({ id: 'call_a', name: 'read_file', input: '{"path": "a' })
      reply.finish('tools')
    })
    expect(callsIn(chunks)).toEqual([{ id: 'call_a', name: 'read_file', input: '{"path": "a' }])
  })

  test('a call that was cut is none', async () => {
    const { chunks } = await ask((reply) => {
      reply.call({ id: 'call_a', name: 'read_file', input: '{"path": "a' })
      reply.finish('length')
    })
    expect(callsIn(chunks)).toEqual([])
    expect(chunks).toContainEqual({ type: 'finish', reason: 'length' })
  })

  test('calls without ids, all numbered 0, or finished with “stop” are calls all the same', async () => {
    const call = (id: string | undefined, args: string) => ({
      choices: [{ delta: { tool_calls: [{ index: 0, id, function: { name: 'read_file', arguments: args } }] } }],
    })
    const stop = { choices: [{ delta: {}, finish_reason: 'stop' }] }
    const { chunks } = await ask(raw(call('x', '1'), call('y', '2'), stop))
    expect(callsIn(chunks).map(({ id, input }) => [id, input])).toEqual([
      ['x', '1'],
      ['y', '2'],
    ])
    const { chunks: nameless } = await ask(raw(call(undefined, '{}'), stop))
    expect(callsIn(nameless)).toEqual([{ id: 'call_1', name: 'read_file', input: '{}' }])
    expect(nameless.at(-1)).toEqual({ type: 'finish', reason: 'tools' })
  })

  test('past calls and their results go back as the vendor wants them, broken input as an object', async () => {
    const { server } = await ask(says('ok'), {
      ...REQUEST,
      messages: [
        { role: 'user', content: 'Look.' },
        {
          role: 'assistant',
          content: '',
          calls: [
            { id: 'a', name: 'read_file', input: '{"path":"a.md"}' },
            { id: 'b', name: 'read_file', input: '{"pa' },
          ],
        },
        {
          role: 'tool',
          results: [
            { call: 'a', name: 'read_file', content: 'Hello' },
            { call: 'b', name: 'read_file', content: 'Broken JSON.', failed: true },
          ],
        },
      ],
    })
    const call = (id: string, args: string) => ({
      id,
      type: 'function',
      function: { name: 'read_file', arguments: args },
    })
    expect(server.asked[0]!.body.messages.slice(2)).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [call('a', '{"path":"a.md"}'), call('b', '{"unreadable":"{\\"pa"}')],
      },
      { role: 'tool', tool_call_id: 'a', content: 'Hello' },
      { role: 'tool', tool_call_id: 'b', content: 'Broken JSON.' },
    ])
  })
})

test('an abort throws the reason of the signal and hangs up', async () => {
  const left = Promise.withResolvers<void>()
  await using server = vendorServer(openaiWire, async (reply) => {
    reply.text('never ending')
    await reply.gone
    left.resolve()
  })
  const abort = new AbortController()
  const reading = (async () => {
    for await (const chunk of open(server).stream(REQUEST, abort.signal))
      if (chunk.type === 'text') abort.abort(new Error('cancelled by a person'))
  })()
  await expect(reading).rejects.toThrow('cancelled by a person')
  await left.promise
})

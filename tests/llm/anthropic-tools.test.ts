import { expect, test } from 'bun:test'
import { z } from 'zod'
import { anthropicProvider } from '../../src/llm/anthropic.ts'
import type { ModelRequest, Tool } from '../../src/llm/provider.ts'
import { modelServer, type Reply, says } from '../support/model-server.ts'
import { callsIn, collect, QUESTION, withResults } from './asking.ts'

const KEY = 'sk-ant-very-secret-0123456789'
const REQUEST: ModelRequest = { ...QUESTION, model: 'claude-sonnet-5-5' }

const TOOLS: Tool[] = [
  { name: 'list', description: 'Lists files.', zod: z.object({}) },
  { name: 'read', description: 'Reads a file.', zod: z.object({ path: z.string() }) },
]

test('the vendor gets them with their shapes, and the last of each stable part to cache: four in all', async () => {
  await using server = modelServer(says('ok'))
  await collect(open(server.url), { ...REQUEST, tools: TOOLS })
  const { body } = server.calls[0]!

  expect(body.tools).toEqual([
    { name: 'list', description: 'Lists files.', input_schema: expect.objectContaining({ type: 'object' }) },
    {
      name: 'read',
      description: 'Reads a file.',
      input_schema: expect.objectContaining({ properties: { path: { type: 'string' } }, required: ['path'] }),
      cache_control: { type: 'ephemeral' },
    },
  ])
  expect(body.messages).toEqual([
    { role: 'user', content: [{ type: 'text', text: 'Write it.', cache_control: { type: 'ephemeral' } }] },
  ] as never)
  expect(JSON.stringify(body).match(/cache_control/g)).toHaveLength(4)
})

test('a call arrives in pieces and then whole, and the turn ends for its results', async () => {
  await using server = modelServer((reply) => {
    reply.text('Looking.')
    toolUse(reply, 1, 'toolu_1', 'read', ['{"pa', 'th":"a.ts"}'])
    toolUse(reply, 2, 'toolu_2', 'list', [])
    reply.finish('tool_use')
  })
  const chunks = await collect(open(server.url), { ...REQUEST, tools: TOOLS })

  const pieces = chunks.flatMap((chunk) => (chunk.type === 'calling' && chunk.id === 'toolu_1' ? [chunk.delta] : []))
  expect(pieces.join('')).toBe('{"path":"a.ts"}')
  expect(callsIn(chunks)).toEqual([
    { id: 'toolu_1', name: 'read', input: '{"path":"a.ts"}' },
    { id: 'toolu_2', name: 'list', input: '{}' },
  ])
  expect(chunks.at(-1)).toEqual({ type: 'finish', reason: 'tools' })
})

test('an input that a model broke arrives as it was written, and can be sent back', async () => {
  await using server = modelServer((reply) => {
    toolUse(reply, 1, 'toolu_1', 'read', ['{"path": "a', '\u0007\n'])
    reply.finish('tool_use')
  })
  const call = callsIn(await collect(open(server.url), REQUEST))[0]!
  expect(call.input).toBe('{"path": "a\u0007\n')

  await collect(open(server.url), { ...REQUEST, messages: withResults(REQUEST, [call]) })
  expect(server.calls[1]!.body.messages[1]).toEqual({
    role: 'assistant',
    content: [{ type: 'tool_use', id: 'toolu_1', name: 'read', input: { unreadable: call.input } }],
  } as never)
})

test('the thinking before a call goes back with it, unchanged, to the same model only', async () => {
  await using server = modelServer((reply) => {
    reply.start()
    reply.event('content_block_start', { index: 1, content_block: { type: 'thinking', thinking: '', signature: '' } })
    reply.event('content_block_delta', { index: 1, delta: { type: 'thinking_delta', thinking: 'Which ' } })
    reply.event('content_block_delta', { index: 1, delta: { type: 'thinking_delta', thinking: 'file?' } })
    reply.event('content_block_delta', { index: 1, delta: { type: 'signature_delta', signature: 'Eq8' } })
    reply.event('content_block_stop', { index: 1 })
    reply.event('content_block_start', { index: 2, content_block: { type: 'redacted_thinking', data: 'xyz' } })
    reply.event('content_block_stop', { index: 2 })
    toolUse(reply, 3, 'toolu_1', 'read', ['{"path":"a.ts"}'])
    reply.finish('tool_use')
  })
  const call = callsIn(await collect(open(server.url), REQUEST))[0]!
  const asked = { ...REQUEST, messages: withResults(REQUEST, [call]) }
  await collect(open(server.url), asked)
  await collect(open(server.url), { ...asked, model: 'claude-opus-5-5' })

  const use = { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a.ts' } }
  expect(server.calls[1]!.body.messages[1]!.content as unknown).toEqual([
    { type: 'thinking', thinking: 'Which file?', signature: 'Eq8' },
    { type: 'redacted_thinking', data: 'xyz' },
    use,
  ])
  expect(server.calls[2]!.body.messages[1]!.content as unknown).toEqual([use])
})

test('thinking after the first word has no known place in the turn, and stays away', async () => {
  await using server = modelServer((reply) => {
    reply.text('Looking.')
    reply.event('content_block_start', { index: 1, content_block: { type: 'redacted_thinking', data: 'xyz' } })
    reply.event('content_block_stop', { index: 1 })
    toolUse(reply, 2, 'toolu_1', 'read', ['{}'])
    reply.finish('tool_use')
  })
  expect(callsIn(await collect(open(server.url), REQUEST))).toEqual([{ id: 'toolu_1', name: 'read', input: '{}' }])
})

test('results go back in the user’s turn, a failed one marked', async () => {
  await using server = modelServer(says('ok'))
  const call = { id: 'toolu_1', name: 'read', input: '{"path":"a.ts"}' }
  const results = [{ call: 'toolu_1', name: 'read', content: 'There is no a.ts.', failed: true }]
  await collect(open(server.url), {
    ...REQUEST,
    messages: [
      ...REQUEST.messages,
      { role: 'assistant', content: 'Looking.', calls: [call] },
      { role: 'tool', results },
    ],
  })
  expect(server.calls[0]!.body.messages.slice(1) as unknown).toEqual([
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'Looking.' },
        { type: 'tool_use', id: 'toolu_1', name: 'read', input: { path: 'a.ts' } },
      ],
    },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'There is no a.ts.', is_error: true }],
    },
  ])
})

test('a conversation with tools, as it is sent: four parts that the vendor caches', async () => {
  await using server = modelServer(says('ok'))
  const calls = [{ id: 'toolu_1', name: 'look', input: '{}' }]
  await collect(open(server.url), {
    ...REQUEST,
    tools: [{ name: 'look', description: 'Looks.', zod: z.object({}) }],
    messages: withResults(REQUEST, calls),
    task: { kind: 'chat', brief: '' },
  })
  const cache_control = { type: 'ephemeral' }
  expect(server.calls[0]!.body as unknown).toEqual({
    model: 'claude-sonnet-5-5',
    max_tokens: 1000,
    stream: true,
    thinking: { type: 'adaptive', display: 'summarized' },
    tools: [{ name: 'look', description: 'Looks.', input_schema: { type: 'object', properties: {} }, cache_control }],
    system: [
      { type: 'text', text: 'You write files.', cache_control },
      { type: 'text', text: 'The plan.', cache_control },
    ],
    messages: [
      { role: 'user', content: 'Write it.' },
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'look', input: {} }] },
      {
        role: 'user',
        content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'done', is_error: false, cache_control }],
      },
    ],
  })
})

function toolUse(reply: Reply, index: number, id: string, name: string, pieces: string[]) {
  reply.start()
  reply.event('content_block_start', { index, content_block: { type: 'tool_use', id, name, input: {} } })
  for (const partial_json of pieces)
    reply.event('content_block_delta', { index, delta: { type: 'input_json_delta', partial_json } })
  reply.event('content_block_stop', { index })
}

function open(baseUrl: string) {
  return anthropicProvider({ apiKey: KEY, baseUrl })
}

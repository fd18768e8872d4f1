import { expect, test } from 'bun:test'
import { readConfig } from '../../src/config.ts'
import type { Choice } from '../../src/llm/models.ts'
import { ollamaProvider } from '../../src/llm/ollama.ts'
import { openModels } from '../../src/llm/open-models.ts'
import type { ModelRequest } from '../../src/llm/provider.ts'
import { placesOf } from '../../src/llm/setup/places.ts'
import { stoppedClock } from '../support/clock.ts'
import { fails, says } from '../vendors/misbehaviours.ts'
import { type LocalModel, ollamaWire } from '../vendors/ollama.ts'
import { type Script, vendorServer } from '../vendors/wire.ts'
import { collect, failureOf, QUESTION } from './asking.ts'

const REQUEST: ModelRequest = { ...QUESTION, model: 'qwen3:8b' }

const cases: [
  string,
  LocalModel,
  Partial<ModelRequest>,
  number | undefined,
  { num_ctx: number; num_predict: number },
][] = [
  ['a small question gets a small one', { window: 131_072 }, {}, undefined, { num_ctx: 4096, num_predict: 1000 }],
  [
    'a large one what it needs, in powers of two',
    { window: 131_072 },
    { context: 'x'.repeat(30_000) },
    undefined,
    { num_ctx: 16_384, num_predict: 1000 },
  ],
  [
    'room is kept for an answer of 6,144 tokens, however long it may be',
    { window: 131_072 },
    { maxOutputTokens: 32_000 },
    undefined,
    { num_ctx: 8192, num_predict: 8138 },
  ],
  [
    'never more than the model has',
    { window: 8192 },
    { context: 'x'.repeat(22_000) },
    undefined,
    { num_ctx: 8192, num_predict: 807 },
  ],
  [
    'and all that the model has, where that is needed',
    { window: 131_072 },
    { context: 'x'.repeat(300_000) },
    undefined,
    { num_ctx: 131_072, num_predict: 1000 },
  ],
  [
    'nor than the owner allows',
    { window: 131_072 },
    { context: 'x'.repeat(95_000) },
    20_000,
    { num_ctx: 20_000, num_predict: 256 },
  ],
  [
    'nor than 32,768 where nobody tells',
    { window: undefined },
    { context: 'x'.repeat(110_000) },
    undefined,
    { num_ctx: 32_768, num_predict: 256 },
  ],
  [
    'unless the owner allows more',
    { window: undefined },
    { context: 'x'.repeat(110_000) },
    65_536,
    { num_ctx: 65_536, num_predict: 1000 },
  ],
  [
    'nor than the Modelfile says',
    { window: 131_072, numCtx: 6000 },
    { context: 'x'.repeat(15_000) },
    undefined,
    { num_ctx: 6000, num_predict: 949 },
  ],
]
test.each(cases)('%s', async (_what, model, change, atMost, options) => {
  await using server = vendorServer(ollamaWire(model), says('ok'))
  const provider = ollamaProvider({
    baseUrl: server.url,
    models: [],
    ...(atMost ? { contextAtMost: () => atMost } : {}),
  })
  await Array.fromAsync(provider.stream({ ...REQUEST, ...change }, new AbortController().signal))
  expect(server.asked[0]!.body.options).toEqual(options)
})

test.each([
  ['what the model has is what it may be given', {}, 131_072],
  ['but for what the owner says of it in the settings', { 'ollama/qwen3:8b': { context: 70_000 } }, 70_000],
])('as it is set up: %s', async (_what, overrides, window) => {
  await using server = vendorServer(ollamaWire({ window: 131_072 }), says('ok'))
  const { vendors } = readConfig({ OLLAMA_HOST: server.url })
  const places = placesOf(vendors, { keys: new Map(), servers: new Map() })
  const models = openModels({
    config: { model: undefined, demoBytesPerSecond: 1 },
    setup: { current: { places, chains: {}, overrides } },
    clock: stoppedClock(),
    wrap: (provider) => provider,
  })
  const [{ provider, model }] = models.chain('write', 'ollama/qwen3:8b') as [Choice]
  expect(provider.address).toBe(server.url)
  await collect(provider, { ...REQUEST, model, context: 'x'.repeat(200_000) })
  expect(server.asked[0]!.body.options.num_ctx).toBe(window)
})

test('it does not shrink again, since the server loads a model anew for each other size', async () => {
  await using server = vendorServer(ollamaWire(), says('ok'))
  const provider = open(server.url)
  for (const context of ['', 'x'.repeat(30_000), ''])
    await Array.fromAsync(provider.stream({ ...REQUEST, context }, new AbortController().signal))
  expect(server.asked.map(({ body }) => body.options.num_ctx)).toEqual([4096, 16_384, 16_384])
  expect(server.others.map(({ path }) => path).sort()).toEqual(['/api/show', '/api/version'])
})

test('the server is asked again about a model that it refused', async () => {
  await using server = vendorServer(ollamaWire(), fails(400), says('ok'))
  const provider = open(server.url)
  await failureOf(Array.fromAsync(provider.stream(REQUEST, new AbortController().signal)))
  await Array.fromAsync(provider.stream(REQUEST, new AbortController().signal))
  expect(server.others.filter(({ path }) => path === '/api/show')).toHaveLength(2)
})

test('a prompt that can’t fit is not sent', async () => {
  await using server = vendorServer(ollamaWire({ window: 4096 }), says('ok'))
  const error = await failureOf(collect(open(server.url), { ...REQUEST, context: 'x'.repeat(30_000) }))
  expect(error).toMatchObject({
    code: 'model_context_exceeded',
    retryable: false,
    message:
      'The model qwen3:8b reads 4,096 tokens at once here, and this needs about 10,051. Choose a model with a larger window, or give this one more in the settings.',
  })
  expect(server.asked).toHaveLength(0)
})

test.each([
  ['0.40.1', 1],
  ['0.12.6', 1],
  ['1.0.0', 1],
  ['0.0.0', 1],
  ['0.12.5', 0],
  ['0.9.6', 0],
  ['unknown', 0],
])('a prompt that may not fit is sent to version %s, which says so if it does not: %s', async (version, sent) => {
  await using server = vendorServer(ollamaWire({ window: 4096, version }), says('ok'))
  await collect(open(server.url), { ...REQUEST, context: 'x'.repeat(14_000) }).catch(() => {})
  expect(server.asked).toHaveLength(sent)
})

test.each([
  ['in words', 'the input length exceeds the context length', 54],
  [
    'as another server’s error',
    '{"error":{"code":400,"message":"request (5000 tokens) exceeds the available context size (4096 tokens)","type":"exceed_context_size_error","n_prompt_tokens":5000,"n_ctx":4096}}',
    5000,
  ],
])('what the server does not take is said: %s', async (_how, words, prompt) => {
  await using server = vendorServer(ollamaWire(), fails(400, {}, words))
  expect(await failureOf(collect(open(server.url), REQUEST))).toMatchObject({
    code: 'model_context_exceeded',
    context: { window: 4096, prompt },
  })
})

test('a prompt that the server cut in silence is an error, and no answer', async () => {
  const error = await failureOf(answers(ends({ done_reason: 'stop', prompt_eval_count: 4096, eval_count: 11 })))
  expect(error).toMatchObject({ code: 'model_context_exceeded' })
})

test('an answer for which the server forgot the beginning of the prompt is cut, not whole', async () => {
  const chunks = await answers(ends({ done_reason: 'stop', prompt_eval_count: 4000, eval_count: 111 }))
  expect(chunks.at(-1)).toEqual({ type: 'finish', reason: 'length' })
})

function ends(counts: object): Script {
  return (reply) => {
    reply.text('half')
    reply.send(`${JSON.stringify({ message: { content: '' }, done: true, ...counts })}\n`)
    reply.close()
  }
}

async function answers(script: Script) {
  await using server = vendorServer(ollamaWire(), script)
  return await collect(open(server.url), REQUEST)
}

function open(baseUrl: string) {
  return ollamaProvider({ baseUrl, models: ['qwen3:8b'] })
}

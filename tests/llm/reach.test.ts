import { afterEach, describe, expect, test } from 'bun:test'
import type { Clock } from '../../src/clock.ts'
import { readConfig } from '../../src/config.ts'
import { PURPOSES } from '../../src/llm/provider.ts'
import { placesOf } from '../../src/llm/setup/places.ts'
import { openReach } from '../../src/llm/setup/reach.ts'
import { testApp } from '../support/app.ts'
import { stoppedClock } from '../support/clock.ts'
import { says } from '../vendors/misbehaviours.ts'
import { ollamaWire } from '../vendors/ollama.ts'
import { vendorServer } from '../vendors/wire.ts'

type Answers = Record<string, () => Response | Promise<Response>>

const TAGS = () => Response.json({ models: ['qwen:8b', 'gemma:4b', 'llama:3b'].map((name) => ({ name, size: 1 })) })
const LIST =
  (owned_by: string, ...ids: string[]) =>
  () =>
    Response.json({ object: 'list', data: ids.map((id) => ({ id, object: 'model', owned_by })) })

const open: { [Symbol.dispose](): void }[] = []
afterEach(() => {
  for (const one of open.splice(0)) one[Symbol.dispose]()
})

describe('a server of models nearby', () => {
  test.each([
    ['Ollama', { '/api/tags': TAGS }, { kind: 'ollama', label: 'Ollama', models: ['qwen:8b', 'gemma:4b', 'llama:3b'] }],
    ['Ollama without a model', { '/api/tags': () => Response.json({ models: [] }) }, { label: 'Ollama', models: [] }],
    ['llama.cpp', { '/v1/models': LIST('llamacpp', 'tiny') }, { label: 'llama.cpp', name: 'llama-cpp' }],
    ['vLLM', { '/v1/models': LIST('vllm', 'big') }, { label: 'vLLM', name: 'vllm' }],
    ['LM Studio', { '/v1/models': LIST('organization_owner', 'a', 'b') }, { label: 'LM Studio', models: ['a', 'b'] }],
    ['another', { '/v1/models': LIST('me', 'mine') }, { label: expect.stringContaining('A server at 127.0.0.1:') }],
    [
      'one with a name of JavaScript’s',
      { '/v1/models': LIST('constructor', 'mine') },
      { label: expect.stringContaining('A server at 127.0.0.1:') },
    ],
  ] as [string, Answers, object][])('is offered: %s', async (_, answers, offer) => {
    await using reach = reaching(server(answers))
    expect(await reach.look()).toMatchObject([offer])
    expect(reach.offers()).toHaveLength(1)
  })

  test.each([
    ['a web page', () => new Response('<h1>Router</h1>', { headers: { 'content-type': 'text/html' } })],
    ['JSON of its own', () => Response.json({ data: { status: 'ok' }, models: 'none' })],
    ['a list without models', () => Response.json({ object: 'list', data: [] })],
    [
      'ids that could do harm',
      () => Response.json({ object: 'list', data: [{ id: 'a\nb' }], models: [{ name: '', size: 1 }] }),
    ],
    ['a redirect', () => Response.redirect('http://127.0.0.1:1/v1/models', 307)],
    ['401', () => new Response('{}', { status: 401 })],
    ['200 and no end', () => new Response(endless(), { headers: { 'content-type': 'application/json' } })],
  ] as [string, () => Response | Promise<Response>][])('is not what answers with %s', async (_, answer) => {
    await using reach = reaching(server({ '*': answer }))
    expect(await reach.look()).toEqual([])
  })

  test('is not what never answers: it is waited for a second, and no longer', async () => {
    const clock = stoppedClock()
    const hanging = hangingServer()
    await using reach = reaching(hanging.at, {}, clock)
    const found = reach.look()
    await hanging.asked
    clock.pass(999)
    await Bun.sleep(0)
    expect(Bun.peek.status(found)).toBe('pending')
    clock.pass(1)
    expect(await found).toEqual([])
    expect(hanging.at.asked).toEqual(['GET /api/tags']) // nor is it asked for anything else
  })

  test('is not looked for where one is set up already, however its address is written', async () => {
    const at = server({ '/v1/models': LIST('llamacpp', 'tiny') })
    const { port } = new URL(at.url)
    await using reach = reaching(at, { COMPATIBLE_BASE_URL: `http://localhost:${port}/v1` })
    expect(await reach.look()).toEqual([])
    expect(at.asked).toEqual([])
  })

  test('is asked without any key, and told nothing', async () => {
    const at = server({ '/api/tags': TAGS })
    await using reach = reaching(at, { OPENAI_API_KEY: 'sk-of-the-environment' })
    await reach.look()
    expect(at.asked).toEqual(['GET /api/tags'])
    expect(at.headers.join()).not.toContain('sk-of')
  })
})

test.each([
  ['anthropic', 'bearer', 'GET /v1/models', { authorization: 'Bearer sk-1', 'anthropic-version': '2026-10-21' }],
  ['anthropic', 'x-api-key', 'GET /v1/models', { 'x-api-key': 'sk-1', 'anthropic-version': '2023-06-01' }],
  ['openai', 'bearer', 'GET /v1/models', { authorization: 'Bearer sk-1' }],
  ['xai', 'bearer', 'GET /v1/models', { authorization: 'Bearer sk-1' }],
  ['google', 'bearer', 'GET /v1beta/models', { 'x-goog-api-key': 'sk-1' }],
  ['ollama', 'bearer', 'GET /api/tags', { authorization: 'Bearer sk-1' }],
] as const)('a key is tried as %s wants it (%s), and sent no other way', async (kind, scheme, line, sent) => {
  const at = server({ '*': () => Response.json({ data: [{ id: 'a' }], models: [{ name: 'models/a', size: 1 }] }) })
  await using reach = reaching(at)
  const typed = { keys: new Map([[kind, { key: 'sk-1', setBy: '', setAt: 1 }]]), servers: new Map() }
  const place = placesOf(readConfig({ HEARTH_DATA: '/nowhere' }).vendors, typed).find((one) => one.provider === kind)!
  expect(await reach.try({ ...place, scheme, baseUrl: at.url })).toMatchObject({ ok: true })
  expect(at.asked[0]).toBe(line)
  const headers = Object.fromEntries(JSON.parse(at.headers[0]!) as [string, string][])
  const keys = Object.keys(headers).filter((name) => headers[name]!.includes('sk-1') || name === 'anthropic-version')
  expect(Object.fromEntries(keys.map((name) => [name, headers[name]]))).toEqual(sent)
})

test('a server that is found is never used unasked', async () => {
  const at = server({ '/api/tags': TAGS, '/v1/models': LIST('x', 'y') })
  await using app = await testApp({ work: false, clock: stoppedClock(), settings: { HEARTH_LOCAL_SERVERS: at.url } })
  await app.app.reach.look()
  expect(app.app.reach.offers()).toHaveLength(1)
  expect(app.app.models.providers().map(({ name }) => name)).toEqual(['demo'])
  const { project } = await app.make()
  expect(await app.json(`/api/projects/${project.id}`)).toMatchObject({ project: { model: 'demo' } })
  for (const purpose of PURPOSES) expect(app.app.models.chain(purpose)[0]!.provider.demo).toBe(true)
  expect(at.asked.filter((line) => line !== 'GET /api/tags')).toEqual([])
})

test('the start does not wait for a server nearby that hangs', async () => {
  const { at, asked } = hangingServer()
  await using app = await testApp({ clock: stoppedClock(), settings: { HEARTH_LOCAL_SERVERS: at.url } })
  await asked // and on this clock it is never late: a start that waited for it would not be over
  expect(app.app.models.providers()).toHaveLength(1)
})

test('one’s own server is asked again each minute: its models come and go', async () => {
  let models = LIST('llamacpp', 'tiny')
  const at = server({ '/v1/models': () => models() })
  const clock = stoppedClock()
  await using app = await testApp({ clock, settings: { COMPATIBLE_BASE_URL: at.url } })
  const known = () => app.app.models.providers().find(({ name }) => name === 'compatible')!.models
  expect(known()).toEqual(['tiny'])
  models = LIST('llamacpp', 'tiny', 'large')
  clock.pass(60_000)
  while (known().length < 2) await Bun.sleep(5)
  expect(known()).toEqual(['tiny', 'large'])
})

describe('how much a model has in view is learned from its server:', () => {
  const shown = (window: number, parameters = '') =>
    Response.json({ model_info: { 'general.architecture': 'q', 'q.context_length': window }, parameters })
  const vllm = (facts: object) => () => Response.json({ data: [{ id: 'qwen:8b', owned_by: 'vllm', ...facts }] })
  const props = (n_ctx: number) => () => Response.json({ default_generation_settings: { n_ctx } })
  const trained = { meta: { n_ctx_train: 262_144 } }
  const llama = () => Response.json({ data: [{ id: 'qwen:8b', owned_by: 'llamacpp', ...trained }] })

  test.each([
    ['Ollama’s', 'OLLAMA_HOST', { '/api/tags': TAGS, '/api/show': () => shown(131_072) }, 131_072],
    [
      'less, in a Modelfile',
      'OLLAMA_HOST',
      { '/api/tags': TAGS, '/api/show': () => shown(131_072, 'num_ctx 65536') },
      65_536,
    ],
    ['vLLM’s', 'COMPATIBLE_BASE_URL', { '/v1/models': vllm({ max_model_len: 65_536 }) }, 65_536],
    ['a gateway’s', 'COMPATIBLE_BASE_URL', { '/v1/models': vllm({ context_length: 200_000 }) }, 200_000],
    [
      'what llama.cpp was started with',
      'COMPATIBLE_BASE_URL',
      { '/v1/models': llama, '/props': props(16_384) },
      16_384,
    ],
    ['not what its model was made for', 'COMPATIBLE_BASE_URL', { '/v1/models': llama }, 32_768],
    ['what is usual, of a server that can’t tell', 'OLLAMA_HOST', { '/api/tags': TAGS }, 32_768],
    ['and of one that tells nonsense', 'COMPATIBLE_BASE_URL', { '/v1/models': vllm({ max_model_len: -1 }) }, 32_768],
  ] as [string, string, Answers, number][])('%s', async (_, setting, answers, window) => {
    const at = server(answers)
    await using app = await testApp({ clock: stoppedClock(), settings: { [setting]: at.url } })
    const { provider, model } = app.app.models.chain('write')[0]!
    expect([model, app.app.models.facts(provider.name, model).context]).toEqual(['qwen:8b', window])
  })

  test('Ollama is asked once about each model, and again when a person tries it; llama.cpp each time', async () => {
    let window = 8_192
    const at = server({
      '/api/tags': TAGS,
      '/api/show': () => shown(window),
      '/v1/models': llama,
      '/props': () => props(window)(),
    })
    const clock = stoppedClock()
    const settings = { OLLAMA_HOST: at.url, COMPATIBLE_BASE_URL: at.url }
    await using app = await testApp({ clock, settings })
    const known = () => ['ollama', 'compatible'].map((name) => app.app.models.facts(name, 'qwen:8b').context)
    expect(known()).toEqual([8_192, 8_192])
    window = 16_384
    clock.pass(60_000)
    while (known()[1] === 8_192) await Bun.sleep(5)
    expect(known()).toEqual([8_192, 16_384])
    await app.app.reach.try(app.app.setup.place('ollama'))
    expect(known()).toEqual([16_384, 16_384])
    expect(at.asked.filter((line) => line === 'POST /api/show')).toHaveLength(6)
  })

  test('so that a long prompt leaves room for the whole answer', async () => {
    await using at = vendorServer(ollamaWire({ window: 131_072 }), says('ok'))
    await using app = await testApp({ clock: stoppedClock(), settings: { OLLAMA_HOST: at.url } })
    const { provider, model } = app.app.models.chain('plan')[0]!
    const messages = [{ role: 'user' as const, content: 'x'.repeat(200_000) }]
    const task = { kind: 'plan' as const, brief: 'b' }
    const request = { model, system: '', messages, maxOutputTokens: 6_000, task }
    await Array.fromAsync(provider.stream(request, new AbortController().signal))
    expect(at.asked[0]!.body.options).toEqual({ num_ctx: 131_072, num_predict: 6_000 })
  })

  test('the owner knows better', async () => {
    const at = server({ '/v1/models': vllm({ max_model_len: 65_536 }) })
    await using app = await testApp({ clock: stoppedClock(), settings: { COMPATIBLE_BASE_URL: at.url } })
    await app.app.setup.override('compatible/qwen:8b', { context: 12_000 }, 'person:owner')
    expect(app.app.models.facts('compatible', 'qwen:8b')).toMatchObject({ context: 12_000, output: 8_192 })
  })
})

test('one’s own server that is away is no reason for the demo', async () => {
  await using app = await testApp({ work: false, settings: { COMPATIBLE_BASE_URL: 'http://127.0.0.1:1' } })
  const response = await app.post('/api/projects', { brief: 'a poem' })
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([503, 'model_unavailable'])
  expect((await app.post('/api/projects', { brief: 'a poem', model: 'demo' })).status).toBe(201)
})

function reaching(at: { url: string }, env: Record<string, string> = {}, clock: Clock = stoppedClock()) {
  const { vendors } = readConfig({ HEARTH_DATA: '/nowhere', ...env })
  const places = placesOf(vendors, { keys: new Map(), servers: new Map() })
  return openReach({
    setup: { current: { places, chains: {}, overrides: {} } },
    localServers: [at.url],
    clock,
  })
}

/** A server that takes a question and never says anything. */
function hangingServer() {
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  const at = server({
    '*'() {
      resolve()
      return new Promise<Response>(() => {})
    },
  })
  return { at, asked }
}

function server(answers: Answers) {
  const asked: string[] = []
  const headers: string[] = []
  const served = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      const { pathname } = new URL(request.url)
      asked.push(`${request.method} ${pathname}`)
      headers.push(JSON.stringify([...request.headers]))
      return (answers[pathname] ?? answers['*'] ?? (() => new Response('{}', { status: 404 })))()
    },
  })
  open.push({ [Symbol.dispose]: () => served.stop(true) })
  return { url: `http://127.0.0.1:${served.port}`, asked, headers }
}

function endless(): ReadableStream<Uint8Array> {
  const piece = new TextEncoder().encode('[\n'.repeat(32_768))
  return new ReadableStream({ pull: (controller) => controller.enqueue(piece) })
}

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { type TestApp, testApp } from '../support/app.ts'

const KEY = 'sk-ant-typed-0123456789abcdefXY'
const OTHER = 'sk-other-9876543210zyxwvutsrqponm'

let vendor: ReturnType<typeof modelLists>
let app: TestApp
beforeAll(async () => {
  vendor = modelLists()
  app = await testApp({ work: false, settings: { ANTHROPIC_BASE_URL: vendor.url } })
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  vendor[Symbol.dispose]()
})

// biome-ignore lint/suspicious/noExplicitAny: the answers of many routes
async function answer(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<any> {
  const init = body
    ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json', ...headers } }
    : { headers }
  const response = await app.request(path, { method, ...init })
  return response.status === 204 ? { status: 204 } : { status: response.status, ...((await response.json()) as object) }
}

async function form(path: string, fields: Record<string, string> | [string, string][] = {}): Promise<Response> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return app.request(path, { method: 'POST', headers, body: new URLSearchParams(fields).toString() })
}

const page = async () => (await app.request('/models')).text()
const key = (value: string) => answer('PUT', '/api/models/providers/anthropic/key', { key: value })

describe('a key that is typed', () => {
  test('is kept, tried, and works at once', async () => {
    const { status, provider } = await key(KEY)
    expect([status, provider.usable, provider.tried.says]).toEqual([200, true, 'The key works: 2 models.'])
    expect(vendor.asked.at(-1)).toMatchObject({ path: '/v1/models?limit=100', authorization: `Bearer ${KEY}` })
    const { items } = await answer('GET', '/api/models')
    expect(items[0]).toMatchObject({ id: 'anthropic/claude-sonnet-5-5', facts: { known: true, context: 1_000_000 } })
    expect((await answer('POST', '/api/projects', { brief: 'a poem' })).project.model).toBe('auto')
  })

  test('is never shown again but for its end, with who typed it', async () => {
    const { items } = await answer('GET', '/api/models/providers')
    expect(items[0].key).toMatchObject({ from: 'typed', ending: 'efXY', trouble: null })
    expect(await page()).toContain('ends in …efXY')
  })

  test.each([
    [401, 'Anthropic does not accept the key. Check it, or make another there.'],
    [402, 'Anthropic says that the account of this key can’t pay. Add credit there.'],
    [429, 'Anthropic asks to slow down. The key may be good: try again in a minute.'],
    [503, 'Anthropic has trouble of its own (503). Try again later.'],
    [404, 'Something answers at this address, but not with a list of models (404). Check the address and its path.'],
  ])('that the vendor answers with %i is kept, and told in words', async (status, says) => {
    vendor.answer = () => new Response('{}', { status })
    expect((await key(OTHER)).provider.tried).toMatchObject({ ok: false, says })
    vendor.answer = usual
  })

  test.each([
    ['HTML', () => new Response('<p>Hello', { headers: { 'content-type': 'text/html' } })],
    ['no JSON', () => new Response('{"data": [')],
    ['another shape', () => Response.json({ data: 'none' })],
    ['ids that are none', () => Response.json({ data: [{ id: 'a b\u0000' }] })],
    ['an answer without end', () => new Response('['.repeat(5_000_000))],
  ])('with %s for an answer is told in words', async (_, reply) => {
    vendor.answer = reply
    const { ok, says } = await answer('POST', '/api/models/providers/anthropic/tries')
    expect([ok, says]).toEqual([false, expect.stringContaining('it does not speak as Anthropic does')])
    vendor.answer = usual
  })

  test('goes along no redirect', async () => {
    vendor.answer = () => Response.redirect('https://elsewhere.example.org/v1?secret=1', 302)
    const { says } = await answer('POST', '/api/models/providers/anthropic/tries')
    expect(says).toContain('a redirect to https://elsewhere.example.org.')
    vendor.answer = usual
  })

  test('is forgotten when it is taken back', async () => {
    expect((await answer('DELETE', '/api/models/providers/anthropic/key')).status).toBe(204)
    expect((await answer('GET', '/api/models')).items.map(({ id }: { id: string }) => id)).toEqual(['demo'])
    await key(KEY)
  })
})

describe('servers of one’s own', () => {
  test('are added with their models, asked by name, and taken away', async () => {
    vendor.answer = () => Response.json({ object: 'list', data: [{ id: 'llama-9' }] })
    const added = await answer('POST', '/api/models/providers', { name: 'basement', baseUrl: vendor.url, key: OTHER })
    expect(added).toMatchObject({ status: 201, provider: { name: 'basement', usable: true, local: true } })
    expect(vendor.asked.at(-1)).toMatchObject({ path: '/v1/models', authorization: `Bearer ${OTHER}` })
    const model = (await answer('GET', '/api/models')).items.find(({ id }: { id: string }) => id === 'basement/llama-9')
    expect(model).toMatchObject({ local: true, facts: { known: false, prices: { input: 0, output: 0 } } })
    expect((await answer('POST', '/api/models/providers', { name: 'basement', baseUrl: vendor.url })).code).toBe(
      'name_taken',
    )
    expect((await answer('DELETE', '/api/models/providers/basement')).status).toBe(204)
    expect((await answer('DELETE', '/api/models/providers/basement')).code).toBe('unknown_provider')
    vendor.answer = usual
  })

  test('are not taken at an address that is none', async () => {
    for (const baseUrl of ['ftp://box', 'http://me:pw@box', 'http://169.254.169.254/'])
      expect((await answer('POST', '/api/models/providers', { name: 'x', baseUrl })).code).toBe('bad_address')
  })
})

describe('chains and facts', () => {
  test('stand on the page as they come by themselves, in each purpose’s empty fields', async () => {
    const fieldsOf = (html: string, purpose: string) =>
      [...html.matchAll(new RegExp(`aria-label="${purpose}: [^"]+"[^>]*placeholder="([^"]*)"`, 'g'))].map(
        ([, grey]) => grey,
      )
    const html = await page()
    expect(fieldsOf(html, 'Writing')).toEqual(['anthropic/claude-sonnet-5-5', 'anthropic/claude-sonnet-5', 'then'])
    expect(fieldsOf(html, 'Summarising')).toEqual(['anthropic/claude-haiku-5-5', 'anthropic/claude-sonnet-5-5', 'then'])
  })

  test('are set for a purpose, and refused for a model that there isn’t', async () => {
    const set = {
      chains: { check: ['anthropic/claude-haiku-5-5'] },
      overrides: { 'anthropic/claude-haiku-5-5': { output: 4096 } },
    }
    const settings = await answer('PUT', '/api/models/settings', set)
    expect(settings.chains.find(({ purpose }: { purpose: string }) => purpose === 'check')).toMatchObject({
      models: ['anthropic/claude-haiku-5-5'],
      now: ['anthropic/claude-haiku-5-5'],
    })
    expect(app.app.models.chain('check')[0]!.model).toBe('claude-haiku-5-5')
    expect(app.app.models.facts('anthropic', 'claude-haiku-5-5').output).toBe(4096)
    expect((await answer('PUT', '/api/models/settings', { chains: { check: ['gpt-9'] } })).code).toBe('unknown_model')
    for (const overrides of [
      { x: {} },
      { 'a/b': { output: -1 } },
      { 'a/b': { prices: { input: 'much' } } },
      { 'a/b': { apiKey: 'x' } },
    ])
      expect((await answer('PUT', '/api/models/settings', { overrides })).code).toBe('invalid_input')
  })
})

test('all but the list of models is the owner’s', async () => {
  await answer('POST', '/api/accounts', { email: 'ada@example.com', password: 'tea with the neighbours' })
  const { secret } = await answer('POST', '/api/tokens', { name: 'x', account: 'ada@example.com', scopes: ['write'] })
  const as = (method: string, path: string) =>
    app.request(path, {
      method,
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      ...(method !== 'GET' && {
        body: JSON.stringify({ name: 'thief', baseUrl: 'http://thief', key: OTHER, purpose: 'chat' }),
      }),
    })
  const routes = app.app.app.routes.filter(({ path }) => /^\/(api\/)?models(\/|$)/.test(path))
  expect(routes.length).toBeGreaterThan(20)
  for (const { method, path } of routes) {
    const response = await as(method, path.replace(':provider', 'anthropic').replace(/(.)\/$/, '$1'))
    const open = method === 'GET' && /^\/api\/models\/?$/.test(path)
    expect([method, path, response.status]).toEqual([method, path, open ? 200 : 403])
    expect(await response.text()).not.toContain(KEY.slice(-4))
  }
})

test('the page does all of it with plain forms', async () => {
  const at = '/models/providers/anthropic'
  expect((await form(`${at}/tries`)).headers.get('location')).toBe('/models#provider-anthropic')
  expect(await page()).toContain('The key works: 2 models.')
  expect(
    (await form('/models/providers', { name: 'attic', kind: 'compatible', baseUrl: vendor.url, key: '' })).headers.get(
      'location',
    ),
  ).toBe('/models#provider-attic')
  expect(
    (
      await form('/models/chains', [
        ['purpose', 'chat'],
        ['models', 'anthropic'],
        ['models', ''],
        ['models', 'attic/claude-a'],
      ])
    ).status,
  ).toBe(303)
  expect((await answer('GET', '/api/models/settings')).chains[2].models).toEqual(['anthropic', 'attic/claude-a'])
  expect((await form('/models/facts', { model: 'attic/claude-a', context: '64,000', input: '0.5' })).status).toBe(303)
  expect(app.app.models.facts('attic', 'claude-a')).toMatchObject({ context: 64_000, prices: { input: 0.5 } })
  expect((await form('/models/facts', { model: 'attic/claude-a', schema: 'no' })).status).toBe(303)
  expect(app.app.models.facts('attic', 'claude-a').abilities).toMatchObject({ tools: true, schema: false })
  expect(await (await app.request('/models?model=attic/claude-a')).text()).toContain('<option value="no" selected')
  expect((await form('/models/facts', { model: 'attic/claude-a' })).status).toBe(303)
  expect(app.app.models.facts('attic', 'claude-a').context).toBe(32_768)
  expect((await form('/models/providers/attic/removal')).status).toBe(303)
  for (const [path, fields] of [
    [`${at}/key`, { key: 'tiny' }],
    [`${at}/address`, { baseUrl: 'http://elsewhere' }],
    ['/models/providers', { name: 'demo', kind: 'compatible', baseUrl: vendor.url }],
    ['/models/chains', { purpose: 'chat', models: 'nobody/knows' }],
    ['/models/facts', { model: 'x/y', context: 'many' }],
    ['/models/offers', { baseUrl: 'http://nobody' }],
  ] as const) {
    const refused = await form(path, fields as Record<string, string>)
    expect([path, refused.status]).toEqual([path, expect.any(Number)])
    expect(refused.status).toBeGreaterThanOrEqual(409)
    const said = await refused.text()
    expect(said).toContain('role="alert"')
    expect(said).not.toContain('tiny')
  }
})

const usual = () =>
  Response.json({
    data: [
      { id: 'claude-a', type: 'model' },
      { id: 'claude-b', type: 'model' },
    ],
  })

/** A vendor that is asked for its models alone. */
function modelLists() {
  const asked: { path: string; authorization: string | null }[] = []
  const state = { answer: usual as () => Response, asked, url: '' }
  const server = Bun.serve({
    hostname: '127.0.0.1',
    port: 0,
    fetch(request) {
      const { pathname, search } = new URL(request.url)
      asked.push({ path: pathname + search, authorization: request.headers.get('authorization') })
      return state.answer()
    },
  })
  return Object.assign(state, { url: `http://127.0.0.1:${server.port}`, [Symbol.dispose]: () => server.stop(true) })
}

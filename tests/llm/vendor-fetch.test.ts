import { describe, expect, test } from 'bun:test'
import { vendorError } from '../../src/llm/failures.ts'
import { vendorFetch, wireFault } from '../../src/llm/vendor-fetch.ts'

const MB = 1_048_576
const ASKED = { vendor: 'Anthropic', model: 'claude-sonnet-5-5', secret: 'sk-ant-very-secret' }

test('a good answer passes as it is', async () => {
  using server = serving(
    () => new Response('data: {}\n\n', { headers: { 'content-type': 'text/event-stream', 'x-id': '7' } }),
  )
  const response = await vendorFetch(server.url)
  expect(response.headers.get('x-id')).toBe('7')
  expect(response.status).toBe(200)
  expect(await response.text()).toBe('data: {}\n\n')
})

test('a redirect is not followed: it would take the key elsewhere', async () => {
  const seen: string[] = []
  using elsewhere = serving((request) => {
    seen.push(request.headers.get('authorization') ?? '')
    return new Response('{}')
  })
  using server = serving(() => Response.redirect(`${elsewhere.url}path?ticket=1`, 307))
  const fault = await faultOf(vendorFetch(server.url, { method: 'POST', headers: { authorization: 'Bearer key' } }))

  expect(fault!.type).toBe('redirected')
  expect(fault!.said).toContain(elsewhere.url.origin)
  expect(fault!.said).not.toContain('ticket')
  expect(seen).toEqual([])
  expect(vendorError(ASKED, fault!)).toMatchObject({ code: 'model_wrong_address', retryable: false })
})

test('a web page is no answer', async () => {
  using server = serving(
    () => new Response('<!doctype html>', { headers: { 'content-type': 'text/html; charset=utf-8' } }),
  )
  const fault = await faultOf(vendorFetch(server.url))
  expect(fault).toMatchObject({ type: 'web_page' })
  expect(vendorError(ASKED, fault!)).toMatchObject({ code: 'model_wrong_address' })
})

describe('a failure keeps its status and is read to an end:', () => {
  test.each([
    ['JSON', '{"error":{"message":"no"}}', 'application/json'],
    ['a web page', '<html>Bad gateway</html>', 'text/plain'],
    ['JSON that is cut', '{"error":{"mess', 'text/plain'],
    ['nothing', '', 'text/plain'],
  ])('%s', async (_what, body, type) => {
    using server = serving(
      () => new Response(body, { status: 502, headers: { 'content-type': 'application/json', 'retry-after': '3' } }),
    )
    const response = await vendorFetch(server.url)
    expect(response.status).toBe(502)
    expect(response.headers.get('retry-after')).toBe('3')
    expect(response.headers.get('content-type')).toBe(type)
    expect(await response.text()).toBe(body)
  })

  test('of one that never ends, only the beginning is read', async () => {
    const left = Promise.withResolvers<void>()
    using server = serving(() => new Response(endless('x'.repeat(10_000), left.resolve), { status: 500 }))
    expect((await (await vendorFetch(server.url)).text()).length).toBe(65_536)
    await left.promise
  })
})

test('a line that does not end is broken off, and the connection with it', async () => {
  const left = Promise.withResolvers<void>()
  using server = serving(() => new Response(endless('x'.repeat(50_000), left.resolve)))
  const response = await vendorFetch(server.url)
  let read = 0
  const reading = (async () => {
    for await (const bytes of response.body!) read += bytes.length
  })()
  const fault = await faultOf(reading)

  expect(fault).toMatchObject({ type: 'line_too_long' })
  expect(read).toBeLessThanOrEqual(MB)
  expect(vendorError(ASKED, fault!)).toMatchObject({ code: 'model_unavailable', retryable: true })
  await left.promise
})

test('JSON that does not end is broken off as well, however short its lines', async () => {
  const left = Promise.withResolvers<void>()
  const json = { headers: { 'content-type': 'application/json' } }
  using server = serving(() => new Response(endless(`${'x'.repeat(50_000)}\n`, left.resolve), json))
  const fault = await faultOf((await vendorFetch(server.url)).text())
  expect(fault).toMatchObject({ type: 'line_too_long', said: 'The answer is longer than 67108864 bytes.' })
  await left.promise
})

test('many lines may be longer together than one may be', async () => {
  using server = serving(() => new Response(`${'x'.repeat(100_000)}\n`.repeat(30)))
  expect((await (await vendorFetch(server.url)).text()).length).toBe(3_000_030)
})

test('what comes together is handed on in pieces of 16 KB at most', async () => {
  const body = Array.from({ length: 20_000 }, (_, i) => `${i} is the number of this line\n`).join('')
  using server = serving(() => new Response(body))
  const pieces = await Array.fromAsync((await vendorFetch(server.url)).body!)
  expect(Math.max(...pieces.map(({ length }) => length))).toBe(16_384)
  expect(Buffer.concat(pieces).toString()).toBe(body)
})

test('a fault is found under the errors that libraries make of it', async () => {
  using server = serving(() => Response.redirect('http://127.0.0.1/', 302))
  const cause = await vendorFetch(server.url).catch((error: unknown) => error)
  expect(wireFault(new Error('Connection error.', { cause: new Error('inner', { cause }) }))).toMatchObject({
    type: 'redirected',
  })
  expect(wireFault(new Error('Connection error.'))).toBeUndefined()
})

test('who stops reading hangs up', async () => {
  const left = Promise.withResolvers<void>()
  using server = serving(() => new Response(endless('line\n', left.resolve)))
  const response = await vendorFetch(server.url)
  for await (const _ of response.body!) break
  await left.promise
})

function serving(answer: (request: Request) => Response) {
  return Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: answer })
}

function endless(piece: string, onLeave: () => void): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(piece)
  return new ReadableStream({
    async pull(controller) {
      controller.enqueue(bytes)
      await Bun.sleep(0) // lets the other side of this process read
    },
    cancel: onLeave,
  })
}

async function faultOf(work: Promise<unknown>) {
  return wireFault(
    await work.then(
      () => expect.unreachable(),
      (error: unknown) => error,
    ),
  )
}

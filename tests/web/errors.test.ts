import { expect, test } from 'bun:test'
import { z } from 'zod'
import { Conflict, DomainError, Forbidden, Invalid, NotFound, Unauthenticated } from '../../src/errors.ts'
import type { Problem } from '../../src/web/problems.ts'
import { at, edge, posted } from './app.ts'

const CASES: [string, Error, number, string][] = [
  ['what was sent is wrong', new Invalid('empty_brief', 'Say what to make.'), 422, 'empty_brief'],
  ['the thing is unknown', new NotFound('project', 'x'), 404, 'unknown_project'],
  ['the state is another', new Conflict('not_allowed', 'It has ended.'), 409, 'not_allowed'],
  ['nobody is signed in', new Unauthenticated(), 401, 'unauthenticated'],
  ['the person may not', new Forbidden('owner_only', 'Ask the owner.'), 403, 'owner_only'],
  [
    'there were too many tries',
    new Forbidden('too_many_tries', 'Wait.', { retryAfterMs: 61_500 }),
    429,
    'too_many_tries',
  ],
  [
    'the world is not reachable',
    new DomainError('model_timeout', 'Try later.', { retryable: true }),
    503,
    'model_timeout',
  ],
  ['the disk is full', new DomainError('disk_full', 'Free some space.'), 507, 'disk_full'],
]

test.each(CASES)('when %s, the API answers a problem with its status and code', async (_, error, status, code) => {
  const { app, lines } = edge()
  app.get('/api/x', () => {
    throw error
  })
  const response = await app.handle(at('/api/x'))
  expect(response.status).toBe(status)
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = await response.json()
  expect(problem).toMatchObject({ status, code, detail: error.message, type: `urn:hearth:error:${code}` })
  expect(problem).not.toHaveProperty('incident')
  expect(lines).toEqual([])
})

test('a refusal that says when to come back says so in Retry-After, in whole seconds', async () => {
  const { app } = edge()
  app.get('/api/x', () => {
    throw new Forbidden('too_many_tries', 'Wait.', { retryAfterMs: 61_500 })
  })
  expect((await app.handle(at('/api/x'))).headers.get('retry-after')).toBe('62')
})

test('a validation error names the field and the rule and never repeats what was sent', async () => {
  const { app } = edge()
  app.post('/api/sign-in', () => 'in', {
    body: z.object({ email: z.email('is not an e-mail address'), password: z.string() }),
  })
  const response = await app.handle(posted('/api/sign-in', { email: 'nobody', password: 'hunter2-secret' }))
  const text = await response.text()
  expect(response.status).toBe(422)
  expect(text).not.toContain('hunter2-secret')
  expect(text).not.toContain('nobody')
  expect(JSON.parse(text)).toMatchObject({
    code: 'invalid_input',
    detail: 'email: is not an e-mail address',
    context: { in: 'body', field: 'email' },
  })
})

test('broken JSON is a 400 that does not repeat what was sent', async () => {
  const { app } = edge()
  app.post('/api/x', () => 'ok', { body: z.object({}) })
  const response = await app.handle(posted('/api/x', '{"password":"hunter2-secret"'))
  const text = await response.text()
  expect(response.status).toBe(400)
  expect(text).not.toContain('hunter2')
  expect(JSON.parse(text).code).toBe('bad_json')
})

test('a bug is a 500 with an incident id, and the log has its stack under that id', async () => {
  const { app, lines } = edge()
  app.get('/api/x', () => {
    throw new TypeError('the secret inside')
  })
  const response = await app.handle(at('/api/x'))
  const text = await response.text()
  expect(response.status).toBe(500)
  expect(text).not.toContain('the secret inside')
  expect(JSON.parse(text)).toMatchObject({ code: 'internal', incident: 'incident-1' })
  const entry = JSON.parse(lines[0]!)
  expect(entry).toMatchObject({ incident: 'incident-1', method: 'GET', path: '/api/x' })
  expect(entry.error.stack).toContain('errors.test.ts')
})

test('an unknown address is a 404: a problem for programs, a page for people, a message for htmx', async () => {
  const { app } = edge()
  const problem = await app.handle(at('/api/nowhere'))
  expect([problem.status, ((await problem.json()) as Problem).code]).toEqual([404, 'unknown_page'])
  const asked = await app.handle(at('/nowhere', { headers: { accept: 'application/json' } }))
  expect(asked.headers.get('content-type')).toBe('application/problem+json')
  const page = await app.handle(at('/nowhere', { headers: { accept: 'text/html,*/*' } }))
  const html = await page.text()
  expect([page.status, html.startsWith('<!doctype html>')]).toEqual([404, true])
  expect(html).toContain('There is nothing here')
  const part = await app.handle(at('/nowhere', { headers: { 'hx-request-type': 'partial' } }))
  expect([part.status, part.headers.get('hx-retarget')]).toEqual([404, '#notice'])
  expect(await part.text()).not.toContain('<html')
})

test('an error page shows the message as text, never as markup', async () => {
  const { app } = edge()
  app.get('/x', () => {
    throw new Invalid('bad', 'no <script>alert(1)</script> here')
  })
  expect(await (await app.handle(at('/x'))).text()).toContain('no &lt;script&gt;alert(1)&lt;/script&gt; here')
})

test('a body that announces more than the limit is refused with 413', async () => {
  const { app } = edge({ limit: 100 })
  app.post('/api/x', ({ body }) => body)
  const response = await app.handle(posted('/api/x', { a: 'x'.repeat(200) }, { 'content-length': '212' }))
  expect([response.status, ((await response.json()) as Problem).code]).toEqual([413, 'too_large'])
})

test('a body that announces nothing is counted as it arrives and refused at the limit', async () => {
  const { app } = edge({ limit: 100 })
  app.post('/api/x', ({ body }) => body)
  const pieces = new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode('x'.repeat(60)))
    },
  })
  const response = await app.handle(
    at('/api/x', { method: 'POST', body: pieces, headers: { 'content-type': 'application/json' } }),
  )
  expect([response.status, ((await response.json()) as Problem).code]).toEqual([413, 'too_large'])
})

test('some requests may have another limit', async () => {
  const { app } = edge({ limit: 10, limitFor: (request) => (request.url.endsWith('/big') ? 1000 : undefined) })
  app.post('/api/big', ({ body }) => body).post('/api/small', ({ body }) => body)
  expect((await app.handle(posted('/api/big', { a: 'x'.repeat(50) }))).status).toBe(200)
  expect((await app.handle(posted('/api/small', { a: 'x'.repeat(50) }))).status).toBe(413)
})

test('forms and JSON arrive as they were sent', async () => {
  const { app } = edge()
  app.post('/api/x', ({ body }) => body as object)
  const form = at('/api/x', { method: 'POST', body: new URLSearchParams('brief=a+b%26c&tag=1&tag=2') })
  expect(await (await app.handle(form)).json()).toEqual({ brief: 'a b&c', tag: ['1', '2'] })
  expect(await (await app.handle(posted('/api/x', { deep: [1, null, 'ü'] }))).json()).toEqual({ deep: [1, null, 'ü'] })
})

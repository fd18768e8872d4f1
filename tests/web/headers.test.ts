import { expect, test } from 'bun:test'
import { at, edge } from './app.ts'

function app() {
  const made = edge({ previewOrigin: () => 'http://localhost:4322' }).app
  return made
    .get('/text', () => 'text')
    .get('/json', () => ({ a: 1 }))
    .get('/response', () => new Response('own'))
    .get('/own', () => new Response('own', { headers: { 'content-security-policy': 'sandbox' } }))
    .get('/bug', () => {
      throw new Error('bug')
    })
}

test.each(['/text', '/json', '/response', '/bug', '/nowhere', '/api/nowhere'])(
  'the answer to %s carries every security header',
  async (path) => {
    const { headers } = await app().handle(at(path))
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).toContain("script-src 'self';")
    expect(policy).toContain('frame-src http://localhost:4322;')
    expect(policy).not.toContain('unsafe')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    expect(headers.get('referrer-policy')).toBe('same-origin')
    expect(headers.get('permissions-policy')).toContain('camera=()')
  },
)

test('a header that a route set itself stays', async () => {
  const { headers } = await app().handle(at('/own'))
  expect(headers.get('content-security-policy')).toBe('sandbox')
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

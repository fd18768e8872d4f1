import { expect, test } from 'bun:test'
import type { Problem } from '../../src/web/problems.ts'
import { at, edge } from './app.ts'

const COOKIE = { cookie: 'hearth=1' }

const CASES: [string, number, Record<string, string>][] = [
  ['from our own page', 200, { ...COOKIE, 'sec-fetch-site': 'same-origin' }],
  ['typed or reloaded by the person', 200, { ...COOKIE, 'sec-fetch-site': 'none', 'sec-fetch-mode': 'navigate' }],
  ['from nowhere by script', 403, { ...COOKIE, 'sec-fetch-site': 'none', 'sec-fetch-mode': 'cors' }],
  ['from another site', 403, { ...COOKIE, 'sec-fetch-site': 'cross-site' }],
  ['from the preview, another port of the same host', 403, { ...COOKIE, 'sec-fetch-site': 'same-site' }],
  ['from another site before anyone signed in', 403, { 'sec-fetch-site': 'cross-site' }],
  ['on a plain LAN, from our own origin', 200, { ...COOKIE, origin: 'http://box.lan:4321', host: 'box.lan:4321' }],
  ['on a plain LAN, from the preview’s port', 403, { ...COOKIE, origin: 'http://box.lan:4322', host: 'box.lan:4321' }],
  ['from a sandboxed frame', 403, { ...COOKIE, origin: 'null' }],
  [
    'behind a proxy, from the outside URL',
    200,
    { ...COOKIE, origin: 'https://hearth.example', host: '127.0.0.1:4321' },
  ],
  ['with a cookie and no word of where from', 403, COOKIE],
  ['by a program without any cookie', 200, {}],
  ['by a program with a token, from anywhere', 200, { authorization: 'Bearer t', 'sec-fetch-site': 'cross-site' }],
]

test.each(CASES)('a POST %s: %d', async (_, status, headers) => {
  const { app } = edge({ url: 'https://hearth.example' })
  app.post('/api/x', () => 'done')
  const response = await app.handle(at('/api/x', { method: 'POST', headers }))
  expect(response.status).toBe(status)
  if (status === 403) expect(((await response.json()) as Problem).code).toBe('cross_site')
})

test('reading is never refused', async () => {
  const { app } = edge()
  app.get('/api/x', () => 'read')
  expect((await app.handle(at('/api/x', { headers: { 'sec-fetch-site': 'cross-site' } }))).status).toBe(200)
})

import { describe, expect, test } from 'bun:test'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { previewKey } from '../../src/workspace/preview-key.ts'
import { temporaryFolder } from '../support/database.ts'
import { testWorkspace } from './support.ts'

const HOUR = 3_600_000

async function shown() {
  const space = await testWorkspace()
  await space.write('index.html', '<link rel="stylesheet" href="css/a.css"><h1>Hi</h1>')
  await space.write('css/a.css', 'h1{}')
  await space.write('app.js', 'go()')
  await space.write('logo.svg', '<svg/>')
  await space.write('about us/index.html', 'About')
  await space.write('secret.txt', 'of p2', { project: 'p2' })
  const root = space.preview.path('p1', '')
  const ask = (path: string, init: RequestInit = {}) =>
    space.preview.handle(new Request(`http://preview.test:4322${path}`, init))
  return { ...space, root, ask, [Symbol.asyncDispose]: () => space[Symbol.asyncDispose]() }
}

const FOUND: [string, string, string][] = [
  ['', 'text/html; charset=utf-8', 'Hi'],
  ['index.html', 'text/html; charset=utf-8', 'Hi'],
  ['index.html?v=7', 'text/html; charset=utf-8', 'Hi'],
  ['css/a.css', 'text/css; charset=utf-8', 'h1{}'],
  ['app.js', 'text/javascript; charset=utf-8', 'go()'],
  ['logo.svg', 'image/svg+xml', '<svg/>'],
  ['about%20us/', 'text/html; charset=utf-8', 'About'],
]

test.each(FOUND)('“%s” is served as %s', async (path, type, text) => {
  await using space = await shown()
  const response = await space.ask(space.root + path)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toBe(type)
  expect(response.headers.get('etag')).toBe('"1"')
  expect(await response.text()).toContain(text)
})

test('every answer is shut in a sandbox that only the app may frame, and carries no cookie', async () => {
  await using space = await shown()
  for (const path of [`${space.root}index.html`, `${space.root}nope`, '/', '/nope/x', space.root.slice(0, -1)]) {
    const { headers } = await space.ask(path, { headers: { cookie: 'session=1' } })
    const policy = headers.get('content-security-policy')!
    expect(policy).toStartWith('sandbox allow-scripts allow-forms allow-popups; ')
    expect(policy).not.toContain('allow-same-origin')
    expect(policy).toEndWith('frame-ancestors http://app.test:4321')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('referrer-policy')).toBe('no-referrer')
    expect(headers.get('set-cookie')).toBeNull()
  }
})

test('the newest version is what is shown; who has it gets nothing again', async () => {
  await using space = await shown()
  await space.write('index.html', 'newer')
  const response = await space.ask(`${space.root}index.html`)
  expect([await response.text(), response.headers.get('etag')]).toEqual(['newer', '"2"'])
  const again = await space.ask(`${space.root}index.html`, { headers: { 'if-none-match': '"2"' } })
  expect([again.status, await again.text()]).toEqual([304, ''])
})

test('HEAD is answered without a body, everything else but GET is refused', async () => {
  await using space = await shown()
  const head = await space.ask(`${space.root}app.js`, { method: 'HEAD' })
  expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '4', ''])
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
    const response = await space.ask(`${space.root}app.js`, { method })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  }
})

test('a folder without its slash leads to it, so that its links hold', async () => {
  await using space = await shown()
  const folder = await space.ask(`${space.root}about%20us`)
  expect([folder.status, folder.headers.get('location')]).toEqual([302, `${space.root}about%20us/`])
  const root = await space.ask(space.root.slice(0, -1))
  expect([root.status, root.headers.get('location')]).toEqual([302, space.root])
})

test.each([
  'nope.html',
  'css/',
  'css',
  'secret.txt',
  '%2e%2e%2fsecret.txt',
  '..%2f..%2fsecret.key',
  '%zz',
  '%00',
  '/etc/passwd',
  'about%20us/../..',
])('“%s” reaches nothing', async (path) => {
  await using space = await shown()
  const response = await space.ask(space.root + path)
  expect(response.status).toBe(404)
  expect(await response.text()).not.toMatch(/of p2|root:/)
})

describe('a link', () => {
  test('is the same within an hour, and differs by project', async () => {
    await using space = await shown()
    const first = space.preview.path('p1', 'a b/ü.html')
    space.clock.pass(HOUR - 1)
    expect(space.preview.path('p1', 'a b/ü.html')).toBe(first)
    expect(first).toEndWith('/a%20b/%C3%BC.html')
    expect(space.preview.path('p2', 'a b/ü.html')).not.toBe(first)
    space.clock.pass(1)
    expect(space.preview.path('p1', 'a b/ü.html')).not.toBe(first)
  })

  test('holds for two hours at least and three at most', async () => {
    await using space = await shown()
    space.clock.pass(HOUR - 1)
    const link = `${space.preview.path('p1', '')}index.html`
    space.clock.pass(2 * HOUR)
    expect((await space.ask(link)).status).toBe(200)
    space.clock.pass(HOUR)
    const response = await space.ask(link)
    expect([response.status, (await response.text()).includes('Hi')]).toEqual([410, false])
  })

  test('that somebody else made opens nothing', async () => {
    await using space = await shown()
    const [, token] = space.root.split('/') as [string, string]
    const [claim, signature] = token.split('.') as [string, string]
    const ofOther = Buffer.from(Buffer.from(claim, 'base64url').toString().replace('p1', 'p2')).toString('base64url')
    const forged = [
      `${ofOther}.${signature}`,
      `${claim}.`,
      claim,
      `${claim}.${signature}.x`,
      `.${signature}`,
      '',
      `${claim}.${signature.slice(0, -1)}`,
      'p1',
    ]
    for (const each of forged) {
      const response = await space.ask(`/${each}/secret.txt`)
      expect([each, response.status, (await response.text()).includes('of p2')]).toEqual([each, 404, false])
      expect((await space.ask(`/${each}/index.html`)).status).toBe(404)
    }
  })
})

describe('the key', () => {
  test("is made once, for its owner's eyes only", () => {
    using folder = temporaryFolder()
    const key = previewKey(folder.path)
    expect(key).toHaveLength(32)
    expect(previewKey(folder.path)).toEqual(key)
    expect(statSync(join(folder.path, 'secret.key')).mode & 0o777).toBe(0o600)
    using other = temporaryFolder()
    expect(previewKey(other.path)).not.toEqual(key)
  })

  test('that is damaged is refused in words, and left alone', () => {
    using folder = temporaryFolder()
    const path = join(folder.path, 'secret.key')
    writeFileSync(path, 'short')
    expect(() => previewKey(folder.path)).toThrow(expect.objectContaining({ code: 'secret_damaged' }))
    expect(readFileSync(path, 'utf8')).toBe('short')
  })
})

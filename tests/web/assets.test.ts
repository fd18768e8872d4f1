import { expect, test } from 'bun:test'
import { Elysia } from 'elysia'
import { asset, assetRoutes } from '../../src/web/assets.ts'
import { icon } from '../../src/web/icons.ts'
import { at } from './app.ts'

const app = new Elysia().use(assetRoutes)

test('an asset is served for ever under the hash of its content', async () => {
  const response = await app.handle(at(asset('app.css')))
  expect(asset('app.css')).toMatch(/^\/assets\/app\.[0-9a-z]{6,10}\.css$/)
  expect(response.headers.get('content-type')).toBe('text/css; charset=utf-8')
  expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
})

test('a browser that has it is told so', async () => {
  const first = await app.handle(at(asset('app.js')))
  const again = await app.handle(at(asset('app.js'), { headers: { 'if-none-match': first.headers.get('etag')! } }))
  expect([again.status, await again.text()]).toEqual([304, ''])
})

test('the URL of an older build still answers, but is not kept', async () => {
  const response = await app.handle(at('/assets/app.0ld0hash.css'))
  expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-cache'])
})

test('style sheets name their fonts by hashed URLs, and the fonts are there', async () => {
  const text = await (await app.handle(at(asset('fonts.css')))).text()
  const urls = [...text.matchAll(/url\("([^"]+)"\)/g)].map((found) => found[1]!)
  expect(urls.length).toBe(2)
  for (const url of urls) {
    const font = await app.handle(at(url))
    expect([font.status, font.headers.get('content-type')]).toEqual([200, 'font/woff2'])
  }
})

test.each(['/assets/nothing.0abc.css', '/assets/..%2Fpackage.0abc.json', '/assets/app.css', '/assets/'])(
  '%s is not there',
  async (path) => expect((await app.handle(at(path))).ok).toBe(false),
)

test('an icon is plain SVG, hidden from screen readers, and an unknown one is a mistake', () => {
  expect(icon('done')).toMatch(/^<svg class="icon icon-done" [^>]*aria-hidden="true"[^>]*><circle/)
  expect(() => icon('constructor')).toThrow('There is no icon')
})

import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { testWorkspace } from './support.ts'

const TEXT = '0123456789'
const PARTS: [string, number, string, string | null][] = [
  ['bytes=0-3', 206, '0123', 'bytes 0-3/10'],
  ['bytes=4-', 206, '456789', 'bytes 4-9/10'],
  ['bytes=-2', 206, '89', 'bytes 8-9/10'],
  ['bytes=-200', 206, TEXT, 'bytes 0-9/10'],
  ['bytes=8-99', 206, '89', 'bytes 8-9/10'],
  ['bytes=10-', 416, '', 'bytes */10'],
  ['bytes=-0', 416, '', 'bytes */10'],
  ['bytes=4-2', 200, TEXT, null],
  ['bytes=-', 200, TEXT, null],
  ['lines=1-2', 200, TEXT, null],
  ['bytes=0-1,4-5', 200, TEXT, null],
]

let space: Awaited<ReturnType<typeof testWorkspace>>
beforeAll(async () => {
  space = await testWorkspace()
  await space.write('a.txt', TEXT)
  await space.write('a.bin', Buffer.from(TEXT.replace('9', '\0')))
})
afterAll(() => space[Symbol.asyncDispose]())

const ask = (path: string, headers: Record<string, string>, method = 'GET') =>
  space.ask(`/api/projects/p1/files/${path}`, { method, headers })

describe.each(['a.txt', 'a.bin'])('of %s, wherever it is kept,', (path) => {
  test.each(PARTS)('%s is answered with %i', async (range, status, text, shown) => {
    const response = await ask(path, { range })
    const body = await response.text()
    expect([response.status, body.replace('\0', '9'), response.headers.get('content-range')]).toEqual([
      status,
      text,
      shown,
    ])
    if (status < 400) expect(response.headers.get('content-length')).toBe(String(text.length))
    const link = `http://preview.test${space.preview.path('p1', path)}`
    const previewed = await space.preview.handle(new Request(link, { headers: { range } }))
    expect([previewed.status, await previewed.text()]).toEqual([status, body])
  })
})

test('a range of a version that is no longer there is not mixed with the new one', async () => {
  expect((await ask('a.txt', { range: 'bytes=0-3', 'if-range': '"1"' })).status).toBe(206)
  expect((await ask('a.txt', { range: 'bytes=0-3', 'if-range': '"0"' })).status).toBe(200)
})

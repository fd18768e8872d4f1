import { expect, test } from 'bun:test'
import { decodePng, encodePng } from '../../src/gpu/png.ts'

const pixels = Uint8Array.from({ length: 5 * 4 * 3 }, (_, i) => (i * 37) % 256)

test('pixels, size and text come back as they went in', () => {
  const text = { prompt: 'ein Leuchtturm – 灯台', seed: '42', note: 'plain café' }
  const png = decodePng(encodePng(5, 4, pixels, text))
  expect([png.width, png.height]).toEqual([5, 4])
  expect(png.pixels).toEqual(pixels)
  expect(png.text).toEqual(text)
})

test('a damaged picture is refused', () => {
  const png = encodePng(5, 4, pixels, {})
  png[png.length - 20]! ^= 1
  expect(() => decodePng(png)).toThrow('damaged')
  expect(() => decodePng(Buffer.from('<svg>'))).toThrow('not a PNG')
})

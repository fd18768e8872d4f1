import { describe, expect, test } from 'bun:test'
import { crc32 } from 'node:zlib'
import { inspect } from '../../../src/files/media/inspect.ts'
import type { KindName } from '../../../src/files/media/kinds.ts'
import { patchesOfPlace } from '../../../src/files/media/place.ts'
import { type Sample, sample } from '../../support/media.ts'

/** 15.5 seconds of 52° 30′, as Exif writes it in either order of bytes. */
const SECONDS = ['0000001f00000002', '1f00000002000000']

async function without(bytes: Uint8Array, kind: KindName): Promise<{ changed: Buffer<ArrayBuffer>; patches: number }> {
  const changed = Buffer.from(new Uint8Array(bytes).buffer)
  const patches = await patchesOfPlace(new Blob([bytes as Uint8Array<ArrayBuffer>]), kind)
  for (const { at, bytes } of patches) bytes.copy(changed, at)
  return { changed, patches: patches.length }
}

const saysPlace = (bytes: Buffer) => SECONDS.some((seconds) => bytes.toString('hex').includes(seconds))

describe('the place on earth is taken out of', () => {
  const pictures: [Sample, KindName, number][] = [
    ['jpegTurned', 'jpeg', 8],
    ['pngPlace', 'png', 12],
    ['webpPlace', 'webp', 8],
    ['avifPlace', 'avif', 12],
  ]
  test.each(pictures)('a picture, and nothing else: %s', async (name, kind, width) => {
    const before = sample(name)
    expect(saysPlace(Buffer.from(before))).toBe(true)
    const { changed } = await without(before, kind)
    expect([saysPlace(changed), changed.length]).toEqual([false, before.length])
    expect(await inspect(new Blob([changed]))).toMatchObject({ kind, width, fault: null })
    expect((await without(changed, kind)).patches).toBe(0)
  })

  test('a film', async () => {
    const mov = await without(sample('movPlace'), 'mov')
    expect(Buffer.from(sample('movPlace')).includes('+52.5041')).toBe(true)
    expect(mov.changed.includes('+52.5041')).toBe(false)
    const mp4 = await without(sample('mp4Place'), 'mp4')
    expect([sample('mp4Place').length, mp4.changed.includes('loci')]).toEqual([mp4.changed.length, false])
    for (const { changed } of [mov, mp4])
      expect(await inspect(new Blob([changed]))).toMatchObject({ width: 16, height: 8 })
  })

  test('the words that programs write into a picture', async () => {
    const words = '<x exif:GPSLatitude="52,30.25N" dc:title="Bread"><exif:GPSLongitude>13,22.1E</exif:GPSLongitude></x>'
    const segment = Buffer.from(`\xff\xe1\0\0http://ns.adobe.com/xap/1.0/\0${words}`, 'latin1')
    segment.writeUInt16BE(segment.length - 2, 2)
    const jpeg = Buffer.from(sample('jpeg'))
    const { changed } = await without(Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]), 'jpeg')
    const said = changed.toString('latin1')
    expect(said).toContain(
      '<x exif:GPSLatitude="         " dc:title="Bread"><exif:GPSLongitude>        </exif:GPSLongitude>',
    )
  })
})

const XMP_WORDS = '<x exif:GPSLatitude="52,30.25N" dc:title="Bread"/>'

/** A TIFF of two pages, the second of which says where it was taken, and in words too. */
function tiffWithPlace(little: boolean): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(420)
  const u16 = (value: number, at: number) => (little ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at))
  const u32 = (value: number, at: number) => (little ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at))
  const directory = (at: number, entries: [tag: number, type: number, count: number, value: number][], next = 0) => {
    u16(entries.length, at)
    entries.forEach(([tag, type, count, value], i) => {
      const entry = at + 2 + i * 12
      u16(tag, entry)
      u16(type, entry + 2)
      u32(count, entry + 4)
      if (type === 3 && count === 1) u16(value, entry + 8)
      else u32(value, entry + 8)
    })
    u32(next, at + 2 + entries.length * 12)
  }
  bytes.write(little ? 'II*\0' : 'MM\0*', 'latin1')
  u32(8, 4)
  directory(
    8,
    [
      [256, 3, 1, 12],
      [257, 3, 1, 8],
    ],
    60,
  )
  directory(60, [
    [256, 3, 1, 6],
    [257, 3, 1, 4],
    [700, 1, XMP_WORDS.length, 300],
    [0x8825, 4, 1, 160],
  ])
  directory(160, [
    [2, 5, 3, 240],
    [4, 5, 3, 264],
  ])
  for (const at of [240, 264]) for (const [i, value] of [52, 1, 30, 1, 31, 2].entries()) u32(value, at + i * 4)
  bytes.write(XMP_WORDS, 300)
  bytes.write('pixels', 400)
  return bytes
}

test.each([true, false])('out of a TIFF, whichever page and order of bytes: %p', async (little) => {
  const before = tiffWithPlace(little)
  expect(saysPlace(before)).toBe(true)
  const { changed } = await without(before, 'tiff')
  expect([saysPlace(changed), changed.length, changed.toString('latin1', 400, 406)]).toEqual([false, 420, 'pixels'])
  expect(changed.toString('latin1', 300, 300 + XMP_WORDS.length)).toBe(
    '<x exif:GPSLatitude="         " dc:title="Bread"/>',
  )
  expect(await inspect(new Blob([changed]))).toMatchObject({
    kind: 'tiff',
    width: 12,
    height: 8,
    frames: 2,
    fault: null,
  })
  expect((await without(changed, 'tiff')).patches).toBe(0)
})

test('a TIFF whose directories lead in a circle, or that says to have a place of gigabytes, keeps nobody busy', async () => {
  const circle = tiffWithPlace(true)
  circle.writeUInt32LE(60, 60 + 2 + 4 * 12)
  expect(saysPlace((await without(circle, 'tiff')).changed)).toBe(false)
  const huge = tiffWithPlace(true)
  huge.writeUInt16LE(65_535, 160)
  huge.writeUInt32LE(0xffffffff, 162 + 4)
  await without(huge, 'tiff')
  const many = Buffer.alloc(12 * 1_000 + 65_535 * 12 + 8) // a thousand directories over each other, of 65,535 entries each
  many.write('II*\0', 'latin1')
  many.writeUInt32LE(8, 4)
  for (let at = 8; at < 12_000; at += 12) {
    many.writeUInt16LE(65_535, at)
    many.writeUInt32LE(at + 12, at + 2 + 65_535 * 12)
  }
  expect((await without(many, 'tiff')).patches).toBe(0)
  expect(await inspect(new Blob([many]))).toMatchObject({ fault: 'damaged' })
  const own = tiffWithPlace(true)
  own.writeUInt32LE(60, 60 + 2 + 3 * 12 + 8) // the place is said to be the page itself
  await without(own, 'tiff')
})

test('a chunk of a PNG has a good sum after that', async () => {
  const { changed } = await without(sample('pngPlace'), 'png')
  const at = changed.indexOf('eXIf')
  const length = changed.readUInt32BE(at - 4)
  expect(changed.readUInt32BE(at + 4 + length)).toBe(crc32(changed.subarray(at, at + 4 + length)))
})

test('what says no place is left as it is, and so is what can’t be read', async () => {
  for (const name of ['png', 'jpeg', 'webp', 'avif', 'mp4', 'mov', 'gif', 'tiff'] as const)
    expect((await without(sample(name), name)).patches).toBe(0)
  for (const name of ['jpegTurned', 'pngPlace', 'webpPlace', 'avifPlace', 'mp4Place', 'movPlace'] as const) {
    const kind = name.replace(/Place|Turned/, '') as KindName
    for (let end = 8; end < sample(name).length; end += 7) await without(sample(name).subarray(0, end), kind)
  }
})

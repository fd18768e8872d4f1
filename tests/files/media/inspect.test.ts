import { describe, expect, test } from 'bun:test'
import { deflateSync } from 'node:zlib'
import fc from 'fast-check'
import { inspect } from '../../../src/files/media/inspect.ts'
import { nameFor } from '../../../src/files/media/names.ts'
import { type Sample, sample } from '../../support/media.ts'
import { pngOf } from './pngs.ts'

const look = (bytes: Uint8Array | string) => inspect(new Blob([bytes as Uint8Array<ArrayBuffer>]))
const joined = (...parts: (string | Uint8Array)[]) =>
  Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)))

describe('what a content is', () => {
  const files: [Sample, string, number | null, number | null, number][] = [
    ['png', 'png', 12, 8, 1],
    ['jpeg', 'jpeg', 12, 8, 1],
    ['jpegTurned', 'jpeg', 8, 12, 1],
    ['gif', 'gif', 12, 8, 1],
    ['gifMoving', 'gif', 10, 6, 3],
    ['webp', 'webp', 12, 8, 1],
    ['webpLossless', 'webp', 12, 8, 1],
    ['webpMoving', 'webp', 12, 8, 3],
    ['avif', 'avif', 12, 8, 1],
    ['bmp', 'bmp', 12, 8, 1],
    ['tiff', 'tiff', 12, 8, 1],
    ['mp4', 'mp4', 16, 8, 1],
    ['mov', 'mov', 16, 8, 1],
    ['webm', 'webm', null, null, 1],
    ['mp3', 'mp3', null, null, 1],
  ]
  test.each(files)('is told by itself, with its size: %s', async (name, kind, width, height, frames) => {
    expect(await look(sample(name))).toEqual({ kind, width, height, frames, ends: null, fault: null } as never)
  })

  const texts: [string, string][] = [
    ['<svg xmlns="http://www.w3.org/2000/svg"/>', 'svg'],
    ['\uFEFF<?xml version="1.0"?>\n<!-- x --><!DOCTYPE svg PUBLIC "a" "b" [<!ENTITY x "y">]>\n<svg >', 'svg'],
    ['<svg:svg xmlns:svg="http://www.w3.org/2000/svg"/>', 'svg'],
    ['  <!-- hello --><!doctype HTML><p>x', 'html'],
    ['<script>alert(1)</script>', 'html'],
    ['# Bread\n\nüöä 🥐', 'text'],
    ['GIF8 is a format', 'text'],
    ['%PDF-1.7\n', 'pdf'],
    ['PK\x03\x04rest', 'zip'],
    ['fLaC', 'flac'],
    ['OggS', 'ogg'],
    ['RIFF\x00\x00\x00\x00WAVE', 'wav'],
  ]
  test.each(texts)('also when it begins with %j', async (text, kind) => {
    expect((await look(text)).kind).toBe(kind as never)
  })

  test('is text only where all of it is, also where a character lies over the edge of what is read at once', async () => {
    const long = `a${'ü'.repeat(100_000)}`
    expect((await look(long)).kind).toBe('text')
    expect((await look(joined(long, Uint8Array.of(0)))).kind).toBe('other')
    expect((await look(joined(long, Uint8Array.of(0xff)))).kind).toBe('other')
  })

  test('is found of any bytes at all, whatever a program has put before them', async () => {
    const beginnings = fc.constantFrom<Sample>('png', 'jpeg', 'gif', 'webp', 'avif', 'bmp', 'tiff', 'mp4', 'webpMoving')
    await fc.assert(
      fc.asyncProperty(
        beginnings,
        fc.integer({ min: 0, max: 900 }),
        fc.uint8Array({ maxLength: 300 }),
        async (name, cut, noise) => {
          const { kind, fault, width } = await look(joined(sample(name).subarray(0, cut), noise))
          expect(typeof kind).toBe('string')
          if (fault && fault !== 'pixels') expect(width).toBeNull()
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('a picture that is no whole one, or a trap, is found without being decoded:', () => {
  const faults: [string, Uint8Array, string][] = [
    ['a cut PNG', pngOf().subarray(0, -13), 'damaged'],
    ['a cut GIF', sample('gifMoving').subarray(0, -1), 'damaged'],
    ['a cut JPEG', sample('jpeg').subarray(0, 100), 'damaged'],
    ['a cut WebP', sample('webp').subarray(0, -4), 'damaged'],
    ['a GIF that is a script', joined('GIF89a/*', new Uint8Array(20), '*/=1;alert(1)'), 'damaged'],
    [
      'a PNG that claims ten thousand million pixels',
      pngOf({ width: 100_000, height: 100_000, rows: new Uint8Array(9) }),
      'pixels',
    ],
    ['a PNG whose pixels unpack beyond its header', pngOf({ width: 8, height: 4, rows: new Uint8Array(50e6) }), 'bomb'],
    ['a PNG with fewer pixels than it says', pngOf({ width: 8, height: 4, rows: new Uint8Array(30) }), 'damaged'],
    ['a PNG with no pixels at all', pngOf({ width: 0, height: 4 }), 'damaged'],
    ['a PNG whose pixels are no deflate', replaced(pngOf(), deflateSync(new Uint8Array(36)), 3), 'damaged'],
    [
      'a PNG with a text that unpacks to 200 MB',
      pngOf({ before: [['zTXt', joined('Comment\0\0', deflateSync(new Uint8Array(200e6)))]] }),
      'bomb',
    ],
    ['a GIF with frames for thousands of millions of pixels', movingGif(10_000, 9_000, 6), 'pixels'],
    ['a BMP without a width', replaced(sample('bmp'), Uint8Array.of(12, 0, 0, 0, 8), 0), 'damaged'],
  ]
  test.each(faults)('%s', async (_what, bytes, fault) => {
    expect((await look(bytes)).fault).toBe(fault as never)
  })

  test('what follows a picture is known as no part of it', async () => {
    for (const name of ['png', 'gif', 'webp'] as const) {
      const whole = sample(name)
      expect((await look(joined(whole, '<script>'))).ends).toBe(whole.length)
    }
  })

  test('an interlaced PNG is unpacked to what its passes take', async () => {
    // 5 × 3, grey: six of the seven passes take 1, 1, 1, 3, 4 and 5 of its 15 pixels.
    const passes = [
      [1, 1],
      [1, 1],
      [1, 1],
      [3, 1],
      [2, 2],
      [5, 1],
    ] as const
    const rows = new Uint8Array(passes.reduce((sum, [columns, lines]) => sum + lines * (columns + 1), 0))
    expect((await look(pngOf({ width: 5, height: 3, interlaced: true, rows }))).fault).toBeNull()
    expect((await look(pngOf({ width: 5, height: 3, interlaced: true, rows: rows.subarray(1) }))).fault).toBe('damaged')
  })
})

test('a name gets the ending of its content, and keeps what says nothing else', () => {
  const names = [
    ['photo.png', 'jpeg', 'photo.jpg'],
    ['photo.JPEG', 'jpeg', 'photo.JPEG'],
    ['photo', 'png', 'photo.png'],
    ['my.holiday', 'png', 'my.holiday.png'],
    ['a.jpg', 'html', 'a.html'],
    ['logo.png', 'svg', 'logo.svg'],
    ['logo.svg', 'html', 'logo.html'],
    ['page.txt', 'html', 'page.txt'],
    ['app.ts', 'text', 'app.ts'],
    ['Makefile', 'text', 'Makefile'],
    ['x.png', 'other', 'x.bin'],
    ['latin-1.txt', 'other', 'latin-1.txt'],
    ['model.gguf', 'other', 'model.gguf'],
    ['letter.docx', 'zip', 'letter.docx'],
    ['.png', 'png', '.png'],
    ['clip.mov', 'mp4', 'clip.mp4'],
  ] as const
  expect(names.map(([name, kind]) => nameFor(name, kind))).toEqual(names.map(([, , wanted]) => wanted))
})

/** The bytes with some of them replaced where `old` begins, from its byte `from` on. */
function replaced(bytes: Uint8Array, old: Uint8Array, from: number): Buffer {
  const copy = Buffer.from(bytes)
  const at = copy.indexOf(old)
  if (at < 0) throw new Error('there is nothing to replace')
  copy.fill(from === 0 ? 0 : 0xff, at + from, at + from + 4)
  return copy
}

function movingGif(width: number, height: number, frames: number): Buffer {
  const screen = Buffer.from('GIF89a\0\0\0\0\0\0\0', 'latin1')
  screen.writeUInt16LE(width, 6)
  screen.writeUInt16LE(height, 8)
  const frame = Buffer.concat([Uint8Array.of(0x2c), new Uint8Array(9), Uint8Array.of(2, 1, 0, 0)])
  return Buffer.concat([screen, ...Array.from({ length: frames }, () => frame), Uint8Array.of(0x3b)])
}

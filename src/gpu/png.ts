import { crc32, deflateSync, inflateSync } from 'node:zlib'

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
const RGB8 = Uint8Array.of(8, 2, 0, 0, 0) // bit depth, colour type, compression, filter, interlace
const BYTES_PER_PIXEL = 3

export interface Png {
  width: number
  height: number
  /** RGB, row by row. */
  pixels: Uint8Array
  text: Record<string, string>
}

/**
 * A PNG (RGB, 8 bit) with its text: plain Latin-1 values as `tEXt`, all others as UTF-8 `iTXt`.
 * @param level of deflate, 0..9
 */
export function encodePng(
  width: number,
  height: number,
  pixels: Uint8Array | Uint8ClampedArray,
  text: Record<string, string>,
  level = 6,
): Buffer {
  const size = Buffer.alloc(8)
  size.writeUInt32BE(width, 0)
  size.writeUInt32BE(height, 4)
  return Buffer.concat([
    SIGNATURE,
    chunk('IHDR', Buffer.concat([size, RGB8])),
    ...Object.entries(text).map(([key, value]) => textChunk(key, value)),
    chunk('IDAT', deflateSync(filtered(width, height, pixels), { level })),
    chunk('IEND', new Uint8Array()),
  ])
}

/** Reads what `encodePng` writes. @throws Error when a checksum, the size or the format is wrong. */
export function decodePng(bytes: Uint8Array): Png {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!data.subarray(0, 8).equals(SIGNATURE)) throw new Error('not a PNG')
  const found = readChunks(data)
  const header = found.find((c) => c.type === 'IHDR')!.data
  const width = header.readUInt32BE(0)
  const height = header.readUInt32BE(4)
  const packed = Buffer.concat(found.filter((c) => c.type === 'IDAT').map((c) => c.data))
  const text = Object.fromEntries(found.flatMap(({ type, data }) => readText(type, data)))
  return { width, height, pixels: unfiltered(width, height, inflateSync(packed)), text }
}

/** Each byte less the one above it (filter 2): painted areas change slowly downwards. */
function filtered(width: number, height: number, pixels: Uint8Array | Uint8ClampedArray): Buffer {
  const stride = width * BYTES_PER_PIXEL
  const rows = Buffer.alloc((stride + 1) * height)
  for (let y = 0; y < height; y++) {
    const to = y * (stride + 1)
    const from = y * stride
    rows[to] = y === 0 ? 0 : 2
    for (let i = 0; i < stride; i++)
      rows[to + 1 + i] = y === 0 ? pixels[from + i]! : pixels[from + i]! - pixels[from - stride + i]!
  }
  return rows
}

function unfiltered(width: number, height: number, rows: Buffer): Uint8Array {
  const stride = width * BYTES_PER_PIXEL
  if (rows.length !== (stride + 1) * height) throw new Error('the PNG has the wrong number of pixels')
  const pixels = new Uint8Array(stride * height)
  for (let y = 0; y < height; y++) {
    const filter = rows[y * (stride + 1)]!
    if (filter !== 0 && filter !== 2) throw new Error(`filter ${filter} is not read here`)
    for (let i = 0; i < stride; i++) {
      const above = filter === 2 ? pixels[(y - 1) * stride + i]! : 0
      pixels[y * stride + i] = rows[y * (stride + 1) + 1 + i]! + above
    }
  }
  return pixels
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  body.copy(framed, 4)
  framed.writeUInt32BE(crc32(body) >>> 0, body.length + 4)
  return framed
}

function textChunk(key: string, value: string): Buffer {
  if (/^[\x0a\x20-\x7e\xa1-\xff]*$/.test(value)) return chunk('tEXt', Buffer.from(`${key}\0${value}`, 'latin1'))
  return chunk('iTXt', Buffer.concat([Buffer.from(`${key}\0\0\0\0\0`, 'latin1'), Buffer.from(value, 'utf8')]))
}

function readChunks(data: Buffer): { type: string; data: Buffer }[] {
  const found: { type: string; data: Buffer }[] = []
  for (let at = 8; at < data.length; ) {
    const length = data.readUInt32BE(at)
    const body = data.subarray(at + 4, at + 8 + length)
    if (data.readUInt32BE(at + 8 + length) !== crc32(body) >>> 0) throw new Error('a PNG chunk is damaged')
    found.push({ type: body.toString('latin1', 0, 4), data: body.subarray(4) })
    at += length + 12
  }
  return found
}

function readText(type: string, data: Buffer): [string, string][] {
  if (type !== 'tEXt' && type !== 'iTXt') return []
  const end = data.indexOf(0)
  const key = data.toString('latin1', 0, end)
  if (type === 'tEXt') return [[key, data.toString('latin1', end + 1)]]
  const language = data.indexOf(0, end + 3)
  return [[key, data.toString('utf8', data.indexOf(0, language + 1) + 1)]]
}

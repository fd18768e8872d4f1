import { crc32 } from 'node:zlib'

const SIGNATURE = Buffer.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
/** Of the signature and the first chunk, IHDR, behind which texts are put. */
const HEAD_BYTES = 33
const XMP_KEY = 'XML:com.adobe.xmp'

/** A PNG with an XMP packet, and its parameters as other programs read them, right after its header; null when it is none. */
export function pngWith(png: Uint8Array, xmp: string, parameters: string): Buffer | null {
  const data = Buffer.from(png.buffer, png.byteOffset, png.byteLength)
  if (!isPng(data)) return null
  const texts = [international(XMP_KEY, xmp), international('parameters', parameters)]
  return Buffer.concat([data.subarray(0, HEAD_BYTES), ...texts, data.subarray(HEAD_BYTES)])
}

/** The texts of a PNG by their names, up to a damaged place; null when it is none. */
export function pngTexts(png: Uint8Array): Record<string, string> | null {
  const data = Buffer.from(png.buffer, png.byteOffset, png.byteLength)
  if (!isPng(data)) return null
  const texts: Record<string, string> = {
    width: String(data.readUInt32BE(16)),
    height: String(data.readUInt32BE(20)),
  }
  for (let at = 8; at + 12 <= data.length; ) {
    const length = data.readUInt32BE(at)
    const type = data.toString('latin1', at + 4, at + 8)
    if (at + 12 + length > data.length || type === 'IDAT') break
    const [key, value] = textIn(type, data.subarray(at + 8, at + 8 + length)) ?? []
    if (key !== undefined) texts[key] = value!
    at += length + 12
  }
  return texts
}

function isPng(data: Buffer): boolean {
  return (
    data.length >= HEAD_BYTES &&
    data.subarray(0, 8).equals(SIGNATURE) &&
    data.readUInt32BE(8) === 13 &&
    data.toString('latin1', 12, 16) === 'IHDR'
  )
}

function international(key: string, text: string): Buffer {
  const body = Buffer.concat([Buffer.from(`iTXt${key}\0\0\0\0\0`, 'latin1'), Buffer.from(text, 'utf8')])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(body.length - 4, 0)
  body.copy(framed, 4)
  framed.writeUInt32BE(crc32(body) >>> 0, body.length + 4)
  return framed
}

/** Of `tEXt` and of `iTXt` that is not compressed. */
function textIn(type: string, data: Buffer): [string, string] | null {
  const end = data.indexOf(0)
  if (end < 1) return null
  const key = data.toString('latin1', 0, end)
  if (type === 'tEXt') return [key, data.toString('latin1', end + 1)]
  if (type !== 'iTXt' || data[end + 1] !== 0) return null
  const language = data.indexOf(0, end + 3)
  const translated = data.indexOf(0, language + 1)
  return language < 0 || translated < 0 ? null : [key, data.toString('utf8', translated + 1)]
}

const HAS_XMP = 0x04
const HAS_ALPHA = 0x10
const VP8L_SIGNATURE = 0x2f

/** A WebP with an XMP chunk at its end (RFC 9649); null when it is none, or of a kind that is not known. */
export function webpWith(webp: Uint8Array, xmp: string): Buffer | null {
  const data = Buffer.from(webp.buffer, webp.byteOffset, webp.byteLength)
  if (data.length < 30 || data.toString('latin1', 0, 4) !== 'RIFF' || data.toString('latin1', 8, 12) !== 'WEBP')
    return null
  const rest = data.subarray(12, 8 + data.readUInt32LE(4))
  const extended = rest.toString('latin1', 0, 4) === 'VP8X' ? flagged(rest) : extendedFrom(rest)
  if (!extended) return null
  const body = Buffer.concat([extended, chunk('XMP ', Buffer.from(xmp, 'utf8'))])
  const head = Buffer.from('RIFF\0\0\0\0WEBP', 'latin1')
  head.writeUInt32LE(body.length + 4, 4)
  return Buffer.concat([head, body])
}

function flagged(chunks: Buffer): Buffer {
  const copy = Buffer.from(chunks)
  copy[8]! |= HAS_XMP
  return copy
}

/** The simple format holds one chunk, whose header says the size; the extended one wants a header of its own before it. */
function extendedFrom(chunks: Buffer): Buffer | null {
  const size = sizeIn(chunks)
  if (!size) return null
  const header = Buffer.alloc(10)
  header[0] = HAS_XMP | (size.alpha ? HAS_ALPHA : 0)
  header.writeUIntLE(size.width - 1, 4, 3)
  header.writeUIntLE(size.height - 1, 7, 3)
  return Buffer.concat([chunk('VP8X', header), chunks])
}

function sizeIn(chunks: Buffer): { width: number; height: number; alpha: boolean } | null {
  const type = chunks.toString('latin1', 0, 4)
  if (type === 'VP8 ' && chunks.readUIntBE(11, 3) === 0x9d012a)
    return { width: chunks.readUInt16LE(14) & 0x3fff, height: chunks.readUInt16LE(16) & 0x3fff, alpha: false }
  if (type !== 'VP8L' || chunks[8] !== VP8L_SIGNATURE) return null
  const bits = chunks.readUInt32LE(9)
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, alpha: ((bits >>> 28) & 1) === 1 }
}

function chunk(type: string, data: Buffer): Buffer {
  const head = Buffer.from(`${type}\0\0\0\0`, 'latin1')
  head.writeUInt32LE(data.length, 4)
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)])
}

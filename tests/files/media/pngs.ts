import { crc32, deflateSync } from 'node:zlib'

interface Made {
  width?: number
  height?: number
  depth?: number
  colour?: number
  interlaced?: boolean
  /** What the pixels unpack to; as many zeros as a grey picture of that size takes when not said. */
  rows?: Uint8Array
  before?: [type: string, data: Uint8Array][]
}

/** A PNG of grey pixels, or one that says of itself whatever is wanted. */
export function pngOf({
  width = 8,
  height = 4,
  depth = 8,
  colour = 0,
  interlaced,
  rows,
  before = [],
}: Made = {}): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([depth, colour, 0, 0, interlaced ? 1 : 0], 8)
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...before.map(([type, data]) => pngChunk(type, data)),
    pngChunk('IDAT', deflateSync(rows ?? new Uint8Array(height * (width + 1)))),
    pngChunk('IEND', new Uint8Array()),
  ])
}

export function pngChunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const framed = Buffer.alloc(body.length + 8)
  framed.writeUInt32BE(data.length, 0)
  body.copy(framed, 4)
  framed.writeUInt32BE(crc32(body), body.length + 4)
  return framed
}

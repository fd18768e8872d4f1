import { pipeline } from 'node:stream/promises'
import { createInflate, inflateSync } from 'node:zlib'
import type { Raster } from './raster.ts'
import { damaged, MediaFault, type Source } from './source.ts'

const FIRST = 8
/** Samples of a pixel by colour type; others there are none. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
/** The seven passes of an interlaced PNG: first column and row, and the steps between (PNG, 8.2). */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const
/** All texts and colour profiles of a picture together, unpacked. */
const MOST_ANCILLARY = 16 * 2 ** 20
const PACKED_ANCILLARY = new Set(['iCCP', 'zTXt', 'iTXt'])

interface Header {
  width: number
  height: number
  /** Bits of a pixel. */
  bits: number
  interlaced: boolean
}

export interface PngChunk {
  type: string
  at: number
  length: number
}

/**
 * Reads a PNG's chunks, and unpacks its pixels without keeping them: they are as many bytes as its header says, or it is refused.
 * `mayUnpack` is asked first, so that a size that nobody takes costs nothing.
 */
export async function readPng(source: Source, mayUnpack: (found: Raster) => boolean): Promise<Raster> {
  const header = await headerOf(source)
  const chunks = await chunksOf(source)
  const control = chunks.find(({ type }) => type === 'acTL')
  const frames = control ? (await source.bytes(control.at, 4)).readUInt32BE(0) : 1
  const end = chunks.at(-1)!
  const { width, height } = header
  const found = { width, height, frames: Math.max(1, frames), ends: end.at + end.length + 4 }
  if (!mayUnpack(found)) return found
  const pixels = chunks.filter(({ type }) => type === 'IDAT')
  if (pixels.length === 0) throw damaged()
  await mustUnpackTo(piecesOf(source, pixels), unpackedSize(header))
  const others = chunks.filter(({ type }) => PACKED_ANCILLARY.has(type))
  await mustStaySmall(source, others)
  return found
}

async function headerOf(source: Source): Promise<Header> {
  const head = await source.bytes(FIRST, 25)
  const [width, height, depth, colour, interlace] = [
    head.readUInt32BE(8),
    head.readUInt32BE(12),
    head[16]!,
    head[17]!,
    head[20]!,
  ]
  const samples = SAMPLES[colour]
  const isFirst = head.toString('latin1', 4, 8) === 'IHDR' && head.readUInt32BE(0) === 13
  if (!isFirst || width === 0 || height === 0 || !samples || ![1, 2, 4, 8, 16].includes(depth) || interlace > 1)
    throw damaged()
  return { width, height, bits: samples * depth, interlaced: interlace === 1 }
}

export async function chunksOf(source: Source): Promise<PngChunk[]> {
  const chunks: PngChunk[] = []
  for (let at = FIRST; ; ) {
    const head = await source.bytes(at, 8)
    const chunk = { type: head.toString('latin1', 4, 8), at: at + 8, length: head.readUInt32BE(0) }
    at = chunk.at + chunk.length + 4
    if (at > source.size || !/^[A-Za-z]{4}$/.test(chunk.type)) throw damaged()
    chunks.push(chunk)
    if (chunk.type === 'IEND') return chunks
  }
}

/** Bytes of all rows, each with its filter. */
function unpackedSize({ width, height, bits, interlaced }: Header): number {
  const rows = (columns: number, lines: number) => (columns > 0 ? lines * (1 + Math.ceil((columns * bits) / 8)) : 0)
  if (!interlaced) return rows(width, height)
  return PASSES.reduce(
    (sum, [x, y, dx, dy]) => sum + rows(Math.ceil((width - x) / dx), Math.max(0, Math.ceil((height - y) / dy))),
    0,
  )
}

async function* piecesOf(source: Source, chunks: PngChunk[]): AsyncGenerator<Buffer> {
  for (const { at, length } of chunks)
    for (let done = 0; done < length; ) {
      const piece = await source.upTo(at + done, Math.min(65_536, length - done))
      if (piece.length === 0) throw damaged()
      done += piece.length
      yield Buffer.from(piece) // a copy: what is read into is used again
    }
}

async function mustUnpackTo(pieces: AsyncIterable<Buffer>, expected: number): Promise<void> {
  let size = 0
  try {
    await pipeline(pieces, createInflate({ chunkSize: 262_144 }), async (unpacked: AsyncIterable<Buffer>) => {
      for await (const { byteLength } of unpacked) {
        size += byteLength
        if (size > expected) throw new MediaFault('bomb')
      }
    })
  } catch (error) {
    throw error instanceof MediaFault ? error : damaged()
  }
  if (size < expected) throw damaged()
}

/** Text and profiles of a PNG are packed too: all together they stay small. */
async function mustStaySmall(source: Source, chunks: PngChunk[]): Promise<void> {
  let left = MOST_ANCILLARY
  for (const { type, at, length } of chunks) {
    if (length > left) throw new MediaFault('bomb')
    const packed = packedIn(type, await source.bytes(at, length))
    if (packed) left -= unpackedLength(packed, left)
  }
}

/** What is packed of a chunk: after its keyword, and of international text only where it says so (PNG, 11.3). */
function packedIn(type: string, data: Buffer): Buffer | undefined {
  const keyword = data.indexOf(0)
  if (keyword < 0) return undefined
  if (type !== 'iTXt') return data.subarray(keyword + 2)
  const language = data.indexOf(0, keyword + 3)
  const translated = language < 0 ? -1 : data.indexOf(0, language + 1)
  return data[keyword + 1] === 1 && translated >= 0 ? data.subarray(translated + 1) : undefined
}

function unpackedLength(packed: Buffer, most: number): number {
  try {
    return inflateSync(packed, { maxOutputLength: most }).length
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw new MediaFault('bomb')
    return 0 // damaged: it is left out by whoever reads the picture
  }
}

import { readExif } from './exif.ts'
import type { Raster } from './raster.ts'
import { damaged, type Source } from './source.ts'

const RIFF_HEADER = 12
const MOST_CHUNKS = 100_000

export interface RiffChunk {
  type: string
  at: number
  length: number
}

/** Width, height and frames of a WebP: of an extended one from its header, else from the picture's own. */
export async function readWebp(source: Source): Promise<Raster> {
  const chunks = await chunksOf(source)
  const [first] = chunks
  if (!first) throw damaged()
  const ends = RIFF_HEADER - 4 + (await source.bytes(4, 4)).readUInt32LE(0)
  const head = await source.bytes(first.at, 10)
  if (first.type === 'VP8 ') return { ...lossy(head), frames: 1, ends }
  if (first.type === 'VP8L') return { ...lossless(head), frames: 1, ends }
  if (first.type !== 'VP8X') throw damaged()
  const size = { width: 1 + head.readUIntLE(4, 3), height: 1 + head.readUIntLE(7, 3) }
  const frames = chunks.filter(({ type }) => type === 'ANMF').length
  if (frames === 0 && !chunks.some(({ type }) => type === 'VP8 ' || type === 'VP8L')) throw damaged()
  const shown = (await orientationOf(source, chunks)) >= 5 ? { width: size.height, height: size.width } : size
  return { ...shown, frames: Math.max(1, frames), ends }
}

export async function chunksOf(source: Source): Promise<RiffChunk[]> {
  const end = 8 + (await source.bytes(4, 4)).readUInt32LE(0)
  if (end > source.size) throw damaged()
  const chunks: RiffChunk[] = []
  for (let at = RIFF_HEADER; at + 8 <= end && chunks.length < MOST_CHUNKS; ) {
    const head = await source.bytes(at, 8)
    const length = head.readUInt32LE(4)
    if (at + 8 + length > end) throw damaged()
    chunks.push({ type: head.toString('latin1', 0, 4), at: at + 8, length })
    at += 8 + length + (length % 2)
  }
  return chunks
}

function lossy(head: Buffer) {
  if (head[3] !== 0x9d || head[4] !== 0x01 || head[5] !== 0x2a) throw damaged()
  return nonZero(head.readUInt16LE(6) & 0x3fff, head.readUInt16LE(8) & 0x3fff)
}

function lossless(head: Buffer) {
  if (head[0] !== 0x2f) throw damaged()
  const bits = head.readUInt32LE(1)
  return { width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff) }
}

function nonZero(width: number, height: number) {
  if (width === 0 || height === 0) throw damaged()
  return { width, height }
}

async function orientationOf(source: Source, chunks: RiffChunk[]): Promise<number> {
  const exif = chunks.find(({ type }) => type === 'EXIF')
  return exif && exif.length < 2 ** 20 ? readExif(await source.bytes(exif.at, exif.length)).orientation : 1
}

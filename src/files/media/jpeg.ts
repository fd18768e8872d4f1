import { type Exif, readExif } from './exif.ts'
import type { Raster } from './raster.ts'
import { damaged, type Source } from './source.ts'

/** Segments before the picture itself; more has no camera. */
const MOST_SEGMENTS = 2_000
const EXIF = 'Exif\0\0'

/** The frame headers, of which each says the size: C4, C8 and CC are others (ITU T.81, table B.1). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)
}

export interface Segment {
  marker: number
  /** Where its content begins, without its length. */
  at: number
  length: number
}

/** Width and height of a JPEG, from what stands before its picture. */
export async function readJpeg(source: Source): Promise<Raster> {
  const segments = await segmentsOf(source)
  const frame = segments.find(({ marker }) => isFrame(marker))
  if (!frame) throw damaged()
  const head = await source.bytes(frame.at, 5)
  const [height, width] = [head.readUInt16BE(1), head.readUInt16BE(3)]
  if (width === 0 || height === 0) throw damaged()
  const { orientation } = (await exifOf(source, segments))?.exif ?? { orientation: 1 }
  return orientation >= 5 && orientation <= 8
    ? { width: height, height: width, frames: 1 }
    : { width, height, frames: 1 }
}

/** The block of Exif with its place in the file, if there is one. */
export async function exifOf(source: Source, segments: Segment[]): Promise<{ exif: Exif; at: number } | undefined> {
  for (const { marker, at, length } of segments) {
    if (marker !== 0xe1 || length < EXIF.length) continue
    const content = await source.bytes(at, length)
    if (content.toString('latin1', 0, EXIF.length) === EXIF)
      return { exif: readExif(content.subarray(EXIF.length)), at: at + EXIF.length }
  }
  return undefined
}

/** All segments up to the first scan. */
export async function segmentsOf(source: Source): Promise<Segment[]> {
  const segments: Segment[] = []
  for (let at = 2; segments.length < MOST_SEGMENTS; ) {
    const [first, marker] = await source.bytes(at, 2)
    if (first !== 0xff) throw damaged()
    if (marker === 0xff) {
      at++ // any number of them may stand before a marker
      continue
    }
    const length = (await source.bytes(at + 2, 2)).readUInt16BE(0)
    if (length < 2 || at + 2 + length > source.size) throw damaged()
    segments.push({ marker: marker!, at: at + 4, length: length - 2 })
    if (marker === 0xda) return segments
    at += 2 + length
  }
  throw damaged()
}

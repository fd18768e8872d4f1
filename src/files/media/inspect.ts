import { readBmp, readTiff } from './bitmap.ts'
import { readFilm, readHeif } from './boxes.ts'
import { readGif } from './gif.ts'
import { readJpeg } from './jpeg.ts'
import { KINDS, type KindName } from './kinds.ts'
import { readPng } from './png.ts'
import type { Raster } from './raster.ts'
import { sniff } from './sniff.ts'
import { MediaFault, type Source, sourceOf } from './source.ts'
import { readWebp } from './webp.ts'

/** Pixels of a picture, and of all frames of an animated one together. */
export const MOST_PIXELS = 100e6
export const MOST_FRAME_PIXELS = 500e6

/** What a content is. A fault is of a picture alone: it is not whole, it would grow without bound, it has too many pixels. */
export interface Inspected {
  kind: KindName
  width: number | null
  height: number | null
  frames: number
  /** Where a picture ends, when its format says so and more follows. */
  ends: number | null
  fault: 'damaged' | 'bomb' | 'pixels' | null
}

/** Looks at a content: what it is by its own bytes, how large it is as a picture or a film, and whether it may be decoded. Nothing is. */
export async function inspect(blob: Blob): Promise<Inspected> {
  const source = sourceOf(blob)
  const kind = await sniff(source)
  const plain = { kind, width: null, height: null, frames: 1, ends: null, fault: null }
  const { sort } = KINDS[kind]
  if (sort === 'clip') return { ...plain, ...(await filmSize(source, kind)) }
  if (sort !== 'picture') return plain
  try {
    const { width, height, frames, ends } = await READERS[kind as keyof typeof READERS](source)
    const after = ends !== undefined && ends < source.size ? ends : null
    return { kind, width, height, frames, ends: after, fault: isTooMuch({ width, height, frames }) ? 'pixels' : null }
  } catch (error) {
    if (error instanceof MediaFault) return { ...plain, fault: error.fault }
    throw error
  }
}

const READERS = {
  png: (source: Source) => readPng(source, (found) => !isTooMuch(found)),
  jpeg: readJpeg,
  gif: readGif,
  webp: readWebp,
  avif: readHeif,
  heic: readHeif,
  bmp: readBmp,
  tiff: readTiff,
} satisfies Partial<Record<KindName, (source: Source) => Promise<Raster>>>

function isTooMuch({ width, height, frames }: Raster): boolean {
  const pixels = width * height
  return pixels > MOST_PIXELS || pixels * frames > MOST_FRAME_PIXELS
}

/** A film is not refused for what can't be read of it: its size is not known then. */
async function filmSize(source: Source, kind: KindName): Promise<{ width: number; height: number } | null> {
  if (kind !== 'mp4' && kind !== 'mov') return null
  try {
    return await readFilm(source)
  } catch (error) {
    if (error instanceof MediaFault) return null
    throw error
  }
}

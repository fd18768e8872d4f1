import type { Raster } from './raster.ts'
import { damaged, type Source } from './source.ts'

const MOST_BOXES = 10_000

export interface Box {
  type: string
  /** Where its content begins. */
  at: number
  end: number
}

/** The boxes between two places (ISO/IEC 14496-12): those that say more than there is end with it. */
export async function boxesIn(source: Source, from: number, end: number): Promise<Box[]> {
  const boxes: Box[] = []
  for (let at = from; at + 8 <= end && boxes.length < MOST_BOXES; ) {
    const head = await source.bytes(at, 8)
    const type = head.toString('latin1', 4, 8)
    let size = head.readUInt32BE(0)
    let header = 8
    if (size === 1) {
      size = Number((await source.bytes(at + 8, 8)).readBigUInt64BE(0))
      header = 16
    }
    if (size === 0) size = end - at
    if (size < header) throw damaged()
    boxes.push({ type, at: at + header, end: Math.min(end, at + size) })
    at += size
  }
  return boxes
}

/** The largest picture of an AVIF or a HEIC: its tiles and its thumbnail say their sizes too (`ispe`, ISO/IEC 23008-12). */
export async function readHeif(source: Source): Promise<Raster> {
  const meta = await inside(source, { at: 0, end: source.size }, 'meta')
  const properties = await inside(source, await inside(source, { at: meta.at + 4, end: meta.end }, 'iprp'), 'ipco')
  const found: Raster = { width: 0, height: 0, frames: 1 }
  for (const { type, at } of await boxesIn(source, properties.at, properties.end)) {
    if (type !== 'ispe') continue
    const size = await source.bytes(at + 4, 8)
    const [width, height] = [size.readUInt32BE(0), size.readUInt32BE(4)]
    if (width * height > found.width * found.height) Object.assign(found, { width, height })
  }
  if (found.width === 0) throw damaged()
  return found
}

/** Width and height of a film's first track that has any; null where none says so. */
export async function readFilm(source: Source): Promise<{ width: number; height: number } | null> {
  const film = await inside(source, { at: 0, end: source.size }, 'moov')
  for (const track of await boxesIn(source, film.at, film.end)) {
    if (track.type !== 'trak') continue
    const header = (await boxesIn(source, track.at, track.end)).find(({ type }) => type === 'tkhd')
    if (!header || header.end - header.at < 84) continue
    const size = await source.bytes(header.end - 8, 8) // 16.16 fixed point, the last two of the box
    const [width, height] = [size.readUInt32BE(0) >>> 16, size.readUInt32BE(4) >>> 16]
    if (width > 0 && height > 0) return { width, height }
  }
  return null
}

async function inside(source: Source, { at, end }: { at: number; end: number }, type: string): Promise<Box> {
  const found = (await boxesIn(source, at, end)).find((box) => box.type === type)
  if (!found) throw damaged()
  return found
}

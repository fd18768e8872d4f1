import type { Raster } from './raster.ts'
import { damaged, type Source } from './source.ts'

const MOST_PAGES = 1_000
/** Of one page: real ones have some dozens. */
const MOST_ENTRIES = 4_096
const WIDTH = 256
const HEIGHT = 257

/** Width and height of a BMP; a height below zero means that the first row is the upper one. */
export async function readBmp(source: Source): Promise<Raster> {
  const head = await source.bytes(0, 26)
  const isOld = head.readUInt32LE(14) === 12
  const width = isOld ? head.readUInt16LE(18) : head.readInt32LE(18)
  const height = isOld ? head.readUInt16LE(20) : Math.abs(head.readInt32LE(22))
  if (width <= 0 || height === 0) throw damaged()
  return { width, height, frames: 1 }
}

/** The largest page of a TIFF, and how many there are. */
export async function readTiff(source: Source): Promise<Raster> {
  const little = (await source.bytes(0, 2)).toString('latin1') === 'II'
  const u16 = (bytes: Buffer, at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at))
  const u32 = (bytes: Buffer, at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at))
  const found: Raster = { width: 0, height: 0, frames: 0 }
  const seen = new Set<number>()
  for (let at = u32(await source.bytes(4, 4), 0); at !== 0; ) {
    if (seen.has(at) || seen.size === MOST_PAGES) throw damaged()
    seen.add(at)
    const count = u16(await source.bytes(at, 2), 0)
    if (count > MOST_ENTRIES) throw damaged()
    const directory = await source.bytes(at + 2, count * 12 + 4)
    const value = (tag: number) => {
      const entry = Array.from({ length: count }, (_, i) => i * 12).find((each) => u16(directory, each) === tag)
      if (entry === undefined) return 0
      return u16(directory, entry + 2) === 3 ? u16(directory, entry + 8) : u32(directory, entry + 8)
    }
    const [width, height] = [value(WIDTH), value(HEIGHT)]
    if (width === 0 || height === 0) throw damaged()
    if (width * height > found.width * found.height) Object.assign(found, { width, height })
    found.frames++
    at = u32(directory, count * 12)
  }
  if (found.frames === 0) throw damaged()
  return found
}

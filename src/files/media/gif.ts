import type { Raster } from './raster.ts'
import { damaged, type Source } from './source.ts'

const SCREEN = 13
const EXTENSION = 0x21
const IMAGE = 0x2c
const TRAILER = 0x3b

/** Goes through a GIF block by block: each frame counts, and it must come to its end. */
export async function readGif(source: Source): Promise<Raster> {
  const screen = await source.bytes(0, SCREEN)
  const [width, height] = [screen.readUInt16LE(6), screen.readUInt16LE(8)]
  if (width === 0 || height === 0) throw damaged()
  let frames = 0
  for (let at = SCREEN + coloursIn(screen[10]!); ; ) {
    const [block] = await source.bytes(at, 1)
    if (block === TRAILER) {
      if (frames === 0) throw damaged()
      return { width, height, frames, ends: at + 1 }
    }
    if (block === EXTENSION) at = await afterBlocks(source, at + 2)
    else if (block === IMAGE) {
      frames++
      const image = await source.bytes(at, 10)
      at = await afterBlocks(source, at + 11 + coloursIn(image[9]!))
    } else throw damaged()
  }
}

/** Bytes of a table of colours, where its flag says that there is one. */
function coloursIn(flags: number): number {
  return flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0
}

/** Where the blocks of at most 255 bytes that begin here have ended. */
async function afterBlocks(source: Source, at: number): Promise<number> {
  for (;;) {
    const [length] = await source.bytes(at, 1)
    at += 1 + length!
    if (length === 0) return at
  }
}

import type { MemoryPlan } from './spec.ts'

/** The longest side of what comes out, pixels. */
export const LONGEST_SIDE = 8192
/** Pixels of what a model makes on the way, before it is brought to the size that was asked for. */
export const MOST_ON_THE_WAY = 100e6
/** How much larger, where nobody says it and no model does. */
export const USUAL_SCALE = 2

/** Sides of a tile, pixels of the picture that is given: as planned, and what the ladder goes down to. */
const TILES = { whole: 128, small: 64, smallest: 32 } as const
/** Of a tile, what overlaps with the next one. */
const OVERLAP = 0.25
/**
 * What each pixel of an enlarged tile takes: sd-cli says 416.2 MB for a tile of 128 pixels that is made four times as large, 104.2 MB for
 * one that is made twice as large, 26.0 and 6.5 MB for a quarter of the side.
 */
const BYTES_A_PIXEL = 1670

export interface Size {
  width: number
  height: number
}

/** The side of the tiles that a memory plan has an upscaler work in, pixels. */
export function tileOf({ vaeTiling, offload }: Pick<MemoryPlan, 'vaeTiling' | 'offload'>): number {
  if (offload === 'model' || offload === 'group') return TILES.smallest
  return vaeTiling ? TILES.small : TILES.whole
}

/** How often a model that makes pictures `own` times as large has to go over one, to make it `scale` times as large at least. */
export function passesFor(own: number, scale: number): number {
  return Math.max(1, Math.ceil(Math.log(scale) / Math.log(own) - 1e-9))
}

/** What each pass makes of a picture. */
export function sizesOnTheWay({ width, height }: Size, own: number, passes: number): Size[] {
  return Array.from({ length: passes }, (_, n) => ({ width: width * own ** (n + 1), height: height * own ** (n + 1) }))
}

/** Tiles of each pass. */
export function tilesOf(given: Size, own: number, passes: number, tile: number): number[] {
  return [given, ...sizesOnTheWay(given, own, passes - 1)].map(
    ({ width, height }) => tilesAlong(width, tile) * tilesAlong(height, tile),
  )
}

/** As stable-diffusion.cpp counts them (`sd_tiling_calc_tiles`). */
function tilesAlong(side: number, tile: number): number {
  if (side <= tile) return 1
  const overlap = Math.floor(tile * OVERLAP)
  const stride = tile - overlap
  const fitting = Math.floor((side - overlap) / stride)
  const rest = ((fitting + 1) * stride + overlap) % side
  const squeezed = rest !== stride && rest <= fitting * (tile / 2 - overlap)
  return Math.max(2, fitting + Number(squeezed))
}

/** What enlarging a tile takes of a device beside the weights, bytes. */
export function tileBytes(own: number, tile: number): number {
  return BYTES_A_PIXEL * (own * tile) ** 2
}

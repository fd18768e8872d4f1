import type { Canvas } from './canvas.ts'
import type { Noise } from './noise.ts'

const LEVELS = 6
const FORM_LEVEL = 2 // forms are read at a quarter of the size, so that texture does not turn the brush
const CLEAR_EDGE = 3 // luma a pixel: below it the brush follows the flow instead

interface Level {
  width: number
  height: number
  pixels: Float32Array
}

/** The finished scene, as the painter looks at it: at any sharpness, with the direction of its forms. */
export interface Reference {
  /** The mean colour around a pixel, for a brush of this radius in pixels. */
  colour(x: number, y: number, radius: number): [number, number, number]
  /** The way a stroke should run there, radians. */
  angle(x: number, y: number): number
}

export function createReference(canvas: Canvas, noise: Noise): Reference {
  const levels: Level[] = [canvas]
  while (levels.length < LEVELS) levels.push(halved(levels.at(-1)!))
  return {
    colour: (x, y, radius) => {
      const level = Math.min(LEVELS - 1, Math.max(0, Math.floor(Math.log2(radius / 1.15))))
      return pixel(levels[level]!, x >> level, y >> level)
    },
    angle: (x, y) =>
      angle(levels[FORM_LEVEL]!, noise, x / canvas.height, y / canvas.height, x >> FORM_LEVEL, y >> FORM_LEVEL),
  }
}

function angle(level: Level, noise: Noise, u: number, v: number, x: number, y: number): number {
  const gx = luma(level, x + 1, y) - luma(level, x - 1, y)
  const gy = luma(level, x, y + 1) - luma(level, x, y - 1)
  if (Math.abs(gx) + Math.abs(gy) < CLEAR_EDGE) return (noise.at(u * 2.2, v * 2.2) - 0.5) * 1.8
  return Math.atan2(gy, gx) + Math.PI / 2
}

function halved({ width, height, pixels }: Level): Level {
  const w = Math.max(1, width >> 1)
  const h = Math.max(1, height >> 1)
  const half = new Float32Array(w * h * 3)
  for (let y = 0; y < h; y++) {
    const row = Math.min(height - 1, y * 2) * width
    const next = Math.min(height - 1, y * 2 + 1) * width
    for (let x = 0; x < w; x++) {
      const left = Math.min(width - 1, x * 2)
      const right = Math.min(width - 1, x * 2 + 1)
      for (let c = 0; c < 3; c++)
        half[(y * w + x) * 3 + c] =
          (pixels[(row + left) * 3 + c]! +
            pixels[(row + right) * 3 + c]! +
            pixels[(next + left) * 3 + c]! +
            pixels[(next + right) * 3 + c]!) /
          4
    }
  }
  return { width: w, height: h, pixels: half }
}

function pixel(level: Level, x: number, y: number): [number, number, number] {
  const at = (Math.min(level.height - 1, y) * level.width + Math.min(level.width - 1, x)) * 3
  return [level.pixels[at]!, level.pixels[at + 1]!, level.pixels[at + 2]!]
}

function luma(level: Level, x: number, y: number): number {
  const cx = Math.min(level.width - 1, Math.max(0, x))
  const cy = Math.min(level.height - 1, Math.max(0, y))
  const at = (cy * level.width + cx) * 3
  return level.pixels[at]! * 0.3 + level.pixels[at + 1]! * 0.6 + level.pixels[at + 2]! * 0.1
}

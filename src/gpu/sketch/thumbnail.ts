import type { Sheet } from './brush.ts'

const WIDTH = 256 // pixels

/** A small copy, no side of which is longer than `longest`: each pixel is the mean of its block. */
export function thumbnail({ width, height, pixels }: Sheet, longest = Number.POSITIVE_INFINITY): Sheet {
  const scale = Math.max(1, Math.ceil(width / WIDTH), Math.ceil(Math.max(width, height) / longest))
  const w = Math.max(1, Math.floor(width / scale))
  const h = Math.max(1, Math.floor(height / scale))
  const small = new Uint8ClampedArray(w * h * 3)
  for (let y = 0; y < h; y++)
    for (let x = 0; x < w; x++)
      for (let c = 0; c < 3; c++)
        small[(y * w + x) * 3 + c] = mean(pixels, width, height, x * scale, y * scale, scale, c)
  return { width: w, height: h, pixels: small }
}

function mean(pixels: Uint8ClampedArray, width: number, height: number, x: number, y: number, size: number, c: number) {
  let sum = 0
  let count = 0
  for (let py = y; py < Math.min(height, y + size); py++)
    for (let px = x; px < Math.min(width, x + size); px++) {
      sum += pixels[(py * width + px) * 3 + c]!
      count++
    }
  return sum / count
}

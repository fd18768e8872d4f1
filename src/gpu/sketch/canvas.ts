import type { Paint, Rgb } from './colour.ts'

/** A picture being painted. Points are in units of its height: x from 0 to `w` (the aspect), y from 0 (top) to 1. */
export interface Canvas {
  width: number
  height: number
  w: number
  /** RGB, 0..255, row by row. */
  pixels: Float32Array
}

/** A signed distance (negative inside) and the box outside of which it is positive. */
export interface Shape {
  box: [x0: number, y0: number, x1: number, y1: number]
  distance(x: number, y: number): number
}

export interface FillOptions {
  opacity?: number
  /** Width of the edge in units of the height; 0 is one crisp pixel. */
  soft?: number
  blend?: 'over' | 'light' | 'shade'
}

export function createCanvas(width: number, height: number): Canvas {
  return { width, height, w: width / height, pixels: new Float32Array(width * height * 3) }
}

/** Covers the whole canvas. */
export function wash(canvas: Canvas, paint: Paint): void {
  fill(canvas, { box: [0, 0, canvas.w, 1], distance: () => -1 }, paint)
}

/** Paints a shape: `over` covers, `light` screens, `shade` multiplies. */
export function fill(canvas: Canvas, shape: Shape, paint: Paint, options: FillOptions = {}): void {
  const { opacity = 1, soft = 0, blend = 'over' } = options
  const { width, height, pixels } = canvas
  const edge = Math.max(1 / height, soft)
  const [x0, y0, x1, y1] = pixelBox(canvas, shape.box, edge)
  const colour: Rgb = [0, 0, 0]
  for (let py = y0; py < y1; py++) {
    const y = (py + 0.5) / height
    for (let px = x0; px < x1; px++) {
      const x = (px + 0.5) / height
      const t = 0.5 - shape.distance(x, y) / edge
      if (t <= 0) continue
      const cover = (t >= 1 ? 1 : t * t * (3 - 2 * t)) * opacity
      paint(x, y, colour)
      blendPixel(pixels, (py * width + px) * 3, colour, cover, blend)
    }
  }
}

/** Light that falls off from a point: the square of what is left of the way to `radius`. */
export function glow(canvas: Canvas, x: number, y: number, radius: number, colour: Rgb, strength: number): void {
  const { width, height, pixels } = canvas
  const [x0, y0, x1, y1] = pixelBox(canvas, [x - radius, y - radius, x + radius, y + radius], 0)
  for (let py = y0; py < y1; py++) {
    const dy = (py + 0.5) / height - y
    for (let px = x0; px < x1; px++) {
      const dx = (px + 0.5) / height - x
      const left = 1 - Math.sqrt(dx * dx + dy * dy) / radius
      if (left > 0) blendPixel(pixels, (py * width + px) * 3, colour, left * left * strength, 'light')
    }
  }
}

function blendPixel(pixels: Float32Array, at: number, colour: Rgb, cover: number, blend: FillOptions['blend']): void {
  for (let c = 0; c < 3; c++) {
    const under = pixels[at + c]!
    const target =
      blend === 'over'
        ? colour[c]!
        : blend === 'light'
          ? under + (colour[c]! * (255 - under)) / 255
          : (under * colour[c]!) / 255
    pixels[at + c] = under + (target - under) * cover
  }
}

function pixelBox({ width, height }: Canvas, box: Shape['box'], edge: number): [number, number, number, number] {
  return [
    Math.max(0, Math.floor((box[0] - edge) * height)),
    Math.max(0, Math.floor((box[1] - edge) * height)),
    Math.min(width, Math.ceil((box[2] + edge) * height)),
    Math.min(height, Math.ceil((box[3] + edge) * height)),
  ]
}

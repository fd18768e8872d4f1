import type { Paint, Rgb } from './colour.ts'

/** A picture being painted. Points are in units of its height: x from 0 to `w` (the aspect), y from 0 (top) to 1. */
export interface Canvas {
  width: number
  height: number
  w: number
  /** The part of the scene that is seen. */
  view: View
  /** RGB, 0..255, row by row. */
  pixels: Float32Array
}

/** Where the camera stands: the middle of what it sees, how near it is (1 is the whole scene), and left for right. */
export interface View {
  x: number
  y: number
  zoom: number
  isMirrored: boolean
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

export function createCanvas(width: number, height: number, view?: View): Canvas {
  const w = width / height
  const whole = { x: w / 2, y: 0.5, zoom: 1, isMirrored: false }
  return { width, height, w, view: view ?? whole, pixels: new Float32Array(width * height * 3) }
}

/** Covers the whole canvas. */
export function wash(canvas: Canvas, paint: Paint): void {
  fill(canvas, { box: [0, 0, canvas.w, 1], distance: () => -1 }, paint)
}

/** Paints a shape: `over` covers, `light` screens, `shade` multiplies. */
export function fill(canvas: Canvas, shape: Shape, paint: Paint, options: FillOptions = {}): void {
  const { opacity = 1, soft = 0, blend = 'over' } = options
  const { width, height, pixels } = canvas
  const edge = Math.max(1 / (height * canvas.view.zoom), soft)
  const [x0, y0, x1, y1] = pixelBox(canvas, shape.box, edge)
  const colour: Rgb = [0, 0, 0]
  for (let py = y0; py < y1; py++) {
    const y = sceneY(canvas, py)
    for (let px = x0; px < x1; px++) {
      const x = sceneX(canvas, px)
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
  const { width, pixels } = canvas
  const [x0, y0, x1, y1] = pixelBox(canvas, [x - radius, y - radius, x + radius, y + radius], 0)
  for (let py = y0; py < y1; py++) {
    const dy = sceneY(canvas, py) - y
    for (let px = x0; px < x1; px++) {
      const dx = sceneX(canvas, px) - x
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

/** The pixel where a point of the scene is seen; it may lie outside the picture. */
export function pixelAt({ width, height, view }: Canvas, x: number, y: number): [number, number] {
  const side = view.isMirrored ? -1 : 1
  return [width / 2 + (x - view.x) * side * view.zoom * height, height / 2 + (y - view.y) * view.zoom * height]
}

/** The colour that a point has so far, the nearest one in sight if it is outside: for water, which mirrors. */
export function colourAt(canvas: Canvas, x: number, y: number, out: Rgb): void {
  const [px, py] = pixelAt(canvas, x, y)
  const column = Math.min(canvas.width - 1, Math.max(0, Math.floor(px)))
  const row = Math.min(canvas.height - 1, Math.max(0, Math.floor(py)))
  const at = (row * canvas.width + column) * 3
  for (let i = 0; i < 3; i++) out[i] = canvas.pixels[at + i]!
}

function sceneX({ width, height, view }: Canvas, px: number): number {
  return view.x + (((px + 0.5 - width / 2) / height) * (view.isMirrored ? -1 : 1)) / view.zoom
}

function sceneY({ height, view }: Canvas, py: number): number {
  return view.y + (py + 0.5 - height / 2) / height / view.zoom
}

function pixelBox(canvas: Canvas, box: Shape['box'], edge: number): [number, number, number, number] {
  const [ax, y0] = pixelAt(canvas, box[0] - edge, box[1] - edge)
  const [bx, y1] = pixelAt(canvas, box[2] + edge, box[3] + edge)
  return [
    Math.max(0, Math.floor(Math.min(ax, bx))),
    Math.max(0, Math.floor(y0)),
    Math.min(canvas.width, Math.ceil(Math.max(ax, bx))),
    Math.min(canvas.height, Math.ceil(y1)),
  ]
}

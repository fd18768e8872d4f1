import { type Canvas, fill, glow, wash } from './canvas.ts'
import { mix, mixInto, type Paint, type Rgb, rgb, stirred, vertical } from './colour.ts'
import type { Mood } from './moods.ts'
import type { Noise } from './noise.ts'
import type { Random } from './random.ts'
import { below, ellipse, limb, type Point, ragged } from './shapes.ts'

/** What a scene paints with. */
export interface Studio {
  canvas: Canvas
  noise: Noise
  random: Random
  mood: Mood
  /** The words of the prompt, lower case: scenes look for props in them. */
  words: ReadonlySet<string>
}

/** A scene paints back to front, and yields after each layer so that its caller can see to other things. */
export type Scene = (studio: Studio) => Generator<void>

export const WHITE = rgb('#ffffff')
export const INK = rgb('#1d1a2b')

export function says({ words }: Studio, ...any: string[]): boolean {
  return any.some((word) => words.has(word))
}

/** Sky down to `horizon`, with clouds lit from below near the light. */
export function paintSky(studio: Studio, horizon: number, clouds = 0.5): void {
  const { canvas, noise, mood } = studio
  const [top, middle, low] = mood.sky
  const air = vertical(0, horizon, top, mix(top, middle, 0.6), middle, low)
  const cloud = mix(low, WHITE, mood.dark ? 0.08 : 0.5)
  wash(canvas, (x, y, out) => {
    air(x, y, out)
    const shape = noise.fbm(x * 2.1 + 3, y * 7 + noise.at(x * 3, y * 3) * 0.8, 5)
    const cover = smooth(0.5, 0.78, shape) * clouds
    if (cover > 0) mixInto(out, out, cloud, cover * (0.45 + 0.55 * smooth(0.4, 0.7, noise.at(x * 9, y * 14))))
  })
}

/** The sun or the moon, with its light around it. */
export function paintLight({ canvas, mood }: Studio, x: number, y: number, r: number): void {
  glow(canvas, x, y, r * 11, mood.light, 0.5)
  glow(canvas, x, y, r * 4.5, mood.light, 0.55)
  fill(canvas, ellipse(x, y, r, r), (_x, _y, out) => mixInto(out, mood.light, WHITE, 0.55), { soft: r * 0.16 })
}

/** A line of hills. `roughness` 0 is dunes, 1 is rock. */
export function hillLine(studio: Studio, y: number, height: number, frequency: number, roughness = 0.4) {
  const shift = studio.random.between(0, 90)
  const { noise } = studio
  return (x: number) =>
    y -
    height *
      ((1 - roughness) * (noise.at(x * frequency + shift, shift) - 0.5) * 2 +
        roughness * (noise.fbm(x * frequency * 2 + shift, shift, 5) - 0.5) * 2)
}

export function paintHill(studio: Studio, line: (x: number) => number, near: Rgb, far: Rgb, depth = 0.25): void {
  const { canvas, noise } = studio
  const tone: Paint = (x, y, out) => mixInto(out, near, far, Math.min(1, (y - line(x)) / depth))
  fill(canvas, below(canvas.w, line), stirred(tone, noise, 0.16, 14, 40))
}

/** A rounded thing with light from the upper left: loaves, fruit, heads, crowns of trees. */
export function paintLump(
  { canvas, noise }: Studio,
  [x, y]: Point,
  [rx, ry]: Point,
  [light, middle, dark]: readonly [Rgb, Rgb, Rgb],
  { turn = 0, rough = 0.004, grain = 0.12, opacity = 1 } = {},
): void {
  const cos = Math.cos(turn)
  const sin = Math.sin(turn)
  const shade: Paint = (px, py, out) => {
    const u = ((px - x) * cos + (py - y) * sin) / rx
    const v = (-(px - x) * sin + (py - y) * cos) / ry
    const bulge = Math.sqrt(Math.max(0, 1 - u * u - v * v))
    const facing = (-(px - x) / rx) * 0.42 - ((py - y) / ry) * 0.55 + bulge * 0.72
    if (facing > 0.42) mixInto(out, middle, light, Math.min(1, (facing - 0.42) * 1.7))
    else mixInto(out, dark, middle, Math.max(0, (facing + 0.28) / 0.7))
  }
  fill(canvas, ragged(ellipse(x, y, rx, ry, turn), noise, rough, 24), stirred(shade, noise, grain, 40), { opacity })
}

/** The soft shadow of something that stands on a surface. */
export function paintShadow({ canvas }: Studio, x: number, y: number, rx: number, ry: number, strength = 0.5): void {
  const dark = mix(WHITE, rgb('#2a1a2e'), strength)
  const shape = ellipse(x, y, rx, ry)
  const wide = { ...shape, box: [x - rx * 2, y - ry * 2, x + rx * 2, y + ry * 2] as typeof shape.box } // for its soft edge
  fill(canvas, wide, (_x, _y, out) => mixInto(out, dark, dark, 0), { soft: ry * 1.5, blend: 'shade' })
}

/** A tapering stroke through points. */
export function paintStroke({ canvas }: Studio, points: Point[], from: number, to: number, paint: Paint, opacity = 1) {
  const parts = points.length - 1
  for (let i = 0; i < parts; i++) {
    const a = from + ((to - from) * i) / parts
    const b = from + ((to - from) * (i + 1)) / parts
    fill(canvas, limb(points[i]!, points[i + 1]!, a, b), paint, { opacity })
  }
}

export function smooth(low: number, high: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - low) / (high - low)))
  return t * t * (3 - 2 * t)
}

import { fill, glow } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred, vertical } from '../colour.ts'
import { box, ellipse, limb, type Point, ragged } from '../shapes.ts'
import { paintLump, paintShadow, paintStroke, type Studio, says, WHITE } from '../studio.ts'
import { paintInterior, paintTable } from './indoors.ts'

export const CRUST: [Rgb, Rgb, Rgb] = [rgb('#f0b863'), rgb('#c67a31'), rgb('#6a3117')]
export const DEEP: [Rgb, Rgb, Rgb] = [rgb('#dc9248'), rgb('#9f5423'), rgb('#4c2012')]
const CREAM = rgb('#f0d3a0')

/** Loaves on a wooden table before a warm window. */
export function* bakery(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  const mid = canvas.w / 2
  const table = 0.6
  yield* paintInterior(studio, { wall: [rgb('#8a5a3c'), rgb('#5c3526')], floor: table })
  paintShelf(studio, mid + canvas.w * 0.12, 0.3)
  yield
  paintTable(studio, table, rgb('#a8693a'))
  yield
  paintBasket(studio, [mid + canvas.w * 0.27, table + 0.07], 0.21)
  yield
  const s = Math.min(1, canvas.w / 1.25)
  const croissants = says(studio, 'croissant', 'croissants', 'pastry', 'pastries')
  paintBoule(studio, [mid - 0.3 * s, table + 0.05], 0.24 * s, DEEP)
  yield
  paintBoule(studio, [mid + 0.08 * s, table + 0.12], 0.27 * s, CRUST)
  yield
  paintCrumbs(studio, table)
  if (croissants || random.chance(0.5))
    for (const [dx, dy] of [
      [-0.42, 0.27],
      [-0.12, 0.32],
    ] as const)
      paintCroissant(studio, [mid + dx * s, table + dy], 0.13 * s)
  else paintBuns(studio, [mid - 0.36 * s, table + 0.26], 0.088 * s)
  yield
  paintSlice(studio, [mid + 0.42 * s, table + 0.27], 0.12 * s)
  glow(canvas, canvas.w * 0.16, 0.2, 0.9, rgb('#ffd28a'), 0.32)
}

/** A round loaf: crust, a floury cross, an ear along each cut. */
export function paintBoule(studio: Studio, [x, y]: Point, r: number, crust: [Rgb, Rgb, Rgb]): void {
  const { canvas, noise } = studio
  const flatness = 0.66
  paintShadow(studio, x + r * 0.12, y + r * flatness * 0.92, r * 1.1, r * 0.16, 0.75)
  paintLump(studio, [x, y], [r, r * flatness], crust, { rough: r * 0.035, grain: 0.3 })
  fill(
    canvas,
    ellipse(x - r * 0.12, y - r * 0.2, r * 0.72, r * 0.36),
    (px, py, c) => {
      mixInto(c, crust[1], WHITE, 0.35 + 0.5 * noise.fbm(px * 60, py * 60, 2))
    },
    { opacity: 0.34, soft: r * 0.34 },
  )
  for (const [dx, tilt] of [
    [-0.4, 0.3],
    [0, 0.22],
    [0.4, 0.12],
  ] as const) {
    const a: Point = [x + r * (dx - 0.1), y - r * (0.44 - Math.abs(dx) * 0.22)]
    const b: Point = [x + r * (dx + tilt), y + r * 0.16]
    fill(canvas, ragged(limb(a, b, r * 0.028, r * 0.06), noise, r * 0.03, 26), flat(crust[2]), { opacity: 0.75 })
    fill(
      canvas,
      ragged(limb([a[0] + r * 0.045, a[1]], [b[0] + r * 0.06, b[1]], r * 0.02, r * 0.045), noise, r * 0.025, 26),
      stirred(flat(CREAM), noise, 0.3, 40),
      { opacity: 0.9 },
    )
  }
}

function paintBasket(studio: Studio, [x, y]: Point, r: number): void {
  const { canvas, noise, random } = studio
  for (let i = 0; i < 5; i++) {
    const lean = (i - 2) * 0.16 + random.between(-0.04, 0.04)
    const foot: Point = [x + (i - 2) * r * 0.3, y]
    paintBaguette(studio, foot, [foot[0] + lean * r * 2, y - r * random.between(1.75, 2.2)], r * 0.17)
  }
  paintShadow(studio, x, y + r * 0.72, r * 1.15, r * 0.16, 0.75)
  const weave = (px: number, py: number, c: Rgb) => {
    const rows = Math.sin(py * 150 + Math.sign(Math.sin(px * 90)) * 1.6)
    mixInto(c, rgb('#8a5a2e'), rgb('#dca766'), 0.5 + rows * 0.35 - ((px - x) / r) * 0.35)
  }
  fill(canvas, box(x - r, y - r * 0.18, x + r, y + r * 0.75, r * 0.16), stirred(weave, noise, 0.3, 30))
  fill(canvas, limb([x - r * 1.02, y - r * 0.16], [x + r * 1.02, y - r * 0.16], r * 0.09), flat(rgb('#b98146')))
}

function paintBaguette(studio: Studio, foot: Point, tip: Point, r: number): void {
  const { canvas } = studio
  const paint = (px: number, _py: number, c: Rgb) => {
    const centre = (foot[0] + tip[0]) / 2
    mixInto(c, CRUST[0], CRUST[2], 0.5 + ((px - centre) / r) * 0.3)
  }
  fill(canvas, limb(foot, tip, r, r * 0.8), stirred(paint, studio.noise, 0.35, 30))
  for (let i = 1; i < 5; i++) {
    const t = 0.25 + i * 0.15
    const cx = foot[0] + (tip[0] - foot[0]) * t
    const cy = foot[1] + (tip[1] - foot[1]) * t
    paintStroke(
      studio,
      [
        [cx - r * 0.5, cy + r * 0.5],
        [cx + r * 0.5, cy - r * 0.4],
      ],
      r * 0.1,
      r * 0.16,
      flat(CREAM),
      0.8,
    )
  }
}

/** A crescent of rolled dough. */
export function paintCroissant(studio: Studio, [x, y]: Point, r: number): void {
  paintShadow(studio, x, y + r * 0.5, r * 1.25, r * 0.2, 0.7)
  for (const i of [-3, 3, -2, 2, -1, 1, 0]) {
    const t = i / 3
    const size = r * (0.62 - Math.abs(t) * 0.3)
    const at: Point = [x + t * r, y + t * t * r * 0.42]
    paintLump(studio, at, [size * 0.62, size], i % 2 ? DEEP : CRUST, { turn: t * 0.75, rough: r * 0.03, grain: 0.35 })
  }
}

function paintBuns(studio: Studio, [x, y]: Point, r: number): void {
  for (const [dx, dy] of [
    [-1.1, -0.5],
    [0.9, -0.4],
    [-0.15, 0.45],
  ] as const) {
    paintShadow(studio, x + dx * r, y + (dy + 0.75) * r, r * 1.1, r * 0.16, 0.6)
    paintLump(studio, [x + dx * r, y + dy * r], [r, r * 0.78], CRUST, { rough: r * 0.04, grain: 0.2 })
    for (let i = 0; i < 16; i++) {
      const a = studio.random.between(0, 6.28)
      const d = studio.random.between(0, 0.6) * r
      fill(
        studio.canvas,
        ellipse(x + dx * r + Math.cos(a) * d, y + (dy - 0.2) * r + Math.sin(a) * d * 0.6, r * 0.06, r * 0.035, a),
        flat(CREAM),
        { opacity: 0.9 },
      )
    }
  }
}

function paintSlice(studio: Studio, [x, y]: Point, r: number): void {
  const { canvas, noise } = studio
  paintShadow(studio, x + r * 0.1, y + r * 0.8, r * 1.2, r * 0.2, 0.65)
  fill(canvas, ragged(ellipse(x, y, r * 1.08, r * 0.86, -0.15), noise, r * 0.05, 18), flat(CRUST[2]))
  const crumb = (px: number, py: number, c: Rgb) => {
    const hole = noise.fbm(px * 70, py * 70, 2)
    mixInto(c, CREAM, rgb('#c99a5c'), hole > 0.6 ? 0.75 : hole * 0.35)
  }
  fill(canvas, ragged(ellipse(x - r * 0.02, y - r * 0.02, r * 0.97, r * 0.75, -0.15), noise, r * 0.05, 18), crumb)
}

function paintShelf(studio: Studio, x: number, y: number): void {
  const { canvas, random } = studio
  const half = canvas.w * 0.34
  for (let px = x - half + 0.06; px < x + half; px += random.between(0.1, 0.15)) {
    const r = random.between(0.04, 0.06)
    paintLump(studio, [px, y - r * 0.7], [r * 1.15, r * 0.8], DEEP, { grain: 0.2 })
  }
  fill(canvas, box(x - half, y, x + half, y + 0.022), vertical(y, y + 0.022, rgb('#9a6238'), rgb('#4a2a1c')))
  fill(canvas, box(x - half, y + 0.022, x + half, y + 0.07), flat(mix(rgb('#5a3020'), WHITE, 0)), {
    opacity: 0.35,
    soft: 0.03,
  })
}

/** Crumbs and flour, anywhere on a table that begins at `table`. */
export function paintCrumbs({ canvas, random }: Studio, table: number): void {
  for (let i = 0; i < 130; i++) {
    const x = random.between(0.05, canvas.w - 0.05)
    const y = random.between(table + 0.14, 0.97)
    fill(
      canvas,
      ellipse(x, y, random.between(0.001, 0.005), random.between(0.001, 0.003), random.next()),
      flat(CREAM),
      { opacity: random.between(0.2, 0.75) },
    )
  }
}

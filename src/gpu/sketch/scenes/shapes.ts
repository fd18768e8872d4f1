import { fill, glow, wash } from '../canvas.ts'
import { mix, mixInto, type Paint, type Rgb, rgb, stirred } from '../colour.ts'
import { box, circle, polygon } from '../shapes.ts'
import { type Studio, smooth, WHITE } from '../studio.ts'

const PALETTES = [
  ['#f4e9d8', '#d9573f', '#f0a83c', '#2f6f73', '#22304f', '#e9b9a0'],
  ['#efe7e0', '#5b4b9a', '#e8707a', '#f6c05c', '#24285a', '#a9c7d8'],
  ['#f2efe2', '#2f7f6a', '#e6a23f', '#c34a3a', '#1f3b46', '#b9d3b0'],
]

/** Bauhaus-like: discs, arcs and panels on paper, with light and print grain. */
export function* shapes(studio: Studio): Generator<void> {
  const { canvas, noise, random } = studio
  const [paper, ...inks] = random.pick(PALETTES).map(rgb)
  wash(
    canvas,
    stirred(
      (x, y, c) => mixInto(c, mix(paper!, WHITE, 0.4), mix(paper!, inks[4]!, 0.5), smooth(0, 1.8, x * 0.6 + y)),
      noise,
      0.12,
      8,
    ),
  )
  yield
  const big = canvas.w * random.between(0.55, 0.68)
  fill(canvas, circle(big, 0.46, 0.36), graded(studio, inks[1]!, inks[0]!, 0.1, 0.85))
  yield
  for (let i = 0; i < 7; i++) {
    paintPanel(studio, inks, i)
    yield
  }
  paintArcs(studio, [canvas.w * 0.34, 0.74], inks)
  paintDots(studio, inks[3]!)
  yield
  glow(canvas, canvas.w * 0.25, 0.2, 0.7, WHITE, 0.25)
}

function graded({ noise }: Studio, a: Rgb, b: Rgb, y0: number, y1: number): Paint {
  return stirred(
    (x, y, c) => mixInto(c, a, b, smooth(y0, y1, y + (noise.at(x * 5, y * 5) - 0.5) * 0.1)),
    noise,
    0.25,
    60,
  )
}

function paintPanel(studio: Studio, inks: Rgb[], index: number): void {
  const { canvas, random } = studio
  const x = random.between(0.05, 0.85) * canvas.w
  const y = random.between(0.1, 0.75)
  const s = random.between(0.09, 0.24)
  const ink = inks[index % inks.length]!
  const paint = graded(studio, mix(ink, WHITE, 0.25), mix(ink, inks[3]!, 0.3), y - s, y + s)
  const kind = random.pick(['disc', 'half', 'bar', 'wedge'] as const)
  const disc = circle(x, y, s)
  const shadow = (px: number, py: number, c: Rgb) =>
    mixInto(c, rgb('#8a7f92'), WHITE, Math.hypot(px - x, py - y) / (s * 2))
  const shape =
    kind === 'disc'
      ? disc
      : kind === 'half'
        ? { box: disc.box, distance: (px: number, py: number) => Math.max(disc.distance(px, py), y - py) }
        : kind === 'bar'
          ? box(x - s * 1.5, y - s * 0.22, x + s * 1.5, y + s * 0.22, s * 0.22)
          : polygon([x - s, y + s], [x + s, y + s], [x + s, y - s])
  const [x0, y0, x1, y1] = shape.box
  const dropped = {
    box: [x0 + 0.01, y0 + 0.016, x1 + 0.01, y1 + 0.016] as typeof shape.box,
    distance: (px: number, py: number) => shape.distance(px - 0.01, py - 0.016),
  }
  fill(canvas, dropped, shadow, { blend: 'shade', soft: 0.03, opacity: 0.7 })
  fill(canvas, shape, paint, { opacity: random.between(0.82, 1) })
}

function paintArcs(studio: Studio, [x, y]: [number, number], inks: Rgb[]): void {
  for (let i = 0; i < 5; i++) {
    const r = 0.26 - i * 0.048
    const ring = {
      ...circle(x, y, r),
      distance: (px: number, py: number) => Math.max(Math.abs(Math.hypot(px - x, py - y) - r + 0.014) - 0.014, py - y),
    }
    fill(studio.canvas, ring, graded(studio, mix(inks[i]!, WHITE, 0.15), inks[i]!, y - r, y))
  }
}

function paintDots(studio: Studio, ink: Rgb): void {
  const { canvas, random } = studio
  const x = random.between(0.7, 0.85) * canvas.w
  for (let i = 0; i < 36; i++)
    fill(canvas, circle(x + (i % 6) * 0.026, 0.1 + Math.floor(i / 6) * 0.026, 0.0075), graded(studio, ink, ink, 0, 1))
}

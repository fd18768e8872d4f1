import { fill, glow, wash } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb } from '../colour.ts'
import { box, circle, ellipse, limb, polygon } from '../shapes.ts'
import { hillLine, INK, paintHill, paintLump, paintStroke, type Studio, says, smooth, WHITE } from '../studio.ts'
import { paintFir } from './plants.ts'

const DEEP = rgb('#070a24')
const BLUE = rgb('#1c2a6b')
const ROSE = rgb('#8c4a8f')

/** The Milky Way over dark hills; a moon or a planet, a comet, one lit window. */
export function* nightSky(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  paintHeaven(studio)
  yield
  paintStars(studio)
  yield
  const moonX = canvas.w * random.between(0.66, 0.82)
  if (says(studio, 'planet', 'planets', 'space', 'galaxy', 'rocket', 'astronaut'))
    paintPlanet(studio, [moonX, 0.28], 0.12)
  else paintMoon(studio, moonX, 0.22, 0.075)
  yield
  paintComet(studio, canvas.w * 0.3, 0.2)
  const tones = ['#2c3a7c', '#1a2459', '#0d1335'].map(rgb)
  for (const [i, y] of [0.74, 0.82, 0.9].entries()) {
    const line = hillLine(studio, y, 0.09 - i * 0.02, 1.1 + i * 0.6, 0.3)
    paintHill(studio, line, tones[i]!, mix(tones[i]!, DEEP, 0.6))
    for (let x = random.between(0, 0.1); x < canvas.w && i > 0; x += random.between(0.03, 0.17))
      paintFir(studio, x, line(x) + 0.015, random.between(0.05, 0.14) * i, mix(tones[i]!, DEEP, 0.6), tones[i - 1]!)
    if (i === 1) paintHut(studio, canvas.w * 0.28, line(canvas.w * 0.28))
    yield
  }
}

function paintHeaven({ canvas, noise }: Studio): void {
  const low = rgb('#d98a6e')
  wash(canvas, (x, y, c) => {
    mixInto(c, DEEP, BLUE, smooth(-0.1, 0.7, y))
    mixInto(c, c, ROSE, smooth(0.45, 0.85, y) * 0.65)
    mixInto(c, c, low, smooth(0.66, 0.95, y) * 0.5)
    const band = (x - canvas.w * 0.42) * 0.75 + (y - 0.4) * 0.66 + (noise.fbm(x * 2, y * 2, 3) - 0.5) * 0.3
    const milk = Math.exp(-((band / 0.17) ** 2)) * smooth(0.9, 0.5, y)
    const dust = noise.fbm(x * 7 + 30, y * 7, 5)
    mixInto(c, c, mix(rgb('#9fb4f0'), ROSE, smooth(0.4, 0.7, dust)), milk * (0.15 + 0.65 * smooth(0.35, 0.7, dust)))
    mixInto(c, c, DEEP, milk * smooth(0.55, 0.72, noise.fbm(x * 5, y * 5 + 50, 4)) * 0.65)
  })
}

function paintStars({ canvas, random }: Studio): void {
  for (let i = 0; i < 420; i++) {
    const x = random.between(0, canvas.w)
    const y = random.between(0, 0.82) ** 1.15
    const big = random.next() ** 15
    const tint = mix(WHITE, random.pick(['#ffd9a8', '#bcd0ff', '#ffffff'].map(rgb)), 0.6)
    if (big > 0.3) glow(canvas, x, y, 0.014 + big * 0.02, tint, 0.6)
    fill(canvas, circle(x, y, 0.0011 + big * 0.0028), flat(tint), { opacity: random.between(0.4, 1) })
  }
}

function paintMoon({ canvas, noise }: Studio, x: number, y: number, r: number): void {
  glow(canvas, x, y, r * 6, rgb('#cdd8ff'), 0.45)
  glow(canvas, x, y, r * 2.2, rgb('#fff4d0'), 0.5)
  fill(canvas, circle(x, y, r), (px, py, c) =>
    mixInto(c, rgb('#fff6dc'), rgb('#c9bda8'), smooth(0.45, 0.75, noise.fbm(px * 26, py * 26, 3)) * 0.8),
  )
}

function paintPlanet(studio: Studio, [x, y]: [number, number], r: number): void {
  const { canvas, noise } = studio
  glow(canvas, x, y, r * 3, rgb('#ffb38a'), 0.4)
  const ring = (front: boolean) => {
    const disc = ellipse(x, y, r * 1.9, r * 0.42, -0.3)
    const hole = ellipse(x, y, r * 1.32, r * 0.26, -0.3)
    const half = {
      box: disc.box,
      distance: (px: number, py: number) =>
        Math.max(disc.distance(px, py), -hole.distance(px, py), (front ? -1 : 1) * (py - y + (px - x) * 0.3)),
    }
    fill(canvas, half, flat(rgb('#f2d3a8')), { opacity: 0.75 })
  }
  ring(false)
  paintLump(studio, [x, y], [r, r], [rgb('#ffd8a0'), rgb('#d97a5c'), rgb('#4a2350')], { rough: 0.0005, grain: 0.05 })
  fill(
    canvas,
    circle(x, y, r),
    (px, py, c) => mixInto(c, rgb('#ffe6c0'), rgb('#8c3f52'), noise.fbm(px * 3, (py + px * 0.3) * 30, 3)),
    { opacity: 0.3 },
  )
  ring(true)
}

function paintComet(studio: Studio, x: number, y: number): void {
  const { canvas } = studio
  fill(
    canvas,
    limb([x, y], [x + 0.26, y - 0.1], 0.004, 0.001),
    (px, _py, c: Rgb) => mixInto(c, WHITE, [0, 0, 0], (px - x) / 0.26),
    { soft: 0.006, blend: 'light' },
  )
  glow(canvas, x, y, 0.03, WHITE, 0.9)
}

function paintHut(studio: Studio, x: number, y: number): void {
  const { canvas } = studio
  fill(canvas, box(x - 0.045, y - 0.05, x + 0.045, y + 0.02), flat(rgb('#141a3c')))
  fill(canvas, polygon([x - 0.06, y - 0.045], [x + 0.06, y - 0.045], [x, y - 0.1]), flat(INK))
  glow(canvas, x + 0.012, y - 0.02, 0.14, rgb('#ffb95c'), 0.7)
  fill(canvas, box(x, y - 0.034, x + 0.026, y - 0.006), flat(rgb('#ffdf94')))
  paintStroke(
    studio,
    [
      [x + 0.03, y - 0.1],
      [x + 0.045, y - 0.15],
      [x + 0.03, y - 0.22],
    ],
    0.004,
    0.016,
    flat(rgb('#aeb6e0')),
    0.16,
  )
}

import { fill, glow } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred } from '../colour.ts'
import { box, circle, ellipse, type Point, polygon, ragged, within } from '../shapes.ts'
import {
  hillLine,
  INK,
  paintHill,
  paintLight,
  paintLump,
  paintSky,
  paintStroke,
  type Studio,
  smooth,
  WHITE,
} from '../studio.ts'
import { paintFir, paintGrass, paintTree } from './plants.ts'

/** Small houses on a hill with lights in their windows. */
export function* village(studio: Studio): Generator<void> {
  const { canvas, random, mood } = studio
  paintSky(studio, 0.6, 0.6)
  paintLight(studio, canvas.w * random.between(0.15, 0.8), random.between(0.18, 0.3), 0.045)
  yield
  paintHill(
    studio,
    hillLine(studio, 0.5, 0.07, 1, 0.2),
    mix(mood.haze, mood.leaf[1], 0.4),
    mix(mood.haze, mood.leaf[2], 0.5),
  )
  const line = hillLine(studio, 0.62, 0.06, 0.9, 0.1)
  for (let i = 0; i < 9; i++) {
    const x = canvas.w * (0.04 + i * 0.115) + random.between(-0.03, 0.03)
    if (i % 4 === 3) paintTree(studio, x, line(x) + 0.05, 0.26, mood.leaf, INK)
    else paintHouse(studio, [x, line(x) + 0.05], random.between(0.085, 0.14))
  }
  yield
  paintHill(studio, (x) => line(x) + 0.045, mix(mood.leaf[0], mood.leaf[1], 0.6), mood.leaf[2], 0.3)
  yield
  const side = random.pick([0.06, 0.94])
  paintHouse(studio, [canvas.w * side, 0.92], 0.3)
  paintGrass(studio, 0.78, 420, mood.leaf[2], mood.leaf[0])
}

function paintHouse(studio: Studio, [x, y]: Point, s: number): void {
  const { canvas, noise, random, mood } = studio
  const wall = mix(rgb(random.pick(['#f0dfc2', '#d9a98a', '#c9c4b4', '#e8c9a0'])), mood.shade, mood.dark ? 0.6 : 0.28)
  const roof = mix(rgb(random.pick(['#a4492f', '#6a4a5c', '#7a5a3a'])), mood.shade, mood.dark ? 0.55 : 0.25)
  fill(canvas, box(x + s * 0.35, y - s * 1.75, x + s * 0.55, y - s * 1.1), flat(mix(roof, INK, 0.3)))
  fill(
    canvas,
    box(x - s * 0.75, y - s, x + s * 0.75, y + s * 0.1),
    stirred(
      (px, _py, c) => mixInto(c, mix(wall, mood.light, 0.3), mix(wall, INK, 0.4), smooth(x - s, x + s, px)),
      noise,
      0.2,
      20,
    ),
  )
  fill(
    canvas,
    polygon(
      [x - s * 0.92, y - s * 0.94],
      [x - s * 0.4, y - s * 1.6],
      [x + s * 0.4, y - s * 1.6],
      [x + s * 0.92, y - s * 0.94],
    ),
    stirred(flat(roof), noise, 0.5, 16, 70),
  )
  fill(canvas, box(x - s * 0.14, y - s * 0.55, x + s * 0.16, y + s * 0.1, s * 0.04), flat(mix(roof, INK, 0.45)))
  for (const dx of [-0.48, 0.46]) {
    fill(canvas, box(x + s * (dx - 0.17), y - s * 0.7, x + s * (dx + 0.17), y - s * 0.34), flat(rgb('#ffd98a')))
    fill(canvas, box(x + s * (dx - 0.012), y - s * 0.7, x + s * (dx + 0.012), y - s * 0.34), flat(mix(roof, INK, 0.4)))
    glow(canvas, x + s * dx, y - s * 0.5, s * 0.7, rgb('#ffc870'), 0.5)
  }
}

/** An arched stone bridge over a stream. */
export function* bridge(studio: Studio): Generator<void> {
  const { canvas, noise, random, mood } = studio
  const mid = canvas.w * random.between(0.46, 0.54)
  paintSky(studio, 0.6, mood.dark ? 0.2 : 0.6)
  if (mood.dark)
    for (let i = 0; i < 130; i++)
      fill(
        canvas,
        circle(random.between(0, canvas.w), random.between(0, 0.5), random.between(0.0012, 0.0042)),
        flat(WHITE),
      )
  paintLight(studio, canvas.w * random.pick([0.2, 0.8]), 0.18, 0.045)
  yield
  paintHill(
    studio,
    hillLine(studio, 0.52, 0.07, 1.2, 0.4),
    mix(mood.haze, mood.leaf[2], 0.4),
    mix(mood.haze, mood.leaf[2], 0.7),
  )
  for (let i = 0; i < 9; i++)
    paintFir(
      studio,
      random.between(0, canvas.w),
      0.6,
      random.between(0.14, 0.26),
      mix(mood.haze, mood.leaf[2], 0.7),
      mood.leaf[1],
    )
  yield
  fill(canvas, box(0, 0.6, canvas.w, 1), (x, y, c) => {
    const ripple = noise.fbm(x * 5, y * 50, 3)
    mixInto(c, mix(mood.sky[1], mood.shade, 0.5), mix(mood.sky[2], WHITE, 0.2), smooth(0.52, 0.75, ripple))
  })
  yield
  const deck = (x: number) => 0.68 - 0.09 * Math.cos(Math.min(1.57, Math.abs(x - mid) * 1.9))
  const stone = mix(rgb('#a89888'), mood.shade, mood.dark ? 0.55 : 0.25)
  const arch = ellipse(mid, 0.93, 0.34, 0.21)
  const body = {
    box: [0, 0.4, canvas.w, 0.94] as [number, number, number, number],
    distance: (x: number, y: number) => Math.max(deck(x) - y, y - 0.94, -arch.distance(x, y)),
  }
  fill(canvas, within(body, body), (x, y, c) => {
    const row = Math.floor(y / 0.04)
    const u = x / 0.085 + (row % 2) * 0.5
    mixInto(c, mix(stone, mood.light, 0.25), mix(stone, INK, 0.5), noise.at(Math.floor(u) * 3.3, row * 2.7) * 0.8)
    if (u % 1 < 0.07 || (y / 0.04) % 1 < 0.1) mixInto(c, c, INK, 0.4)
  })
  for (const side of [-1, 1])
    paintLump(studio, [mid + side * canvas.w * 0.53, 1], [0.26, 0.2], mood.leaf, { grain: 0.5, rough: 0.03 })
}

/** Fog over a bare slope, and a thread of gold that leads away. */
export function* fog(studio: Studio): Generator<void> {
  const { canvas, noise, random } = studio
  const [deep, pale] = [rgb('#1c2a52'), rgb('#6f8fb8')]
  fill(canvas, box(0, 0, canvas.w, 1), (x, y, c) =>
    mixInto(c, deep, pale, smooth(0.3, 0.75, noise.fbm(x * 1.6, y * 4 + noise.at(x * 3, y * 3), 4)) * 0.75),
  )
  yield
  for (let i = 0; i < 9; i++)
    paintFir(
      studio,
      canvas.w * random.next(),
      0.55 + i * 0.03,
      random.between(0.25, 0.45),
      mix(pale, deep, 0.4 + i * 0.05),
      mix(pale, deep, 0.3),
    )
  paintHill(studio, hillLine(studio, 0.78, 0.03, 1.4, 0.3), mix(deep, pale, 0.35), mix(deep, INK, 0.5), 0.25)
  yield
  const far: Point = [canvas.w * random.pick([0.84, 0.14]), 0.42]
  const thread: Point[] = Array.from({ length: 30 }, (_, i) => {
    const t = i / 29
    return [
      canvas.w * 0.5 + (far[0] - canvas.w * 0.5) * t + Math.sin(t * 9) * 0.06 * (1 - t),
      0.88 + (far[1] - 0.88) * t ** 0.7,
    ]
  })
  for (const [x, y] of thread) glow(canvas, x, y, 0.07, rgb('#ffcf6a'), 0.28)
  paintStroke(studio, thread, 0.006, 0.0016, flat(rgb('#ffe9a8')))
  glow(canvas, far[0], far[1], 0.22, rgb('#ffd98a'), 0.9)
  yield
  for (let i = 0; i < 5; i++)
    fill(
      canvas,
      ragged(
        ellipse(canvas.w * random.next(), random.between(0.5, 0.95), random.between(0.3, 0.6), 0.04),
        noise,
        0.03,
        5,
      ),
      (_x, _y, c: Rgb) => mixInto(c, pale, WHITE, 0.25),
      { opacity: 0.26, soft: 0.09 },
    )
}

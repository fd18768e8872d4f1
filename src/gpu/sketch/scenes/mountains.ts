import { colourAt, fill } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb } from '../colour.ts'
import { below, box, polygon } from '../shapes.ts'
import {
  hillLine,
  INK,
  paintHill,
  paintLight,
  paintSky,
  paintStroke,
  type Studio,
  says,
  smooth,
  WHITE,
} from '../studio.ts'
import { paintFir, paintGrass } from './plants.ts'

const SHORE = 0.66

/** Ranges that fade into the distance, snow on the highest, a lake that mirrors them. */
export function* mountains(studio: Studio): Generator<void> {
  const { canvas, random, mood } = studio
  paintSky(studio, SHORE, 0.6)
  paintLight(studio, canvas.w * random.between(0.22, 0.78), random.between(0.2, 0.3), 0.036)
  yield
  for (const [y, height, frequency, depth] of [
    [0.5, 0.16, 1.2, 0.2],
    [0.46, 0.36, 1.15, 0.5],
    [0.6, 0.2, 1.9, 0.75],
  ] as const) {
    paintRange(studio, y, height, frequency, depth)
    yield
  }
  paintHill(studio, hillLine(studio, SHORE - 0.03, 0.03, 3, 0.7), mix(mood.haze, mood.leaf[2], 0.7), mood.leaf[2], 0.05)
  paintLake(studio)
  yield
  const bank = paintBank(studio)
  yield
  if (says(studio, 'cabin', 'house', 'home', 'hut')) paintCabin(studio, bank.x, bank.y)
  paintGrass(studio, 0.88, 320, mood.leaf[2], mood.leaf[0])
}

function paintRange(studio: Studio, y: number, height: number, frequency: number, depth: number): void {
  const { canvas, noise, mood } = studio
  const line = hillLine(studio, y, height, frequency, 0.62)
  const rock = mix(mood.haze, mix(mood.shade, rgb('#5c6079'), 0.5), depth)
  const lit = mix(mix(mood.haze, mood.light, 0.5), rgb('#b9998f'), depth * 0.4)
  const snow = mix(mix(WHITE, mood.light, 0.35), mood.haze, 0.15 + (1 - depth) * 0.3)
  fill(canvas, below(canvas.w, line), (px, py, c: Rgb) => {
    const down = py - line(px)
    const slope = noise.fbm(px * 9 - down * 5, py * 7 + down * 3, 4)
    const facing = smooth(0.4, 0.6, slope)
    mixInto(c, rock, lit, facing * 0.8)
    const cap = smooth(0.02, -0.05, py - (y - height * 0.12) + (slope - 0.5) * 0.3)
    mixInto(c, c, facing > 0.4 ? snow : mix(snow, rock, 0.5), cap)
    mixInto(c, c, mood.haze, smooth(y - height * 0.3, SHORE, py) * (0.75 - depth * 0.45))
  })
}

/** The far half of the picture upside down, shaken sideways by ripples. */
function paintLake({ canvas, noise, mood }: Studio): void {
  const water = mix(mix(mood.sky[0], mood.haze, 0.4), mood.shade, 0.35)
  fill(canvas, box(0, SHORE, canvas.w, 1), (x, y, c) => {
    const d = (y - SHORE) / (1 - SHORE)
    const ripple = noise.fbm(x * 5, y * 60 * (1.2 - d * 0.6), 3) - 0.5
    colourAt(canvas, x + ripple * 0.07 * (0.2 + d), SHORE - (y - SHORE) * 1.25 + ripple * 0.03, c)
    mixInto(c, c, water, 0.28 + d * 0.34)
    mixInto(c, c, mix(mood.sky[2], WHITE, 0.3), smooth(0.16, 0.3, ripple) * 0.6)
  })
  fill(canvas, box(0, SHORE - 0.004, canvas.w, SHORE + 0.006), flat(mix(mood.sky[2], WHITE, 0.2)), {
    opacity: 0.5,
    soft: 0.008,
  })
}

/** The near shore with its firs; gives the place where a hut would stand. */
function paintBank(studio: Studio): { x: number; y: number } {
  const { canvas, random, mood } = studio
  const right = random.chance(0.5)
  const line = (x: number) => {
    const t = right ? x / canvas.w : 1 - x / canvas.w
    return 0.97 - 0.2 * t * t + (studio.noise.fbm(x * 7, 5, 3) - 0.5) * 0.035
  }
  paintHill(studio, line, mood.leaf[1], mood.leaf[2], 0.16)
  for (let i = 0; i < 11; i++) {
    const t = 1 - (i / 11) ** 1.5 * 0.55
    const x = canvas.w * (right ? t : 1 - t) + random.between(-0.03, 0.03)
    paintFir(studio, x, line(x) + 0.03, random.between(0.2, 0.42), mix(mood.leaf[2], INK, 0.3), mood.leaf[1])
  }
  const x = canvas.w * (right ? 0.6 : 0.4)
  return { x, y: line(x) }
}

function paintCabin(studio: Studio, x: number, y: number): void {
  const { canvas, mood } = studio
  const wood = mix(rgb('#7a4a30'), mood.shade, 0.25)
  fill(canvas, box(x - 0.09, y - 0.09, x + 0.09, y + 0.03), (_px, py, c) =>
    mixInto(c, wood, INK, Math.sin(py * 400) > 0.6 ? 0.4 : 0.1),
  )
  fill(
    canvas,
    polygon([x - 0.12, y - 0.08], [x + 0.12, y - 0.08], [x + 0.06, y - 0.17], [x - 0.06, y - 0.17]),
    flat(mix(wood, INK, 0.5)),
  )
  fill(canvas, box(x - 0.06, y - 0.06, x - 0.02, y - 0.015), flat(rgb('#ffd27a')))
  fill(canvas, box(x + 0.02, y - 0.06, x + 0.055, y + 0.03), flat(mix(wood, INK, 0.6)))
  paintStroke(
    studio,
    [
      [x + 0.05, y - 0.18],
      [x + 0.07, y - 0.26],
      [x + 0.04, y - 0.36],
    ],
    0.008,
    0.03,
    flat(WHITE),
    0.16,
  )
}

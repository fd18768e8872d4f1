import { fill, glow } from '../canvas.ts'
import { flat, mix, type Rgb, rgb } from '../colour.ts'
import { circle, ellipse, type Point } from '../shapes.ts'
import {
  hillLine,
  paintHill,
  paintLight,
  paintLump,
  paintSky,
  paintStroke,
  type Studio,
  says,
  smooth,
  WHITE,
} from '../studio.ts'
import { paintFlower, paintGrass } from './plants.ts'

const BEDS = [
  ['#e9577a', '#f7a8b8', '#fff3e6', '#f2b33d', '#b06ac9'],
  ['#f2603c', '#ffb25c', '#fff0d6', '#e3334f', '#ffd65c'],
  ['#7f6fd0', '#c7a3ea', '#fdf4ff', '#f0a0c4', '#5a8fd8'],
]

/** A meadow in flower, blurred far off and large in front. */
export function* flowers(studio: Studio): Generator<void> {
  const { canvas, random, mood } = studio
  const bed = random.pick(BEDS).map(rgb)
  const tulips = says(studio, 'tulip', 'tulips')
  paintSky(studio, 0.5, 0.7)
  yield
  paintLight(studio, canvas.w * random.between(0.3, 0.7), 0.2, 0.045)
  yield
  for (const [i, y] of [0.4, 0.47].entries())
    paintHill(
      studio,
      hillLine(studio, y, 0.06, 1.3, 0.2),
      mix(mood.haze, mood.leaf[1], 0.35 + i * 0.3),
      mix(mood.haze, mood.leaf[2], 0.4 + i * 0.3),
    )
  paintHill(studio, hillLine(studio, 0.53, 0.03, 1, 0.1), mix(mood.leaf[0], mood.light, 0.3), mood.leaf[2], 0.5)
  yield
  paintFarFlowers(studio, bed)
  yield
  paintGrass(studio, 0.6, 650, mood.leaf[2], mood.leaf[0])
  yield
  for (let row = 0; row < 5; row++) {
    paintRow(studio, bed, row / 4, tulips)
    yield
  }
  paintPollen(studio)
}

function paintFarFlowers({ canvas, random, mood }: Studio, bed: Rgb[]): void {
  for (let i = 0; i < 900; i++) {
    const t = random.next()
    const y = 0.53 + t * t * 0.24
    const r = 0.002 + (y - 0.52) * 0.045
    fill(
      canvas,
      ellipse(random.between(0, canvas.w), y, r * 1.2, r * 0.75),
      flat(mix(random.pick(bed), mood.haze, 0.3)),
      { opacity: 0.85, soft: r * 0.6 },
    )
  }
}

function paintRow(studio: Studio, bed: Rgb[], depth: number, tulips: boolean): void {
  const { canvas, random, mood } = studio
  const size = 0.022 + depth * 0.058
  const count = Math.round((canvas.w / size) * 0.3)
  for (let i = 0; i < count; i++) {
    const x = ((i + random.between(-0.3, 1)) / count) * canvas.w
    const y = 0.61 + depth * 0.27 + random.between(-0.06, 0.06)
    const stem: Point[] = [
      [x + random.between(-0.03, 0.03), y + 0.3],
      [x + random.between(-0.01, 0.01), y + 0.12],
      [x, y],
    ]
    paintStroke(studio, stem, size * 0.09, size * 0.06, flat(mix(mood.leaf[1], mood.leaf[2], random.next())))
    paintLump(studio, [x + size * 0.7, y + size * 2.3], [size * 0.9, size * 0.22], mood.leaf, {
      turn: -0.7,
      grain: 0.3,
    })
    const colour = mix(random.pick(bed), mood.haze, 0.28 * (1 - depth))
    paintFlower(studio, [x, y], size * random.between(0.75, 1.2), colour, tulips ? 2 : random.pick([0, 1, 1, 2]))
  }
}

function paintPollen({ canvas, random, mood }: Studio): void {
  for (let i = 0; i < 60; i++) {
    const x = random.between(0, canvas.w)
    const y = random.between(0.2, 0.95)
    const r = random.between(0.002, 0.012)
    fill(canvas, circle(x, y, r), flat(mix(mood.light, WHITE, 0.4)), {
      opacity: smooth(0.012, 0.001, r) * 0.6 + 0.08,
      soft: r * 0.8,
    })
  }
  glow(canvas, canvas.w * 0.5, 0.35, 0.8, mood.light, 0.22)
}

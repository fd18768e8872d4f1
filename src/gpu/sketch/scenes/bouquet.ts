import { fill } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred, vertical } from '../colour.ts'
import { box, ellipse, limb, type Point, polygon, ragged } from '../shapes.ts'
import { INK, paintLump, paintShadow, paintStroke, type Studio, says, smooth, WHITE } from '../studio.ts'
import { paintHands, paintNear } from './near.ts'
import { paintFlower } from './plants.ts'

const BUNCHES = [
  ['#e9577a', '#f7a8b8', '#fff3e6', '#f2b33d'],
  ['#f2603c', '#ffb25c', '#fff0d6', '#8a3a5c'],
  ['#7f6fd0', '#c7a3ea', '#fdf4ff', '#f0a0c4'],
]

/** Cut flowers indoors: wrapped in paper, tied by hands, or one in a vase. */
export function* bouquet(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  const hues = random.pick(BUNCHES).map(rgb)
  const mid = canvas.w / 2
  yield* paintNear(studio, 0.74, rgb('#b99a78'), rgb(random.pick(['#8fa398', '#c9a79c', '#6a6f8a'])))
  if (says(studio, 'vase', 'single', 'peony')) return yield* paintVase(studio, [mid, 0.86], hues[0]!)
  const isTied = says(studio, 'hands', 'tying', 'stems', 'twine')
  for (let i = -5; i <= 5; i++)
    paintStroke(
      studio,
      [
        [mid + i * 0.05, 0.45],
        [mid + i * 0.008, 0.72],
        [mid - i * 0.028, 0.98],
      ],
      0.008,
      0.008,
      flat(mix(studio.mood.leaf[1], rgb('#4f7a3a'), 0.6)),
    )
  if (!isTied) paintPaper(studio, mid)
  yield
  yield* paintHeads(studio, [mid, isTied ? 0.33 : 0.36], hues)
  if (!isTied) return
  paintHands(studio, [mid, 0.74], 0.1, rgb('#5a6a4a'))
  fill(canvas, box(mid - 0.06, 0.7, mid + 0.06, 0.73, 0.01), flat(rgb('#d9b98a')))
}

function* paintHeads(studio: Studio, [x, y]: Point, hues: Rgb[]): Generator<void> {
  const { random, mood } = studio
  for (let i = 0; i < 44; i++) {
    const a = random.between(0, 6.28)
    paintLump(
      studio,
      [x + Math.cos(a) * random.between(0.2, 0.42), y + Math.sin(a) * random.between(0.12, 0.28)],
      [0.08, 0.026],
      mood.leaf,
      { turn: a, grain: 0.3 },
    )
  }
  yield
  for (let i = 0; i < 34; i++) {
    const a = i * 2.4
    const d = Math.sqrt((33 - i) / 34)
    const at: Point = [x + Math.cos(a) * d * 0.34, y + Math.sin(a) * d * 0.23]
    if (i % 4 === 3) paintPeony(studio, at, 0.075, random.pick(hues))
    else paintFlower(studio, at, random.between(0.04, 0.07), random.pick(hues), i % 3)
    if (i % 12 === 11) yield
  }
}

function paintPeony(studio: Studio, [x, y]: Point, r: number, hue: Rgb): void {
  for (const [k, t] of [
    [1, 0.25],
    [0.76, 0],
    [0.5, 0.2],
    [0.28, 0.4],
  ] as const)
    for (let i = 0; i < 6; i++) {
      const a = i * 1.05 + k * 3
      paintLump(
        studio,
        [x + Math.cos(a) * r * k * 0.55, y + Math.sin(a) * r * k * 0.45],
        [r * k * 0.55, r * k * 0.45],
        [mix(hue, WHITE, 0.5 + t * 0.4), mix(hue, WHITE, t), mix(hue, INK, 0.35)],
        { turn: a, rough: r * 0.05 },
      )
    }
}

function paintPaper(studio: Studio, x: number): void {
  const { canvas, noise } = studio
  const kraft = rgb('#d2aa78')
  paintShadow(studio, x, 0.97, 0.2, 0.02, 0.5)
  const cone = polygon(
    [x - 0.4, 0.36],
    [x + 0.4, 0.36],
    [x + 0.1, 0.8],
    [x + 0.17, 0.99],
    [x - 0.17, 0.99],
    [x - 0.1, 0.8],
  )
  fill(
    canvas,
    ragged(cone, noise, 0.012, 7),
    stirred(
      (px, py, c) =>
        mixInto(
          c,
          mix(kraft, WHITE, 0.35),
          mix(kraft, INK, 0.45),
          smooth(x - 0.35, x + 0.4, px + (noise.at(px * 9, py * 2) - 0.5) * 0.3),
        ),
      noise,
      0.2,
      20,
    ),
  )
  fill(canvas, box(x - 0.105, 0.775, x + 0.105, 0.81, 0.012), flat(rgb('#8f3f4a')))
  for (const side of [-1, 1])
    paintStroke(
      studio,
      [
        [x, 0.79],
        [x + side * 0.09, 0.85],
        [x + side * 0.06, 0.93],
      ],
      0.011,
      0.006,
      flat(rgb('#8f3f4a')),
    )
}

function* paintVase(studio: Studio, [x, y]: Point, hue: Rgb): Generator<void> {
  const { canvas, mood } = studio
  paintShadow(studio, x, y + 0.03, 0.17, 0.025, 0.5)
  paintStroke(
    studio,
    [
      [x - 0.01, y],
      [x, y - 0.3],
      [x + 0.03, y - 0.5],
    ],
    0.011,
    0.009,
    flat(mood.leaf[1]),
  )
  for (const [dx, dy, turn] of [
    [-0.12, -0.42, 0.5],
    [0.15, -0.36, -0.6],
  ] as const)
    paintLump(studio, [x + dx, y + dy], [0.13, 0.042], mood.leaf, { turn })
  yield
  const glass = polygon([x - 0.075, y - 0.3], [x + 0.075, y - 0.3], [x + 0.13, y + 0.03], [x - 0.13, y + 0.03])
  fill(canvas, glass, vertical(y - 0.3, y, rgb('#e9f4f4'), rgb('#7fa8b0')), { opacity: 0.55 })
  fill(canvas, ellipse(x, y - 0.3, 0.075, 0.018), flat(WHITE), { opacity: 0.6 })
  fill(canvas, limb([x - 0.06, y - 0.24], [x - 0.095, y - 0.04], 0.009, 0.005), flat(WHITE), {
    opacity: 0.7,
    soft: 0.006,
  })
  paintPeony(studio, [x + 0.03, y - 0.55], 0.23, hue)
}

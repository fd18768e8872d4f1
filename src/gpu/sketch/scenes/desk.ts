import { fill, glow } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, vertical } from '../colour.ts'
import { box, circle, ellipse, limb, type Point, polygon } from '../shapes.ts'
import { INK, paintLump, paintShadow, paintStroke, type Studio, says, smooth, WHITE } from '../studio.ts'
import { paintGuitarNear, paintScore, paintVinyl } from './music.ts'
import { paintHands, paintNear } from './near.ts'

const PAPER = rgb('#f7f1e4')
const HUES = ['#e0663c', '#2f7f8c', '#e8b23c', '#5b6fb5', '#8a4f7a', '#6f9a5a'].map(rgb)

/** A desk with what the prompt names on it: a laptop, a camera, a phone, notes on the wall, scissors, music. */
export function* desk(studio: Studio): Generator<void> {
  const { canvas } = studio
  const mid = canvas.w / 2
  if (says(studio, 'sketches', 'pinned', 'samples')) return yield* paintPinboard(studio)
  if (says(studio, 'vinyl', 'record', 'turntable')) return yield* paintVinyl(studio)
  if (says(studio, 'guitar', 'cables')) return yield* paintGuitarNear(studio)
  if (says(studio, 'sheet', 'music', 'conductor')) return yield* paintScore(studio)
  yield* paintNear(studio, 0.54, rgb(studio.random.pick(['#c79a6c', '#8a6248', '#d8cbb8'])))
  if (says(studio, 'laptop', 'app', 'interface', 'terminal')) paintLaptop(studio, [mid - 0.05, 0.76])
  else if (says(studio, 'camera')) paintCamera(studio, [mid - 0.12, 0.68], 0.2)
  else if (says(studio, 'scissors', 'comb')) paintScissors(studio, [mid, 0.76])
  else if (says(studio, 'plinth', 'object', 'still')) paintPlinth(studio, [mid, 0.6])
  else
    for (const [dx, y] of [
      [-0.3, 0.74],
      [0.26, 0.82],
    ] as const)
      paintSheet(studio, [mid + dx, y], 0.26)
  yield
  if (says(studio, 'hands', 'work'))
    paintHands(studio, [mid, 0.76], 0.2, rgb(studio.random.pick(['#3f5a6a', '#8a4a3a', '#5a6a4a'])))
  if (says(studio, 'coffee', 'cup', 'desk')) paintMug(studio, [mid + 0.5, 0.7], 0.075)
  if (says(studio, 'camera', 'sheets', 'notebook')) paintSheet(studio, [mid + 0.28, 0.88], 0.22)
  glow(canvas, 0, 0.1, 0.9, studio.mood.light, 0.3)
}

function paintLaptop(studio: Studio, [x, y]: Point): void {
  const { canvas, random } = studio
  paintShadow(studio, x, y + 0.09, 0.5, 0.035, 0.6)
  fill(canvas, box(x - 0.36, y - 0.48, x + 0.36, y + 0.01, 0.02), flat(rgb('#2b2d36')))
  fill(
    canvas,
    box(x - 0.335, y - 0.455, x + 0.335, y - 0.015, 0.006),
    vertical(y - 0.45, y, PAPER, mix(PAPER, HUES[3]!, 0.25)),
  )
  fill(canvas, box(x - 0.335, y - 0.455, x - 0.2, y - 0.015), flat(random.pick(HUES)))
  for (let i = 0; i < 5; i++)
    fill(
      canvas,
      box(x - 0.165, y - 0.41 + i * 0.032, x - 0.165 + random.between(0.14, 0.44), y - 0.396 + i * 0.032, 0.006),
      flat(mix(PAPER, INK, 0.45)),
    )
  for (let i = 0; i < 4; i++)
    fill(
      canvas,
      box(x - 0.165 + i * 0.12, y - 0.07 - random.between(0.04, 0.16), x - 0.085 + i * 0.12, y - 0.05, 0.006),
      flat(HUES[i]!),
    )
  fill(
    canvas,
    polygon([x - 0.36, y + 0.01], [x + 0.36, y + 0.01], [x + 0.45, y + 0.1], [x - 0.45, y + 0.1]),
    vertical(y, y + 0.1, rgb('#d6d8de'), rgb('#8f929c')),
  )
  fill(
    canvas,
    polygon([x - 0.32, y + 0.02], [x + 0.32, y + 0.02], [x + 0.36, y + 0.06], [x - 0.36, y + 0.06]),
    flat(rgb('#4a4c56')),
  )
}

function paintCamera(studio: Studio, [x, y]: Point, r: number): void {
  const { canvas } = studio
  paintShadow(studio, x, y + r * 0.85, r * 1.5, r * 0.14, 0.7)
  fill(
    canvas,
    box(x - r * 1.4, y - r * 0.72, x + r * 1.4, y + r * 0.82, r * 0.16),
    vertical(y - r, y + r, rgb('#4a4a54'), rgb('#17171d')),
  )
  fill(canvas, box(x - r * 1.4, y - r * 0.72, x + r * 1.4, y - r * 0.32, r * 0.12), flat(rgb('#c9c6c0')))
  fill(
    canvas,
    polygon(
      [x - r * 0.5, y - r * 0.7],
      [x - r * 0.32, y - r * 1.06],
      [x + r * 0.32, y - r * 1.06],
      [x + r * 0.5, y - r * 0.7],
    ),
    flat(rgb('#aaa7a2')),
  )
  for (const [k, tone] of [
    [0.78, '#22222a'],
    [0.66, '#4c4c58'],
    [0.54, '#101018'],
    [0.4, '#2f4f7a'],
  ] as const)
    fill(canvas, circle(x, y + r * 0.1, r * k), flat(rgb(tone)))
  fill(canvas, ellipse(x - r * 0.14, y - r * 0.06, r * 0.13, r * 0.08, -0.6), flat(WHITE), {
    soft: r * 0.05,
    opacity: 0.8,
  })
  fill(canvas, ellipse(x + r * 0.95, y - r * 0.76, r * 0.16, r * 0.07), flat(rgb('#d8442f')))
}

function paintSheet(studio: Studio, [x, y]: Point, s: number): void {
  const { canvas, random } = studio
  fill(
    canvas,
    polygon([x - s, y - s * 0.3], [x + s * 0.8, y - s * 0.42], [x + s, y + s * 0.26], [x - s * 0.9, y + s * 0.42]),
    flat(PAPER),
  )
  for (let i = 0; i < 4; i++)
    for (let j = 0; j < 3; j++) {
      const at: Point = [x - s * 0.62 + i * s * 0.41, y - s * 0.18 + j * s * 0.2 - i * s * 0.035]
      fill(
        canvas,
        box(at[0] - s * 0.16, at[1] - s * 0.075, at[0] + s * 0.16, at[1] + s * 0.075),
        flat(mix(random.pick(HUES), INK, 0.35)),
      )
    }
}

function paintMug(studio: Studio, [x, y]: Point, r: number): void {
  const { canvas, random } = studio
  const glaze = random.pick(HUES)
  paintShadow(studio, x, y + r * 1.15, r * 1.1, r * 0.2, 0.6)
  fill(canvas, limb([x + r, y - r * 0.3], [x + r * 1.5, y + r * 0.2], r * 0.16), flat(mix(glaze, INK, 0.3)))
  fill(canvas, box(x - r, y - r, x + r, y + r * 1.15, r * 0.3), (px, _py, c: Rgb) =>
    mixInto(c, mix(glaze, WHITE, 0.4), mix(glaze, INK, 0.4), smooth(x - r, x + r, px)),
  )
  fill(canvas, ellipse(x, y - r * 0.95, r, r * 0.3), flat(mix(glaze, WHITE, 0.5)))
  fill(canvas, ellipse(x, y - r * 0.93, r * 0.86, r * 0.23), flat(rgb('#4a2a1a')))
}

function paintScissors(studio: Studio, [x, y]: Point): void {
  const { canvas } = studio
  paintShadow(studio, x, y + 0.03, 0.45, 0.05, 0.5)
  for (const side of [-1, 1]) {
    fill(
      canvas,
      polygon([x - 0.03, y - side * 0.012], [x + 0.42, y + side * 0.075], [x + 0.02, y + side * 0.03]),
      flat(rgb(side > 0 ? '#e2e6ea' : '#9aa2ac')),
    )
    fill(canvas, limb([x, y], [x - 0.2, y - side * 0.06], 0.016), flat(rgb('#2b2d36')))
    const ring = circle(x - 0.27, y - side * 0.085, 0.065)
    fill(canvas, { ...ring, distance: (px, py) => Math.abs(ring.distance(px, py)) - 0.016 }, flat(rgb('#2b2d36')))
  }
  fill(canvas, box(x - 0.3, y + 0.13, x + 0.3, y + 0.165, 0.008), flat(rgb('#a8643a')))
  for (let i = 0; i < 30; i++)
    fill(
      canvas,
      limb([x - 0.28 + i * 0.0195, y + 0.16], [x - 0.28 + i * 0.0195, y + 0.215], 0.004),
      flat(rgb('#a8643a')),
    )
}

function paintPlinth(studio: Studio, [x, y]: Point): void {
  const { canvas, random } = studio
  const hue = random.pick(HUES)
  fill(canvas, box(x - 0.25, y, x + 0.25, 1), vertical(y, 1, rgb('#fbf7ef'), rgb('#b8b0a4')))
  paintShadow(studio, x, y, 0.17, 0.02, 0.5)
  for (const [dy, rx, ry] of [
    [-0.12, 0.15, 0.13],
    [-0.27, 0.08, 0.09],
    [-0.36, 0.055, 0.03],
  ] as const)
    paintLump(studio, [x, y + dy], [rx, ry], [mix(hue, WHITE, 0.6), hue, mix(hue, INK, 0.6)], { rough: 0, grain: 0.1 })
}

function* paintPinboard(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  yield* paintNear(studio, 0.88, rgb('#8a6248'), rgb('#d6c6ae'))
  for (let i = 0; i < 17; i++) {
    const at: Point = [
      canvas.w * (((i * 0.618) % 1) * 0.84 + 0.08),
      0.14 + (i % 4) * 0.19 + random.between(-0.03, 0.03),
    ]
    const [w, h] = [random.between(0.07, 0.12), random.between(0.06, 0.09)]
    const hue = random.pick(HUES)
    paintShadow(studio, at[0], at[1] + h, w, 0.01, 0.4)
    fill(canvas, box(at[0] - w, at[1] - h, at[0] + w, at[1] + h), flat(i % 3 ? PAPER : mix(hue, WHITE, 0.15)))
    if (i % 3)
      paintStroke(
        studio,
        [
          [at[0] - w * 0.6, at[1] + h * 0.4],
          [at[0] - w * 0.1, at[1] - h * 0.5],
          [at[0] + w * 0.2, at[1] + h * 0.2],
          [at[0] + w * 0.6, at[1] - h * 0.3],
        ],
        0.007,
        0.003,
        flat(i % 2 ? INK : hue),
      )
    fill(canvas, circle(at[0], at[1] - h + 0.012, 0.009), flat(rgb('#d8442f')))
    if (i % 6 === 5) yield
  }
}

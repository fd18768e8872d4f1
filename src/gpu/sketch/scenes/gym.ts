import { fill } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred } from '../colour.ts'
import { box, circle, ellipse, limb, type Point } from '../shapes.ts'
import { INK, paintLump, paintShadow, type Studio, says, smooth, WHITE } from '../studio.ts'
import { paintInterior, paintTable } from './indoors.ts'
import { paintFlour, paintHands, paintNear } from './near.ts'

const IRON: [Rgb, Rgb, Rgb] = [rgb('#8a8f9c'), rgb('#3c404c'), rgb('#14151c')]

/** A training room: kettlebells, a mat, or hands on a barbell. */
export function* gym(studio: Studio): Generator<void> {
  const { canvas } = studio
  if (says(studio, 'barbell', 'hands')) return yield* paintBarbell(studio)
  yield* paintInterior(studio, { wall: [rgb('#c9c4ba'), rgb('#6f7480')], floor: 0.6, windowAt: 0.08 })
  paintTable(studio, 0.6, rgb('#c08a56'))
  yield
  if (says(studio, 'mat', 'stretching', 'yoga')) {
    paintMat(studio, [canvas.w * 0.5, 0.84])
    paintFlask(studio, [canvas.w * 0.78, 0.84])
    return
  }
  fill(canvas, box(canvas.w * 0.56, 0.34, canvas.w + 0.1, 0.365), flat(INK))
  for (let i = 0; i < 4; i++) paintDumbbell(studio, [canvas.w * (0.64 + i * 0.12), 0.315])
  yield
  for (const [t, y, r] of [
    [0.2, 0.76, 0.09],
    [0.37, 0.84, 0.12],
    [0.62, 0.82, 0.145],
  ] as const)
    paintKettlebell(studio, [canvas.w * t, y], r)
}

function paintKettlebell(studio: Studio, [x, y]: Point, r: number): void {
  const { canvas, random } = studio
  paintShadow(studio, x, y + r * 0.95, r * 1.1, r * 0.16, 0.7)
  for (const side of [-1, 1])
    fill(canvas, limb([x + side * r * 0.5, y - r * 0.6], [x + side * r * 0.42, y - r * 1.5], r * 0.15), flat(IRON[1]))
  fill(
    canvas,
    limb([x - r * 0.42, y - r * 1.52], [x + r * 0.42, y - r * 1.52], r * 0.17),
    flat(mix(IRON[1], WHITE, 0.15)),
  )
  paintLump(studio, [x, y], [r, r * 0.95], IRON, { rough: 0 })
  fill(canvas, circle(x, y, r * 0.42), flat(rgb(random.pick(['#e0563c', '#e8b23c', '#3f8fb0']))))
}

function paintDumbbell({ canvas }: Studio, [x, y]: Point): void {
  fill(canvas, limb([x - 0.05, y], [x + 0.05, y], 0.012), flat(rgb('#b8bcc4')))
  for (const side of [-1, 1])
    fill(canvas, box(x + side * 0.055 - 0.022, y - 0.045, x + side * 0.055 + 0.022, y + 0.045, 0.01), flat(IRON[1]))
}

function* paintBarbell(studio: Studio): Generator<void> {
  const { canvas } = studio
  const mid = canvas.w / 2
  yield* paintNear(studio, 0.86, rgb('#4a4a52'), rgb('#4c5568'))
  for (const side of [-1, 1])
    for (const [i, r] of [0.3, 0.24].entries()) {
      paintLump(studio, [mid + side * (0.58 + i * 0.09), 0.62], [0.05, r], IRON, { rough: 0 })
      fill(canvas, ellipse(mid + side * (0.58 + i * 0.09), 0.62, 0.02, r * 0.62), flat(rgb('#c8443c')))
    }
  fill(canvas, box(0, 0.6, canvas.w, 0.645, 0.02), (_x, y, c) =>
    mixInto(c, rgb('#f0f0f2'), rgb('#5a5e68'), smooth(0.6, 0.645, y)),
  )
  yield
  paintHands(studio, [mid, 0.64], 0.2, rgb('#2f3a52'))
  paintFlour(studio, [mid, 0.72], 0.45)
}

function paintMat(studio: Studio, [x, y]: Point): void {
  const { canvas, noise, random } = studio
  const hue = rgb(random.pick(['#4f7fa0', '#a0568a', '#5f9a6a']))
  paintShadow(studio, x, y + 0.09, 0.5, 0.03, 0.6)
  fill(
    canvas,
    limb([x - 0.3, y], [x + 0.28, y - 0.06], 0.115),
    stirred(
      (_px, py, c) => mixInto(c, mix(hue, WHITE, 0.4), mix(hue, INK, 0.5), smooth(y - 0.16, y + 0.12, py)),
      noise,
      0.15,
      30,
    ),
  )
  for (let i = 0; i < 5; i++)
    fill(
      canvas,
      ellipse(x + 0.29, y - 0.06, 0.1 - i * 0.02, 0.11 - i * 0.022, -0.1),
      flat(i % 2 ? mix(hue, INK, 0.5) : mix(hue, WHITE, 0.2)),
    )
}

function paintFlask(studio: Studio, [x, y]: Point): void {
  const { canvas } = studio
  paintShadow(studio, x, y + 0.07, 0.08, 0.015, 0.6)
  const steel = (px: number, _py: number, c: Rgb) =>
    mixInto(c, rgb('#e9f2f4'), rgb('#4c7c8c'), smooth(x - 0.06, x + 0.07, px))
  fill(canvas, box(x - 0.06, y - 0.26, x + 0.06, y + 0.07, 0.03), steel)
  fill(canvas, box(x - 0.035, y - 0.33, x + 0.035, y - 0.25, 0.01), flat(INK))
}

import { fill, glow } from '../canvas.ts'
import { flat, mix, mixInto, rgb } from '../colour.ts'
import { box, circle, ellipse, limb, type Point, polygon } from '../shapes.ts'
import { INK, paintStroke, type Studio, says, WHITE } from '../studio.ts'
import { paintHands, paintNear } from './near.ts'
import { paintGuitar } from './stage.ts'

const PAPER = rgb('#f7f1e4')
const HUES = ['#e0663c', '#2f7f8c', '#e8b23c', '#5b6fb5', '#8a4f7a', '#6f9a5a'].map(rgb)

/** A record on a turntable, from above. */
export function* paintVinyl(studio: Studio): Generator<void> {
  const { canvas, noise, random } = studio
  const at: Point = [canvas.w * 0.46, 0.6]
  yield* paintNear(studio, 0.2, rgb('#5f4636'))
  fill(canvas, box(at[0] - 0.58, 0.24, at[0] + 0.7, 0.97, 0.03), flat(rgb('#b98a5c')))
  fill(canvas, box(at[0] - 0.56, 0.26, at[0] + 0.68, 0.94, 0.02), flat(rgb('#d8d2c8')))
  fill(canvas, ellipse(at[0], at[1], 0.47, 0.32), (px, py, c) => {
    const d = Math.hypot((px - at[0]) / 0.47, (py - at[1]) / 0.32)
    const shine = Math.max(0, Math.cos((Math.atan2(py - at[1], px - at[0]) - 0.7) * 2)) ** 6
    mixInto(
      c,
      INK,
      rgb('#8a8698'),
      shine * 0.6 + (Math.sin(d * 170) > 0.5 ? 0.14 : 0) + noise.at(px * 9, py * 9) * 0.06,
    )
  })
  fill(canvas, ellipse(at[0], at[1], 0.16, 0.11), flat(random.pick(HUES)))
  fill(canvas, ellipse(at[0], at[1], 0.014, 0.01), flat(WHITE))
  yield
  fill(canvas, circle(at[0] + 0.57, 0.36, 0.06), flat(rgb('#8f929c')))
  paintStroke(
    studio,
    [
      [at[0] + 0.57, 0.36],
      [at[0] + 0.54, 0.68],
      [at[0] + 0.33, 0.76],
    ],
    0.012,
    0.01,
    flat(rgb('#f0f0f2')),
  )
  fill(canvas, box(at[0] + 0.29, 0.745, at[0] + 0.36, 0.785, 0.006), flat(INK))
}

/** An electric guitar, very near, with its cable. */
export function* paintGuitarNear(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  yield* paintNear(studio, 0.62, rgb('#3a3340'), rgb('#5a3a5c'))
  const loops: Point[] = Array.from({ length: 26 }, (_, i) => [
    canvas.w * (0.05 + i * 0.036),
    0.86 + Math.sin(i * 0.9) * 0.07,
  ])
  paintStroke(studio, loops, 0.011, 0.011, flat(INK))
  yield
  paintGuitar(studio, [canvas.w * 0.34, 0.66], 0.33, random.pick(HUES))
  glow(canvas, canvas.w * 0.8, 0.2, 0.7, rgb('#ff8a5c'), 0.5)
}

/** An open score on a stand, with or without the hands of a conductor. */
export function* paintScore(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  const mid = canvas.w / 2
  yield* paintNear(studio, 0.92, rgb('#6d4430'), rgb('#7a4a34'))
  fill(canvas, limb([mid, 0.75], [mid, 1.05], 0.016), flat(rgb('#4a2c1c')))
  fill(
    canvas,
    polygon([mid - 0.54, 0.24], [mid + 0.54, 0.24], [mid + 0.6, 0.8], [mid - 0.6, 0.8]),
    flat(rgb('#6a3f26')),
  )
  for (const side of [-1, 1]) {
    fill(
      canvas,
      polygon([mid, 0.2], [mid + side * 0.49, 0.17], [mid + side * 0.52, 0.73], [mid, 0.77]),
      flat(mix(PAPER, INK, side > 0 ? 0.06 : 0)),
    )
    for (let s = 0; s < 4; s++) {
      for (let i = 0; i < 5; i++)
        fill(
          canvas,
          limb(
            [mid + side * 0.04, 0.26 + s * 0.12 + i * 0.013],
            [mid + side * 0.46, 0.245 + s * 0.12 + i * 0.013],
            0.0013,
          ),
          flat(mix(PAPER, INK, 0.65)),
        )
      for (let i = 0; i < 7; i++) {
        const at: Point = [mid + side * (0.08 + i * 0.055), 0.25 + s * 0.12 + random.between(0, 0.055)]
        fill(canvas, ellipse(at[0], at[1], 0.011, 0.008, -0.4), flat(INK))
        fill(canvas, limb([at[0] + 0.01, at[1]], [at[0] + 0.01, at[1] - 0.042], 0.002), flat(INK))
      }
    }
    yield
  }
  if (says(studio, 'hands', 'conductor')) paintHands(studio, [mid, 0.72], 0.3, INK)
  glow(canvas, mid, 0.1, 0.8, rgb('#ffe0a8'), 0.35)
}

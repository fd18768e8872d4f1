import { fill, glow } from '../canvas.ts'
import { flat, mixInto, type Rgb, rgb, stirred, vertical } from '../colour.ts'
import { box, limb } from '../shapes.ts'
import { INK, paintLump, paintStroke, type Studio, smooth } from '../studio.ts'
import { paintNear } from './near.ts'

/** A market crate, full of vegetables. */
export function* crate(studio: Studio): Generator<void> {
  const { canvas, noise, random } = studio
  const mid = canvas.w / 2
  yield* paintNear(studio, 0.42, rgb('#8b6a4c'), rgb('#7c8f6c'))
  const heaps: [Rgb, Rgb, Rgb][] = [
    ['#ff8a5c', '#d2382c', '#6d1520'],
    ['#ffd98a', '#e8972e', '#8a4a1c'],
    ['#d4e08a', '#7fa045', '#33521f'],
    ['#b58ac2', '#6a3a78', '#2c1438'],
    ['#fff2c9', '#e9cf7a', '#94762e'],
  ].map((three) => three.map(rgb) as [Rgb, Rgb, Rgb])
  for (let i = 0; i < 44; i++) {
    const t = (i * 0.618) % 1
    const r = random.between(0.04, 0.075)
    paintLump(
      studio,
      [mid + (t - 0.5) * 0.95, 0.46 + (i / 44) * 0.18],
      [r * random.between(1, 1.3), r],
      heaps[Math.floor(t * 5)]!,
      { rough: 0.003, grain: 0.15 },
    )
    if (i % 12 === 11) yield
  }
  for (let i = 0; i < 30; i++)
    paintLump(studio, [mid + random.between(-0.5, 0.5), 0.42 + random.between(-0.06, 0.06)], [0.06, 0.022], heaps[2]!, {
      turn: random.between(-2, 0),
    })
  for (const y of [0.63, 0.75, 0.87])
    fill(
      canvas,
      box(mid - 0.56, y, mid + 0.56, y + 0.095, 0.006),
      stirred(
        (px, _py, c) => mixInto(c, rgb('#d9ab72'), rgb('#7c5230'), smooth(mid - 0.6, mid + 0.6, px)),
        noise,
        0.5,
        5,
        60,
      ),
    )
  for (const dx of [-0.53, 0.53])
    fill(canvas, box(mid + dx - 0.035, 0.56, mid + dx + 0.035, 0.99), flat(rgb('#8a5e38')))
}

/** A stove with pans over open flames. */
export function* kitchen(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  yield* paintNear(studio, 0.62, rgb('#5a5a60'), rgb('#6a4438'))
  for (let x = 0.08; x < canvas.w; x += 0.13) {
    fill(canvas, limb([x, 0.1], [x, 0.18], 0.004), flat(INK))
    paintLump(
      studio,
      [x, 0.24],
      [random.between(0.035, 0.055), 0.05],
      [rgb('#f0b884'), rgb('#a8623a'), rgb('#4a2418')],
      { rough: 0 },
    )
  }
  fill(canvas, box(0, 0.095, canvas.w, 0.11), flat(rgb('#2b2620')))
  yield
  fill(canvas, box(0, 0.6, canvas.w, 1), vertical(0.6, 1, rgb('#9aa0a8'), rgb('#3c4048')))
  for (const t of [0.16, 0.42, 0.86]) {
    const x = canvas.w * t
    glow(canvas, x, 0.5, 0.34, rgb('#ff9a3c'), 0.85)
    for (let i = 0; i < 9; i++) {
      const dx = random.between(-0.1, 0.1)
      const top = 0.52 - random.between(0.04, 0.24) * (1 - Math.abs(dx) * 6)
      paintStroke(
        studio,
        [
          [x + dx, 0.54],
          [x + dx * 0.8 + 0.01, (top + 0.54) / 2],
          [x + dx * 0.5, top],
        ],
        0.022,
        0.002,
        flat(rgb(i % 2 ? '#ffd25c' : '#ff8a3c')),
        0.85,
      )
    }
    fill(canvas, limb([x + 0.1, 0.56], [x + 0.3, 0.52], 0.013), flat(INK))
    fill(canvas, box(x - 0.13, 0.54, x + 0.13, 0.61, 0.03), flat(rgb('#22232a')))
    yield
  }
}

import { fill, glow } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred } from '../colour.ts'
import { ellipse, limb, type Point, polygon, ragged, within } from '../shapes.ts'
import { paintLump, paintShadow, paintStroke, type Studio, smooth, WHITE } from '../studio.ts'
import { paintInterior, paintTable } from './indoors.ts'

const GLAZES = ['#f3ece0', '#5f8f8c', '#c9694a', '#3f5c7a', '#e0b354']

/** A cup with a leaf drawn in the foam, steam in the light of a window. */
export function* cup(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  const x = canvas.w * random.between(0.48, 0.56)
  const r = Math.min(0.25, canvas.w * 0.24)
  yield* paintInterior(studio, { wall: [rgb('#b08a6c'), rgb('#5a4440')], floor: 0.6 })
  paintTable(studio, 0.58, rgb('#9a6844'))
  yield
  paintSaucer(studio, [x, 0.8], r)
  yield
  paintCup(studio, [x, 0.58], r, rgb(random.pick(GLAZES)))
  yield
  paintFoam(studio, [x, 0.58], r)
  yield
  paintBeans(studio, x - r * 2.1)
  paintBiscuit(studio, [x + r * 1.85, 0.86], r * 0.42)
  yield
  paintSteam(studio, [x, 0.55], r)
}

function paintSaucer(studio: Studio, [x, y]: Point, r: number): void {
  const { canvas } = studio
  paintShadow(studio, x + r * 0.15, y + r * 0.3, r * 1.85, r * 0.34, 0.75)
  for (const [size, tone] of [
    [1.72, '#b9a893'],
    [1.66, '#f4ebdd'],
    [1.2, '#dccdb9'],
    [1.12, '#efe4d4'],
  ] as const) {
    const base = rgb(tone)
    fill(canvas, ellipse(x, y - (1.72 - size) * r * 0.03, r * size, r * size * 0.3), (px, _py, c) =>
      mixInto(c, mix(base, WHITE, 0.3), mix(base, rgb('#6a4438'), 0.5), smooth(x - r * 1.6, x + r * 1.8, px)),
    )
  }
  paintShadow(studio, x + r * 0.2, y - r * 0.02, r * 0.95, r * 0.17, 0.55)
}

function paintCup(studio: Studio, [x, y]: Point, r: number, glaze: Rgb): void {
  const { canvas, noise, mood } = studio
  const dark = mix(glaze, rgb('#33202a'), 0.62)
  const light = mix(glaze, mood.light, 0.6)
  const handle: Point[] = [
    [x + r * 0.9, y + r * 0.22],
    [x + r * 1.28, y + r * 0.2],
    [x + r * 1.36, y + r * 0.48],
    [x + r * 1.12, y + r * 0.72],
    [x + r * 0.74, y + r * 0.78],
  ]
  paintStroke(studio, handle, r * 0.1, r * 0.08, flat(mix(glaze, dark, 0.55)))
  paintStroke(
    studio,
    handle.map(([hx, hy]) => [hx - 0.004, hy - 0.006] as const),
    r * 0.035,
    r * 0.03,
    flat(light),
    0.7,
  )
  const bowl = within(
    polygon(
      [x - r, y],
      [x + r, y],
      [x + r * 0.97, y + r * 0.3],
      [x + r * 0.84, y + r * 0.66],
      [x + r * 0.56, y + r * 0.98],
      [x - r * 0.56, y + r * 0.98],
      [x - r * 0.84, y + r * 0.66],
      [x - r * 0.97, y + r * 0.3],
    ),
    ellipse(x, y + r * 0.1, r * 1.1, r * 0.98),
  )
  const body = (px: number, py: number, c: Rgb) => {
    const u = (px - x) / r
    mixInto(c, light, glaze, smooth(-0.95, -0.25, u))
    mixInto(c, c, dark, smooth(-0.05, 1, u) * 0.85)
    mixInto(c, c, dark, smooth(y + r * 0.4, y + r * 1.05, py) * 0.5)
    mixInto(c, c, WHITE, Math.exp(-(((u + 0.62) / 0.09) ** 2)) * 0.5 * smooth(y + r * 0.8, y + r * 0.2, py))
  }
  fill(canvas, bowl, stirred(body, noise, 0.1, 12))
  fill(canvas, ellipse(x, y + r * 0.95, r * 0.5, r * 0.1), flat(mix(glaze, dark, 0.7)))
  fill(canvas, ellipse(x, y, r, r * 0.27), flat(mix(light, WHITE, 0.4)))
  fill(canvas, ellipse(x, y + r * 0.012, r * 0.94, r * 0.235), flat(dark))
}

function paintFoam(studio: Studio, [x, y]: Point, r: number): void {
  const { canvas, noise } = studio
  const cream = rgb('#f8e7c8')
  const coffee = rgb('#9a5a2c')
  fill(canvas, ellipse(x, y + r * 0.03, r * 0.92, r * 0.215), (px, py, c) =>
    mixInto(
      c,
      coffee,
      rgb('#5c2f18'),
      smooth(0.3, 0.7, noise.fbm(px * 9, py * 22, 3)) * 0.5 + smooth(x, x + r, px) * 0.3,
    ),
  )
  for (let i = 0; i < 5; i++) {
    const t = i / 4
    const cy = y + r * (0.15 - t * 0.24)
    const half = r * (0.5 - t * 0.34)
    const leaf = ragged(ellipse(x, cy, half, r * 0.035), noise, r * 0.015, 14)
    fill(canvas, leaf, flat(cream), { opacity: 0.92, soft: 0.006 })
  }
  fill(canvas, limb([x, y + r * 0.19], [x, y - r * 0.14], r * 0.014), flat(coffee), { opacity: 0.8 })
}

function paintSteam(studio: Studio, [x, y]: Point, r: number): void {
  const { canvas, noise, mood } = studio
  for (const [i, dx] of [-0.3, 0.05, 0.36].entries()) {
    const points: Point[] = Array.from({ length: 14 }, (_, k) => {
      const t = k / 13
      return [
        x + r * dx + (noise.at(t * 3.2 + i * 11, 4) - 0.5) * r * 0.9 * (0.25 + t),
        y - t * r * (1.7 + i * 0.12),
      ] as const
    })
    for (let k = 0; k < 13; k++)
      fill(canvas, limb(points[k]!, points[k + 1]!, r * 0.05, r * 0.06), flat(mix(WHITE, mood.light, 0.4)), {
        opacity: 0.3 * (1 - k / 13),
        soft: r * 0.2,
      })
  }
  glow(canvas, x, y - r * 0.6, r * 1.6, mood.light, 0.14)
}

function paintBeans(studio: Studio, x: number): void {
  const { canvas, random } = studio
  for (let i = 0; i < 26; i++) {
    const at: Point = [x + random.between(-0.16, 0.2), 0.87 + random.between(-0.07, 0.08)]
    const turn = random.between(0, 3.14)
    paintShadow(studio, at[0] + 0.004, at[1] + 0.012, 0.02, 0.006, 0.5)
    paintLump(studio, at, [0.021, 0.0145], [rgb('#8f5a38'), rgb('#54301f'), rgb('#24120e')], { turn, rough: 0.001 })
    fill(canvas, ellipse(at[0], at[1], 0.017, 0.0022, turn), flat(rgb('#1c0e0a')))
  }
}

function paintBiscuit(studio: Studio, [x, y]: Point, r: number): void {
  paintShadow(studio, x, y + r * 0.4, r * 1.1, r * 0.2, 0.6)
  paintLump(studio, [x, y], [r, r * 0.5], [rgb('#efc27a'), rgb('#c98a45'), rgb('#7a4523')], {
    rough: r * 0.06,
    grain: 0.4,
  })
  for (let i = 0; i < 9; i++) {
    const a = i * 2.4
    const d = 0.2 + (i / 9) * 0.5
    paintLump(
      studio,
      [x + Math.cos(a) * r * d, y - r * 0.08 + Math.sin(a) * r * d * 0.42],
      [r * 0.11, r * 0.07],
      [rgb('#8a5638'), rgb('#4c2a1c'), rgb('#2a1510')],
    )
  }
}

import { fill, glow } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred, vertical } from '../colour.ts'
import { box, ellipse, limb, type Point, ragged } from '../shapes.ts'
import { INK, paintLump, paintShadow, paintStroke, type Studio, says, smooth, WHITE } from '../studio.ts'
import { paintBottle, paintGlass, paintHerbs, paintTomato } from './board.ts'
import { paintNear } from './near.ts'
import { paintFlower } from './plants.ts'

const SPONGE: [Rgb, Rgb, Rgb] = [rgb('#f6d99a'), rgb('#d69f52'), rgb('#7c4a22')]

/** A plate from above at an angle, with a dish on it. */
export function* plate(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  const mid: Point = [canvas.w * random.between(0.46, 0.54), 0.66]
  const r = Math.min(0.46, canvas.w * 0.37)
  const isCake = says(studio, 'cake', 'tart', 'dessert', 'bread', 'banana')
  yield* paintNear(studio, 0.3, rgb(random.pick(['#5f4636', '#7d6148', '#46403f'])))
  paintPlate(studio, mid, r, says(studio, 'dark', 'stoneware') ? rgb('#39414a') : rgb('#efe6d8'))
  yield
  if (isCake) paintCake(studio, mid, r)
  else paintDish(studio, mid, r)
  yield
  for (const [i, dx] of [-1.18, -1.3].entries())
    fill(
      canvas,
      limb([mid[0] + r * dx, 0.5], [mid[0] + r * (dx - 0.1), 0.94], 0.009 + i * 0.004, 0.013),
      flat(rgb('#c9c4be')),
    )
}

function paintPlate(studio: Studio, [x, y]: Point, r: number, glaze: Rgb): void {
  const { canvas, noise } = studio
  paintShadow(studio, x + 0.02, y + r * 0.2, r * 1.05, r * 0.4, 0.6)
  for (const [size, tone] of [
    [1, mix(glaze, INK, 0.3)],
    [0.98, glaze],
    [0.74, mix(glaze, INK, 0.2)],
    [0.72, mix(glaze, WHITE, 0.08)],
  ] as const)
    fill(
      canvas,
      ellipse(x, y, r * size, r * size * 0.5),
      stirred(
        (px, _py, c) => mixInto(c, mix(tone, WHITE, 0.25), mix(tone, INK, 0.3), smooth(x - r, x + r, px)),
        noise,
        0.12,
        20,
      ),
    )
}

function paintDish(studio: Studio, [x, y]: Point, r: number): void {
  const { canvas, noise, random } = studio
  fill(
    canvas,
    ragged(ellipse(x, y + r * 0.02, r * 0.52, r * 0.22), noise, 0.02, 9),
    stirred(flat(rgb('#d9882f')), noise, 0.3, 20),
  )
  for (const dx of [-0.24, 0, 0.24])
    paintLump(
      studio,
      [x + dx * r, y - r * 0.08],
      [r * 0.2, r * 0.13],
      [rgb('#ffd9b0'), rgb('#d98d5a'), rgb('#7c3f2c')],
      { turn: -0.3, grain: 0.3 },
    )
  for (let i = 0; i < 26; i++)
    paintLump(
      studio,
      [x + random.between(-0.4, 0.4) * r, y - random.between(0.02, 0.24) * r],
      [r * 0.09, r * 0.03],
      [rgb('#cfe08a'), rgb('#7fa045'), rgb('#33521f')],
      { turn: random.between(-1, 1), rough: 0 },
    )
  for (let i = 0; i < 6; i++)
    paintTomato(studio, [x + random.between(-0.45, 0.45) * r, y + random.between(-0.06, 0.16) * r], r * 0.055)
}

function paintCake(studio: Studio, [x, y]: Point, r: number): void {
  const { random } = studio
  paintShadow(studio, x, y + r * 0.06, r * 0.5, r * 0.1, 0.6)
  for (const [dx, dy] of [
    [0.12, -0.14],
    [-0.06, -0.06],
  ] as const) {
    paintLump(studio, [x + r * dx, y + r * dy], [r * 0.4, r * 0.2], [SPONGE[1], SPONGE[2], INK], { grain: 0.4 })
    paintLump(studio, [x + r * (dx - 0.03), y + r * (dy - 0.015)], [r * 0.36, r * 0.165], SPONGE, { grain: 0.5 })
  }
  for (let i = 0; i < 7; i++) {
    const at: Point = [x + r * (-0.34 + i * 0.11), y - r * 0.2 + random.between(-0.02, 0.02)]
    paintLump(studio, at, [r * 0.065, r * 0.06], [rgb('#ff9a8a'), rgb('#d23a44'), rgb('#6d1228')], { rough: 0 })
  }
}

/** A table laid for the evening: candles, wine, flowers. */
export function* supper(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  const mid = canvas.w / 2
  const isWedding = says(studio, 'wedding', 'flowers', 'wild')
  const onlyWine = says(studio, 'glass', 'wine') && !says(studio, 'table')
  yield* paintNear(
    studio,
    0.56,
    isWedding ? rgb('#e6dccb') : rgb('#6d4430'),
    isWedding ? rgb('#9aa88c') : rgb('#40303f'),
  )
  if (onlyWine) {
    paintBottle(studio, [mid - 0.3, 0.72], 0.085)
    paintGlass(studio, [mid + 0.12, 0.6], 0.17)
    return
  }
  for (const dx of isWedding ? [-0.5, 0.5] : [-0.1, 0.12])
    paintCandle(studio, [mid + dx, 0.66], random.between(0.2, 0.3))
  yield
  for (const dx of [-0.4, 0.4]) {
    paintPlate(studio, [mid + dx, 0.86], 0.25, rgb('#f2ebe0'))
    paintGlass(studio, [mid + dx * 0.72, 0.58], 0.075)
  }
  yield
  const reach = isWedding ? 0.36 : 0.09
  for (let i = 0; i < (isWedding ? 46 : 12); i++) {
    const at: Point = [mid + random.between(-reach, reach), 0.7 + random.between(-0.07, 0.05)]
    if (i % 3 === 0) paintLump(studio, at, [0.05, 0.018], studio.mood.leaf, { turn: random.between(-1, 1) })
    else
      paintFlower(
        studio,
        at,
        random.between(0.022, 0.042),
        rgb(random.pick(['#fff0e6', '#f4b3b8', '#e98a76', '#c79ad2'])),
        i % 2,
      )
  }
  paintHerbs(studio, [mid, 0.93], 0.12)
}

/** A candle that burns. */
export function paintCandle(studio: Studio, [x, y]: Point, height: number): void {
  const { canvas } = studio
  paintShadow(studio, x, y + 0.01, 0.05, 0.012, 0.5)
  fill(canvas, ellipse(x, y, 0.045, 0.016), flat(rgb('#b58a4a')))
  fill(canvas, box(x - 0.019, y - height, x + 0.019, y, 0.006), vertical(y - height, y, rgb('#fff3d8'), rgb('#d9b98a')))
  glow(canvas, x, y - height - 0.04, 0.42, rgb('#ffb65a'), 0.7)
  paintStroke(
    studio,
    [
      [x, y - height - 0.012],
      [x, y - height - 0.045],
      [x + 0.003, y - height - 0.075],
    ],
    0.014,
    0.002,
    flat(rgb('#fff0b0')),
  )
}

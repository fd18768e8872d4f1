import { fill } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred } from '../colour.ts'
import { box, ellipse, limb, type Point } from '../shapes.ts'
import { INK, paintLump, paintShadow, type Studio, says, smooth, WHITE } from '../studio.ts'
import { CRUST, DEEP, paintBoule, paintCroissant, paintCrumbs } from './bakery.ts'
import { paintWood } from './board.ts'
import { paintFlour, paintHands, paintNear } from './near.ts'

const DOUGH: [Rgb, Rgb, Rgb] = [rgb('#fff6e2'), rgb('#ecd6b0'), rgb('#a98a66')]

/** One loaf on a board, very near. */
export function* loaf(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  const mid = canvas.w * random.between(0.47, 0.53)
  yield* paintNear(studio, 0.5, rgb('#7d5335'))
  paintWood(studio, mid, 0.79, Math.min(0.6, canvas.w * 0.46))
  paintFlour(studio, [mid, 0.8], 0.6)
  yield
  paintBoule(studio, [mid, 0.55], Math.min(0.39, canvas.w * 0.31), random.pick([CRUST, DEEP]))
  yield
  for (let i = 0; i < 5; i++) paintWheat(studio, [mid + 0.3 + i * 0.03, 0.95], random.between(-0.5, 0.1))
  paintCrumbs(studio, 0.6)
}

/** Croissants in rows on a wire rack, seen from above. */
export function* rack(studio: Studio): Generator<void> {
  const { canvas } = studio
  yield* paintNear(studio, 0.16, rgb('#d8c2a0'), rgb('#b98f66'))
  const wire = mix(rgb('#8f8c8a'), INK, 0.25)
  fill(canvas, box(0.06, 0.25, canvas.w - 0.06, 1.1), flat(mix(INK, rgb('#8a6a4a'), 0.4)), {
    opacity: 0.25,
    soft: 0.05,
  })
  for (let x = -0.6; x < canvas.w + 0.6; x += 0.075) {
    const top = canvas.w / 2 + (x - canvas.w / 2) * 0.72
    fill(canvas, limb([top, 0.24], [x, 1.05], 0.003, 0.006), flat(wire))
  }
  for (const y of [0.24, 0.34, 0.47, 0.63, 0.83, 1.02])
    fill(canvas, limb([0, y], [canvas.w, y], 0.003 + y * 0.003), flat(mix(wire, WHITE, 0.2)))
  yield
  for (const [row, y] of [0.32, 0.53, 0.8].entries()) {
    const r = 0.1 + row * 0.03
    const gap = r * 2.75
    const count = Math.ceil(canvas.w / gap) + 1
    for (let i = 0; i < count; i++)
      paintCroissant(studio, [canvas.w / 2 + (i - (count - 1) / 2 + (row % 2) * 0.5 - 0.25) * gap, y], r)
    yield
  }
}

/** Dough on a floured bench, with a bowl, a rolling pin and perhaps the hands that shape it. */
export function* dough(studio: Studio): Generator<void> {
  const { canvas } = studio
  const mid = canvas.w * 0.5
  yield* paintNear(studio, 0.36, rgb('#c9a77c'), rgb('#8d9a94'))
  paintBowl(studio, [mid - 0.4, 0.42], 0.2)
  paintPin(studio, [mid + 0.1, 0.47], [mid + 0.56, 0.41])
  yield
  paintFlour(studio, [mid, 0.75], 0.6)
  paintShadow(studio, mid, 0.82, 0.33, 0.05, 0.6)
  paintLump(studio, [mid, 0.7], [0.31, 0.16], DOUGH, { rough: 0.012, grain: 0.08 })
  paintLump(studio, [mid - 0.04, 0.62], [0.2, 0.09], DOUGH, { rough: 0.01, grain: 0.06, turn: -0.15, opacity: 0.8 })
  yield
  if (says(studio, 'hands', 'hand', 'shaping', 'kneading', 'baker'))
    paintHands(studio, [mid, 0.72], 0.23, rgb('#e9e4da'))
  paintFlour(studio, [mid, 0.86], 0.4)
}

function paintWheat(studio: Studio, [x, y]: Point, lean: number): void {
  const tip: Point = [x + lean * 0.5, y - 0.36]
  const gold: [Rgb, Rgb, Rgb] = [rgb('#f7d98a'), rgb('#d2a044'), rgb('#8a5f24')]
  fill(studio.canvas, limb([x, y], tip, 0.004), flat(gold[1]))
  for (let i = 0; i < 9; i++) {
    const t = 0.62 + i * 0.045
    const side = i % 2 ? 1 : -1
    paintLump(studio, [x + (tip[0] - x) * t + side * 0.014, y + (tip[1] - y) * t], [0.022, 0.009], gold, {
      turn: -1.5 + side * 0.5 + lean,
      rough: 0,
    })
  }
}

/** A bowl of flour. */
export function paintBowl(studio: Studio, [x, y]: Point, r: number, glaze = rgb('#5d8a94')): void {
  const { canvas, noise } = studio
  paintShadow(studio, x + r * 0.1, y + r * 0.85, r * 0.9, r * 0.16, 0.6)
  const side = (px: number, _py: number, c: Rgb) =>
    mixInto(c, mix(glaze, WHITE, 0.4), mix(glaze, INK, 0.55), smooth(x - r, x + r, px))
  const bowl = ellipse(x, y, r, r * 0.86)
  fill(
    canvas,
    { ...bowl, distance: (px, py) => Math.max(bowl.distance(px, py), y - py) },
    stirred(side, noise, 0.2, 30),
  )
  fill(canvas, ellipse(x, y, r, r * 0.26), flat(mix(glaze, WHITE, 0.55)))
  fill(canvas, ellipse(x, y + r * 0.01, r * 0.92, r * 0.22), stirred(flat(rgb('#f6efe0')), noise, 0.25, 30))
}

function paintPin(studio: Studio, a: Point, b: Point): void {
  const { canvas, noise } = studio
  const wood = rgb('#d9a566')
  paintShadow(studio, (a[0] + b[0]) / 2, a[1] + 0.035, 0.26, 0.018, 0.5)
  fill(canvas, limb([a[0] - 0.09, a[1] + 0.012], [b[0] + 0.09, b[1] - 0.012], 0.016), flat(mix(wood, INK, 0.45)))
  fill(canvas, limb(a, b, 0.042), (_px, py, c) =>
    mixInto(c, mix(wood, WHITE, 0.4), mix(wood, INK, 0.5), smooth(b[1] - 0.05, a[1] + 0.05, py)),
  )
  fill(canvas, limb(a, b, 0.04), stirred(flat(wood), noise, 0.5, 8, 60), { opacity: 0.35 })
}

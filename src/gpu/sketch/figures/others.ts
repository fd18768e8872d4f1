import { fill, glow } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb } from '../colour.ts'
import { box, circle, ellipse, limb, type Point, polygon, ragged } from '../shapes.ts'
import { INK, paintLump, paintStroke, type Studio, smooth, WHITE } from '../studio.ts'

export interface Dress {
  cloth: Rgb
  hair: Rgb
  /** 1 is grown up. */
  height: number
  bun?: boolean
}

const SKINS = ['#f0c6a0', '#c98d62', '#8d5a3c'].map(rgb)

/** Someone in a coat, seen whole and from a little way off: `y` is the ground, `s` about half of a grown-up. */
export function paintPerson(studio: Studio, [x, y]: Point, size: number, { cloth, hair, height, bun }: Dress): void {
  const { canvas, random, noise, mood } = studio
  const s = size * height
  const skin = random.pick(SKINS)
  const top = y - s * 1.55
  for (const dx of [-0.13, 0.13])
    fill(canvas, limb([x + s * dx, y - s * 0.5], [x + s * dx, y - s * 0.04], s * 0.085), flat(mix(cloth, INK, 0.65)))
  const coat = polygon(
    [x - s * 0.24, top],
    [x + s * 0.24, top],
    [x + s * 0.46, y - s * 0.36],
    [x - s * 0.46, y - s * 0.36],
  )
  fill(canvas, ragged(coat, noise, s * 0.02, 14), (px, _py, c) =>
    mixInto(c, mix(cloth, mood.light, 0.35), mix(cloth, INK, 0.5), smooth(x - s * 0.4, x + s * 0.45, px)),
  )
  for (const side of [-1, 1]) {
    const hand: Point = [x + side * s * 0.44, y - s * 0.82]
    fill(
      canvas,
      limb([x + side * s * 0.24, top + s * 0.1], hand, s * 0.1, s * 0.075),
      flat(mix(cloth, INK, side > 0 ? 0.4 : 0.12)),
    )
    fill(canvas, circle(hand[0], hand[1] + s * 0.05, s * 0.07), flat(skin))
  }
  fill(
    canvas,
    box(x - s * 0.2, top - s * 0.07, x + s * 0.2, top + s * 0.06, s * 0.06),
    flat(mix(cloth, mood.light, 0.6)),
  )
  paintHead(studio, [x, top - s * 0.29], s, skin, hair, bun)
}

function paintHead(studio: Studio, [x, y]: Point, s: number, skin: Rgb, hair: Rgb, bun = false): void {
  const { canvas } = studio
  const locks: [Rgb, Rgb, Rgb] = [mix(hair, WHITE, 0.3), hair, mix(hair, INK, 0.5)]
  if (bun) paintLump(studio, [x, y - s * 0.34], [s * 0.14, s * 0.12], locks)
  paintLump(studio, [x, y - s * 0.04], [s * 0.3, s * 0.32], locks, { rough: s * 0.02 })
  paintLump(studio, [x, y + s * 0.04], [s * 0.22, s * 0.24], [mix(skin, WHITE, 0.35), skin, mix(skin, INK, 0.4)], {
    rough: 0,
  })
  fill(canvas, ellipse(x, y - s * 0.18, s * 0.25, s * 0.1), flat(hair))
  for (const dx of [-0.085, 0.085]) fill(canvas, circle(x + s * dx, y + s * 0.04, s * 0.026), flat(INK))
  paintStroke(
    studio,
    [
      [x - s * 0.05, y + s * 0.14],
      [x, y + s * 0.16],
      [x + s * 0.05, y + s * 0.14],
    ],
    s * 0.013,
    s * 0.013,
    flat(mix(skin, INK, 0.6)),
  )
}

/** A robot with lamps for eyes. */
export function paintRobot(studio: Studio, [x, y]: Point, s: number): void {
  const { canvas, random } = studio
  const tin = rgb(random.pick(['#8fa9b8', '#c98a5a', '#8fb09f']))
  const metal = (px: number, _py: number, c: Rgb) =>
    mixInto(c, mix(tin, WHITE, 0.4), mix(tin, INK, 0.5), smooth(x - s * 0.5, x + s * 0.55, px))
  for (const side of [-1, 1]) {
    fill(
      canvas,
      limb([x + side * s * 0.22, y - s * 0.5], [x + side * s * 0.22, y - s * 0.1], s * 0.08),
      flat(mix(tin, INK, 0.5)),
    )
    fill(canvas, box(x + side * s * 0.22 - s * 0.16, y - s * 0.13, x + side * s * 0.22 + s * 0.16, y, s * 0.06), metal)
    fill(
      canvas,
      limb([x + side * s * 0.46, y - s * 1.05], [x + side * s * 0.66, y - s * 0.6], s * 0.07),
      flat(mix(tin, INK, 0.35)),
    )
    fill(canvas, circle(x + side * s * 0.66, y - s * 0.56, s * 0.11), metal)
  }
  fill(canvas, box(x - s * 0.44, y - s * 1.2, x + s * 0.44, y - s * 0.42, s * 0.1), metal)
  fill(canvas, box(x - s * 0.24, y - s * 1.02, x + s * 0.24, y - s * 0.72, s * 0.04), flat(mix(tin, INK, 0.6)))
  for (const [dx, hue] of [
    [-0.12, '#ff8a5c'],
    [0.02, '#ffd65c'],
    [0.15, '#7fd6a8'],
  ] as const)
    fill(canvas, circle(x + s * dx, y - s * 0.87, s * 0.045), flat(rgb(hue)))
  fill(canvas, box(x - s * 0.1, y - s * 1.3, x + s * 0.1, y - s * 1.18), flat(mix(tin, INK, 0.5)))
  fill(canvas, box(x - s * 0.36, y - s * 1.85, x + s * 0.36, y - s * 1.28, s * 0.12), metal)
  for (const dx of [-0.16, 0.16]) {
    fill(canvas, circle(x + s * dx, y - s * 1.58, s * 0.11), flat(INK))
    fill(canvas, circle(x + s * dx, y - s * 1.58, s * 0.075), flat(rgb('#ffe9a8')))
    glow(canvas, x + s * dx, y - s * 1.58, s * 0.4, rgb('#ffe9a8'), 0.5)
  }
  fill(canvas, limb([x, y - s * 1.85], [x, y - s * 2.1], s * 0.02), flat(INK))
  fill(canvas, circle(x, y - s * 2.13, s * 0.06), flat(rgb('#ff6a4d')))
}

export function paintFish(studio: Studio, [x, y]: Point, s: number): void {
  const { canvas } = studio
  const scales: [Rgb, Rgb, Rgb] = [rgb('#ffd28a'), rgb('#ee7f45'), rgb('#8f3030')]
  const at: Point = [x, y - s * 0.6]
  fill(
    canvas,
    polygon(
      [at[0] + s * 0.6, at[1]],
      [at[0] + s * 1.2, at[1] - s * 0.42],
      [at[0] + s * 1.05, at[1]],
      [at[0] + s * 1.2, at[1] + s * 0.42],
    ),
    flat(scales[1]),
  )
  fill(
    canvas,
    polygon(
      [at[0] - s * 0.2, at[1] - s * 0.3],
      [at[0] + s * 0.1, at[1] - s * 0.68],
      [at[0] + s * 0.42, at[1] - s * 0.22],
    ),
    flat(scales[2]),
  )
  paintLump(studio, at, [s * 0.82, s * 0.44], scales)
  fill(canvas, circle(at[0] - s * 0.45, at[1] - s * 0.1, s * 0.1), flat(WHITE))
  fill(canvas, circle(at[0] - s * 0.47, at[1] - s * 0.1, s * 0.055), flat(INK))
}

export function paintToad(studio: Studio, [x, y]: Point, s: number): void {
  const { canvas } = studio
  const skin: [Rgb, Rgb, Rgb] = [rgb('#b8c46a'), rgb('#7a8a3e'), rgb('#3b4522')]
  for (const side of [-1, 1]) paintLump(studio, [x + side * s * 0.5, y - s * 0.22], [s * 0.34, s * 0.24], skin)
  paintLump(studio, [x, y - s * 0.42], [s * 0.58, s * 0.44], skin, { grain: 0.4 })
  fill(canvas, ellipse(x, y - s * 0.28, s * 0.34, s * 0.2), flat(rgb('#e9e2b4')), { soft: s * 0.1 })
  for (const side of [-1, 1]) {
    paintLump(studio, [x + side * s * 0.26, y - s * 0.82], [s * 0.16, s * 0.16], skin)
    fill(canvas, ellipse(x + side * s * 0.26, y - s * 0.83, s * 0.09, s * 0.06), flat(INK))
  }
  fill(canvas, limb([x - s * 0.28, y - s * 0.55], [x + s * 0.28, y - s * 0.55], s * 0.015), flat(INK))
}

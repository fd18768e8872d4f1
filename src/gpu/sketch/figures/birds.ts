import { fill } from '../canvas.ts'
import { flat, mix, type Rgb, rgb } from '../colour.ts'
import { circle, ellipse, limb, type Point, polygon } from '../shapes.ts'
import { INK, paintLump, paintStroke, type Studio, WHITE } from '../studio.ts'

type Plumage = [light: Rgb, middle: Rgb, dark: Rgb]

export const PLUMAGES: Record<string, Plumage> = {
  crow: ['#5a6078', '#2c3040', '#12131c'].map(rgb) as Plumage,
  bird: ['#9fd0ee', '#4f8fc4', '#24466e'].map(rgb) as Plumage,
}

/** A bird on its two legs: `y` is the ground, `s` about half of its height. */
export function paintBird(studio: Studio, [x, y]: Point, s: number, colours: Plumage): void {
  const { canvas } = studio
  for (const dx of [-0.1, 0.16])
    fill(canvas, limb([x + s * dx, y - s * 0.5], [x + s * dx, y], s * 0.035), flat(rgb('#7a5a38')))
  fill(
    canvas,
    polygon([x + s * 0.3, y - s * 0.75], [x + s * 1.15, y - s * 0.3], [x + s * 0.85, y - s * 0.7]),
    flat(colours[2]),
  )
  paintLump(studio, [x + s * 0.1, y - s * 0.75], [s * 0.6, s * 0.42], colours, { turn: 0.3 })
  paintLump(studio, [x + s * 0.25, y - s * 0.72], [s * 0.42, s * 0.24], [colours[1], colours[2], INK], { turn: 0.45 })
  paintLump(studio, [x - s * 0.36, y - s * 1.15], [s * 0.31, s * 0.29], colours, { rough: s * 0.01 })
  fill(
    canvas,
    polygon([x - s * 0.6, y - s * 1.22], [x - s * 0.6, y - s * 1.04], [x - s * 0.98, y - s * 1.1]),
    flat(rgb('#e2a13c')),
  )
  fill(canvas, circle(x - s * 0.44, y - s * 1.2, s * 0.06), flat(WHITE))
  fill(canvas, circle(x - s * 0.45, y - s * 1.2, s * 0.035), flat(INK))
}

/** A heron: long legs, a neck like a question mark. */
export function paintHeron(studio: Studio, [x, y]: Point, s: number): void {
  const { canvas } = studio
  const grey: Plumage = [rgb('#d4dce6'), rgb('#93a2b4'), rgb('#4a586c')]
  for (const dx of [0, 0.2])
    fill(canvas, limb([x + s * dx, y - s * 0.9], [x + s * dx * 0.6, y], s * 0.03), flat(rgb('#8a6a40')))
  paintLump(studio, [x + s * 0.2, y - s * 1.05], [s * 0.62, s * 0.28], grey, { turn: 0.28 })
  const neck: Point[] = [
    [x - s * 0.2, y - s * 1.15],
    [x - s * 0.42, y - s * 1.42],
    [x - s * 0.2, y - s * 1.7],
    [x - s * 0.34, y - s * 1.98],
  ]
  paintStroke(studio, neck, s * 0.13, s * 0.08, flat(grey[0]))
  fill(
    canvas,
    polygon([x - s * 0.4, y - s * 2.06], [x - s * 0.4, y - s * 1.93], [x - s * 1, y - s * 1.9]),
    flat(rgb('#e0a848')),
  )
  paintLump(studio, [x - s * 0.34, y - s * 2], [s * 0.16, s * 0.12], grey, { rough: 0 })
  fill(canvas, limb([x - s * 0.34, y - s * 2.08], [x + s * 0.12, y - s * 2], s * 0.045, s * 0.01), flat(INK))
  fill(canvas, circle(x - s * 0.4, y - s * 2.02, s * 0.028), flat(INK))
}

/** An owl, all eyes. */
export function paintOwl(studio: Studio, [x, y]: Point, s: number): void {
  const { canvas } = studio
  const brown: Plumage = [rgb('#d6ae7c'), rgb('#8f6640'), rgb('#46301f')]
  for (const side of [-1, 1])
    fill(
      canvas,
      polygon(
        [x + side * s * 0.1, y - s * 1.5],
        [x + side * s * 0.5, y - s * 1.4],
        [x + side * s * 0.46, y - s * 1.85],
      ),
      flat(brown[2]),
    )
  paintLump(studio, [x, y - s * 0.8], [s * 0.62, s * 0.82], brown)
  fill(canvas, ellipse(x, y - s * 0.58, s * 0.36, s * 0.46), flat(rgb('#f0ddba')), { soft: s * 0.12 })
  for (const side of [-1, 1]) {
    paintLump(studio, [x + side * s * 0.52, y - s * 0.68], [s * 0.17, s * 0.56], [brown[1], brown[2], INK], {
      turn: side * -0.14,
    })
    fill(canvas, circle(x + side * s * 0.24, y - s * 1.2, s * 0.23), flat(rgb('#f4e2bc')))
    fill(canvas, circle(x + side * s * 0.22, y - s * 1.2, s * 0.14), flat(rgb('#f2b134')))
    fill(canvas, circle(x + side * s * 0.21, y - s * 1.2, s * 0.085), flat(INK))
    fill(
      canvas,
      limb([x + side * s * 0.18, y - s * 0.04], [x + side * s * 0.24, y], s * 0.06),
      flat(mix(rgb('#e0a040'), INK, 0.2)),
    )
  }
  fill(
    canvas,
    polygon([x - s * 0.07, y - s * 1.1], [x + s * 0.07, y - s * 1.1], [x, y - s * 0.93]),
    flat(rgb('#d98e2c')),
  )
}

import { fill } from '../canvas.ts'
import { flat, mix, type Rgb, rgb } from '../colour.ts'
import { circle, ellipse, limb, type Point, polygon } from '../shapes.ts'
import { INK, paintLump, paintStroke, type Studio, WHITE } from '../studio.ts'

export interface Coat {
  colours: [light: Rgb, middle: Rgb, dark: Rgb]
  belly: Rgb
  ears: 'pointed' | 'long' | 'round' | 'floppy'
  tail: 'bushy' | 'thin' | 'puff'
  /** How stout it is: 1 is a fox. */
  stout: number
}

const coat = (hexes: string, belly: string, ears: Coat['ears'], tail: Coat['tail'], stout = 1): Coat => ({
  colours: hexes.split(' ').map(rgb) as Coat['colours'],
  belly: rgb(belly),
  ears,
  tail,
  stout,
})

/** Those that sit on four legs. */
export const COATS: Record<string, Coat> = {
  fox: coat('#f4a454 #ce6428 #6e2c1c', '#faecd6', 'pointed', 'bushy'),
  wolf: coat('#b9bcc4 #7d828f #3a3f4d', '#e6e6e6', 'pointed', 'bushy', 1.1),
  cat: coat('#6f6a76 #423e4c #1d1a26', '#e9e4dc', 'pointed', 'thin', 0.9),
  dog: coat('#e6bf86 #b5803f #5f3a1d', '#fbf0dc', 'floppy', 'thin', 1.1),
  bear: coat('#b07a4e #7a4c2c #3a2216', '#c99a6c', 'round', 'puff', 1.5),
  rabbit: coat('#e2d3c2 #b59c86 #6d5748', '#fdf6ea', 'long', 'puff', 0.9),
  mouse: coat('#c9c3c0 #938c8b #4d484c', '#f2e6e2', 'round', 'thin', 0.8),
}

/** An animal that sits and looks at us: `y` is the ground under it, `s` about half of its height. */
export function paintSitting(studio: Studio, [x, y]: Point, s: number, kind: Coat): void {
  const { canvas } = studio
  const { colours, belly, stout } = kind
  const head: Point = [x - s * 0.05, y - s * 1.5]
  paintTail(studio, [x, y], s, kind)
  paintLump(studio, [x, y - s * 0.68], [s * 0.5 * stout, s * 0.72], colours)
  for (const dx of [-0.26, 0.22])
    paintLump(studio, [x + s * dx * stout, y - s * 0.1], [s * 0.2, s * 0.12], colours, { rough: 0 })
  fill(canvas, ellipse(x - s * 0.08, y - s * 0.72, s * 0.24 * stout, s * 0.5), flat(belly), { soft: s * 0.14 })
  paintEars(studio, head, s, kind)
  paintLump(studio, head, [s * 0.46 * stout ** 0.5, s * 0.38], colours, { rough: s * 0.01 })
  paintFace(studio, head, s, belly)
}

function paintTail(studio: Studio, [x, y]: Point, s: number, { colours, belly, tail, stout }: Coat): void {
  if (tail === 'bushy') {
    paintLump(studio, [x + s * 0.78, y - s * 0.24], [s * 0.68, s * 0.25], colours, { turn: -0.35 })
    paintLump(studio, [x + s * 1.26, y - s * 0.43], [s * 0.2, s * 0.14], [belly, belly, colours[0]], { turn: -0.35 })
  } else if (tail === 'puff') {
    paintLump(studio, [x + s * 0.52 * stout, y - s * 0.28], [s * 0.18, s * 0.17], [WHITE, belly, colours[1]])
  } else {
    const curl: Point[] = [
      [x + s * 0.3, y - s * 0.1],
      [x + s * 0.75, y - s * 0.12],
      [x + s * 0.95, y - s * 0.42],
      [x + s * 0.86, y - s * 0.8],
    ]
    paintStroke(studio, curl, s * 0.1, s * 0.05, flat(colours[1]))
  }
}

function paintEars(studio: Studio, [x, y]: Point, s: number, { colours, belly, ears, stout }: Coat): void {
  const { canvas } = studio
  const wide = s * 0.3 * stout ** 0.5
  for (const side of [-1, 1]) {
    const ex = x + side * wide
    if (ears === 'pointed') {
      const ear = (k: number) =>
        polygon(
          [ex - s * 0.19 * k, y - s * 0.14],
          [ex + s * 0.19 * k, y - s * 0.14],
          [ex + side * s * 0.08, y - s * (0.25 + 0.47 * k)],
        )
      fill(canvas, ear(1), flat(colours[1]))
      fill(canvas, ear(0.55), flat(mix(colours[2], INK, 0.3)))
    } else if (ears === 'long') {
      fill(canvas, limb([ex * 0.6 + x * 0.4, y - s * 0.2], [ex, y - s * 1.02], s * 0.11, s * 0.09), flat(colours[1]))
      fill(
        canvas,
        limb([ex * 0.6 + x * 0.4, y - s * 0.3], [ex, y - s * 0.96], s * 0.05),
        flat(mix(belly, [220, 140, 140], 0.5)),
      )
    } else if (ears === 'round') {
      paintLump(studio, [ex * 1.12 - x * 0.12, y - s * 0.3], [s * 0.17, s * 0.17], colours, { rough: 0 })
      fill(canvas, circle(ex * 1.12 - x * 0.12, y - s * 0.29, s * 0.09), flat(mix(belly, colours[1], 0.4)))
    } else {
      fill(canvas, limb([ex, y - s * 0.22], [ex + side * s * 0.2, y + s * 0.16], s * 0.13, s * 0.16), flat(colours[2]))
    }
  }
}

function paintFace({ canvas }: Studio, [x, y]: Point, s: number, belly: Rgb): void {
  fill(canvas, ellipse(x - s * 0.03, y + s * 0.15, s * 0.25, s * 0.18), flat(belly), { soft: s * 0.06 })
  fill(canvas, ellipse(x - s * 0.03, y + s * 0.07, s * 0.075, s * 0.055), flat(INK))
  for (const dx of [-0.2, 0.16]) {
    fill(canvas, ellipse(x + s * dx, y - s * 0.07, s * 0.055, s * 0.07), flat(INK))
    fill(canvas, circle(x + s * (dx - 0.02), y - s * 0.095, s * 0.02), flat(WHITE))
  }
}

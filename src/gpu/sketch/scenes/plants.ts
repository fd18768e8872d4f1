import { fill } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, stirred } from '../colour.ts'
import { ellipse, type Point, polygon, ragged } from '../shapes.ts'
import { paintLump, paintStroke, type Studio, WHITE } from '../studio.ts'

/** A fir: tiers of ragged branches over a trunk, lit on one side. `y` is its foot. */
export function paintFir({ canvas, noise }: Studio, x: number, y: number, height: number, near: Rgb, lit: Rgb): void {
  const half = height * 0.24
  const tiers = 5
  for (let i = 0; i < tiers; i++) {
    const low = y - height * 0.06 - (height * 0.8 * i) / tiers
    const top = low - height * 0.34
    const r = half * (1 - (i / tiers) * 0.8)
    const branch = ragged(
      polygon([x - r, low], [x, top], [x + r, low], [x, low + height * 0.02]),
      noise,
      height * 0.022,
      20 / height,
    )
    fill(canvas, branch, (px, py, c) =>
      mixInto(c, near, lit, Math.max(0, 0.5 - (px - x) / r) * 0.45 + ((low - py) / height) * 0.5),
    )
  }
}

/** A round-crowned tree. */
export function paintTree(
  studio: Studio,
  x: number,
  y: number,
  height: number,
  leaf: readonly [Rgb, Rgb, Rgb],
  bark: Rgb,
): void {
  const { random } = studio
  paintStroke(
    studio,
    [
      [x, y],
      [x + height * 0.02, y - height * 0.5],
    ],
    height * 0.035,
    height * 0.02,
    flat(bark),
  )
  for (let i = 0; i < 9; i++) {
    const angle = random.between(0, 6.28)
    const reach = random.between(0, 0.2) * height
    const r = height * random.between(0.13, 0.2)
    const at: Point = [x + Math.cos(angle) * reach, y - height * 0.68 + Math.sin(angle) * reach]
    paintLump(studio, at, [r, r * 0.85], leaf, { rough: height * 0.03, grain: 0.5 })
  }
}

/** Blades of grass along the lower edge. */
export function paintGrass(studio: Studio, from: number, blades: number, dark: Rgb, light: Rgb): void {
  const { canvas, random } = studio
  for (let i = 0; i < blades; i++) {
    const x = random.between(-0.05, canvas.w + 0.05)
    const y = from + (1.05 - from) * Math.sqrt(i / blades)
    const height = random.between(0.02, 0.07) * (0.5 + (y - from) * 2)
    const lean = random.between(-0.4, 0.4) * height
    paintStroke(
      studio,
      [
        [x, y],
        [x + lean * 0.4, y - height * 0.6],
        [x + lean, y - height],
      ],
      height * 0.035,
      height * 0.008,
      flat(mix(dark, light, random.next())),
      0.8,
    )
  }
}

/** A flower seen a little from above; `kind` chooses daisy, poppy or tulip. */
export function paintFlower(studio: Studio, [x, y]: Point, r: number, colour: Rgb, kind: number): void {
  const { canvas, random } = studio
  const light = mix(colour, WHITE, 0.45)
  const deep = mix(colour, studio.mood.shade, 0.45)
  if (kind === 2) {
    for (const dx of [-0.42, 0.42, 0])
      paintLump(studio, [x + dx * r, y], [r * 0.5, r], [light, colour, deep], { turn: dx * 0.5, grain: 0.2 })
    return
  }
  const petals = kind === 0 ? 11 : 5
  const width = kind === 0 ? 0.17 : 0.52
  const start = random.between(0, 6.28)
  for (let i = 0; i < petals; i++) {
    const angle = start + (i / petals) * Math.PI * 2
    const at: Point = [x + Math.cos(angle) * r * 0.58, y + Math.sin(angle) * r * 0.42]
    paintLump(studio, at, [r * 0.55, r * width * 0.85], [light, colour, deep], {
      turn: Math.atan2(Math.sin(angle) * 0.72, Math.cos(angle)),
      rough: r * 0.03,
      grain: 0.25,
    })
  }
  const heart: Rgb = kind === 0 ? [240, 180, 60] : [50, 35, 45]
  fill(canvas, ellipse(x, y, r * 0.24, r * 0.18), stirred(flat(heart), studio.noise, 0.6, 90))
}

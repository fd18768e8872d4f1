import { fill, glow } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred } from '../colour.ts'
import { box, ellipse, limb, type Point, polygon, ragged } from '../shapes.ts'
import { paintLump, paintShadow, paintStroke, type Studio, smooth, WHITE } from '../studio.ts'
import { paintBoule } from './bakery.ts'
import { paintInterior, paintTable } from './indoors.ts'

const RED: [Rgb, Rgb, Rgb] = [rgb('#ff8a5c'), rgb('#d2382c'), rgb('#6d1520')]
const GREEN: [Rgb, Rgb, Rgb] = [rgb('#c2d472'), rgb('#7f9c3c'), rgb('#33491f')]
const GRAPE: [Rgb, Rgb, Rgb] = [rgb('#a77bb5'), rgb('#5f3470'), rgb('#241332')]
const CHEESE = rgb('#f6cf6a')

/** Bread, cheese, tomatoes, grapes and a glass on a board in window light. */
export function* board(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  const mid = canvas.w / 2
  const s = Math.min(1, canvas.w / 1.3)
  yield* paintInterior(studio, { wall: [rgb('#7f7f74'), rgb('#3f4447')], floor: 0.52 })
  paintTable(studio, 0.52, rgb('#8f5d3c'))
  yield
  paintBottle(studio, [mid + 0.44 * s, 0.6], 0.05 * s)
  paintGlass(studio, [mid + 0.29 * s, 0.62], 0.07 * s)
  yield
  paintWood(studio, mid, 0.8, 0.56 * s)
  yield
  paintBoule(studio, [mid - 0.24 * s, 0.64], 0.21 * s, [rgb('#eeb25e'), rgb('#bd7430'), rgb('#5d2b15')])
  yield
  paintCheese(studio, [mid + 0.1 * s, 0.74], 0.15 * s)
  yield
  paintGrapes(studio, [mid + 0.36 * s, 0.77], 0.024 * s)
  for (const [dx, y, r] of [
    [-0.4, 0.84, 0.055],
    [-0.3, 0.88, 0.062],
    [-0.18, 0.85, 0.052],
  ] as const)
    paintTomato(studio, [mid + dx * s, y], r * s)
  yield
  paintHerbs(studio, [mid + 0.02 * s, 0.88], 0.17 * s)
  for (let i = 0; i < 7; i++)
    paintOlive(studio, [mid + (0.2 + random.between(-0.1, 0.16)) * s, 0.9 + random.between(-0.02, 0.03)], 0.021 * s)
  glow(canvas, canvas.w * 0.2, 0.25, 0.9, rgb('#ffdca0'), 0.28)
}

/** A round wooden board seen from the side. */
export function paintWood(studio: Studio, x: number, y: number, half: number): void {
  const { canvas, noise } = studio
  paintShadow(studio, x + 0.02, y + half * 0.33, half * 1.08, 0.05, 0.75)
  const grain = (px: number, py: number, c: Rgb) =>
    mixInto(
      c,
      rgb('#6b3f24'),
      rgb('#d8a264'),
      0.25 + 0.75 * noise.fbm(px * 4, py * 42 + Math.sin(px * 4) * 1.4, 4) - ((px - x) / half) * 0.22,
    )
  fill(canvas, ellipse(x, y + 0.025, half, half * 0.3), flat(rgb('#4a2a1a')))
  fill(canvas, ellipse(x, y, half, half * 0.3), grain)
  fill(canvas, ellipse(x, y - 0.004, half * 0.94, half * 0.27), grain, { opacity: 0.7 })
}

function paintCheese(studio: Studio, [x, y]: Point, r: number): void {
  const { canvas, noise } = studio
  paintShadow(studio, x, y + r * 0.62, r * 1.2, r * 0.16, 0.65)
  const rind = mix(CHEESE, rgb('#b8792a'), 0.6)
  fill(
    canvas,
    polygon([x - r, y + r * 0.1], [x + r, y - r * 0.12], [x + r, y + r * 0.42], [x - r, y + r * 0.66]),
    (px, py, c) => {
      const hole = noise.fbm(px * 30, py * 30, 1)
      mixInto(c, CHEESE, rind, smooth(0.64, 0.7, hole) * 0.75 + smooth(x - r, x + r, px) * 0.35)
    },
  )
  fill(
    canvas,
    polygon([x - r, y + r * 0.1], [x + r * 0.25, y - r * 0.42], [x + r, y - r * 0.12]),
    flat(mix(CHEESE, WHITE, 0.45)),
  )
  fill(
    canvas,
    polygon([x + r * 0.25, y - r * 0.42], [x + r, y - r * 0.12], [x + r, y - r * 0.02], [x + r * 0.22, y - r * 0.34]),
    flat(rind),
  )
}

/** A ripe tomato. */
export function paintTomato(studio: Studio, [x, y]: Point, r: number): void {
  paintShadow(studio, x, y + r * 0.85, r * 1.05, r * 0.2, 0.6)
  paintLump(studio, [x, y], [r, r * 0.88], RED, { rough: r * 0.03, grain: 0.08 })
  fill(studio.canvas, ellipse(x - r * 0.36, y - r * 0.36, r * 0.2, r * 0.11, -0.6), flat(WHITE), {
    opacity: 0.8,
    soft: r * 0.1,
  })
  for (let i = 0; i < 5; i++) {
    const a = i * 1.26 + 0.4
    paintStroke(
      studio,
      [
        [x + r * 0.1, y - r * 0.7],
        [x + r * 0.1 + Math.cos(a) * r * 0.5, y - r * 0.7 + Math.sin(a) * r * 0.24],
      ],
      r * 0.1,
      r * 0.02,
      flat(GREEN[1]),
    )
  }
}

function paintGrapes(studio: Studio, [x, y]: Point, r: number): void {
  paintShadow(studio, x, y + r * 3, r * 5, r * 1.2, 0.6)
  for (let row = 0; row < 6; row++)
    for (let i = 0; i < 6 - row * 0.6; i++) {
      const at: Point = [x + (i - (5 - row * 0.6) / 2) * r * 1.5 + (row % 2) * r * 0.7, y - r * 2 + row * r * 1.05]
      paintLump(studio, at, [r, r], GRAPE, { rough: r * 0.02, grain: 0.15 })
      fill(studio.canvas, ellipse(at[0] - r * 0.35, at[1] - r * 0.4, r * 0.22, r * 0.16), flat(WHITE), {
        opacity: 0.6,
        soft: r * 0.15,
      })
    }
}

function paintOlive(studio: Studio, [x, y]: Point, r: number): void {
  paintShadow(studio, x, y + r * 0.8, r, r * 0.3, 0.5)
  paintLump(studio, [x, y], [r * 1.15, r * 0.85], GREEN, { turn: studio.random.between(-0.6, 0.6), rough: r * 0.03 })
}

/** Two sprigs. */
export function paintHerbs(studio: Studio, [x, y]: Point, length: number): void {
  for (const lean of [-0.16, 0.05]) {
    paintStroke(
      studio,
      [
        [x - length * 0.6, y],
        [x, y + lean * length],
        [x + length * 0.6, y + lean * length * 2.6],
      ],
      0.004,
      0.002,
      flat(GREEN[2]),
    )
    for (let i = 0; i < 14; i++) {
      const t = i / 13
      const side = i % 2 ? 1 : -1
      paintLump(
        studio,
        [x + (t * 1.2 - 0.6) * length, y + lean * length * t * 2.2 + side * 0.012],
        [0.019, 0.008],
        GREEN,
        { turn: side * 0.8, grain: 0.2 },
      )
    }
  }
}

/** A glass of red wine. */
export function paintGlass({ canvas }: Studio, [x, y]: Point, r: number): void {
  const wine = rgb('#8c1f34')
  fill(canvas, limb([x, y + r * 0.4], [x, y + r * 1.6], r * 0.06), flat(rgb('#e8e2dc')), { opacity: 0.7 })
  fill(canvas, ellipse(x, y + r * 1.65, r * 0.65, r * 0.13), flat(rgb('#e8e2dc')), { opacity: 0.55 })
  fill(
    canvas,
    ragged(ellipse(x, y - r * 0.3, r, r * 1.15), { at: () => 0.5, fbm: () => 0.5 }, 0, 1),
    flat(rgb('#f4efe6')),
    { opacity: 0.3 },
  )
  fill(
    canvas,
    {
      ...ellipse(x, y - r * 0.25, r * 0.9, r),
      distance: (px, py) => Math.max(ellipse(x, y - r * 0.25, r * 0.9, r).distance(px, py), y - r * 0.3 - py),
    },
    stirred(
      (px, _py, c) => mixInto(c, mix(wine, rgb('#e0566a'), 0.35), rgb('#3a0a18'), smooth(x - r, x + r, px)),
      { at: () => 0.5, fbm: () => 0.5 },
      0,
      1,
    ),
    { opacity: 0.94 },
  )
  fill(canvas, limb([x - r * 0.55, y - r * 0.9], [x - r * 0.68, y - r * 0.1], r * 0.06, r * 0.03), flat(WHITE), {
    opacity: 0.75,
    soft: 0.006,
  })
}

/** A bottle of wine. */
export function paintBottle({ canvas }: Studio, [x, y]: Point, r: number): void {
  const glass = (px: number, _py: number, c: Rgb) =>
    mixInto(c, rgb('#6f8a4a'), rgb('#16241a'), smooth(x - r, x + r * 0.8, px))
  fill(canvas, box(x - r, y - r * 4.4, x + r, y + r * 1.2, r * 0.5), glass)
  fill(canvas, box(x - r * 0.34, y - r * 7.4, x + r * 0.34, y - r * 4), glass)
  fill(canvas, box(x - r * 0.4, y - r * 7.5, x + r * 0.4, y - r * 6.6, 0.004), flat(rgb('#8a2432')))
  fill(canvas, box(x - r * 0.98, y - r * 2.8, x + r * 0.98, y - r * 0.4), flat(rgb('#efe2c4')), { opacity: 0.92 })
  fill(canvas, box(x - r * 0.6, y - r * 2.2, x + r * 0.6, y - r * 1.9), flat(rgb('#7a4b3a')))
}

import { fill, glow, wash } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred } from '../colour.ts'
import { circle, limb, type Point } from '../shapes.ts'
import { INK, paintLump, type Studio, WHITE } from '../studio.ts'
import { paintBokeh, paintTable } from './indoors.ts'

const WALLS = ['#6f5a4c', '#4f5f5a', '#59506a', '#7d6a52', '#3f4756']

/** A table top close by, before a wall out of focus: the stage of most still lifes. */
export function* paintNear(
  studio: Studio,
  table: number,
  wood: Rgb,
  wall = rgb(studio.random.pick(WALLS)),
): Generator<void> {
  const { canvas, noise, mood } = studio
  wash(
    canvas,
    stirred(
      (x, y, c) =>
        mixInto(c, mix(wall, mood.light, 0.55), mix(wall, INK, 0.45), Math.min(1, (x / canvas.w) * 0.75 + y * 0.5)),
      noise,
      0.18,
      3,
    ),
  )
  paintBokeh(studio, table)
  yield
  paintTable(studio, table, wood)
  glow(canvas, 0, 0, 1, mood.light, 0.3)
  yield
}

/** A hand at the end of a forearm that comes in from `from`. */
export function paintHand(studio: Studio, from: Point, [x, y]: Point, r: number, skin: Rgb, sleeve: Rgb): void {
  const { canvas } = studio
  const dx = x - from[0]
  const dy = y - from[1]
  const away = Math.hypot(dx, dy)
  const [ux, uy] = [dx / away, dy / away]
  const dark = mix(skin, INK, 0.3)
  const cuff: Point = [from[0] + dx * 0.45, from[1] + dy * 0.45]
  const arm = stirred(flat(skin), studio.noise, 0.15, 30)
  fill(canvas, limb(from, [x, y], r * 0.95, r * 0.55), arm)
  fill(canvas, limb(from, cuff, r * 1.3, r), stirred(flat(sleeve), studio.noise, 0.3, 25))
  paintLump(studio, [x + ux * r * 0.3, y + uy * r * 0.3], [r * 0.85, r * 0.7], [mix(skin, WHITE, 0.3), skin, dark], {
    turn: Math.atan2(uy, ux),
    rough: 0,
  })
  for (let i = 0; i < 4; i++) {
    const turn = Math.atan2(uy, ux) + (i - 1.5) * 0.27
    const knuckle: Point = [x + ux * r * 0.5 - uy * (i - 1.5) * r * 0.36, y + uy * r * 0.5 + ux * (i - 1.5) * r * 0.36]
    const tip: Point = [knuckle[0] + Math.cos(turn) * r * 0.95, knuckle[1] + Math.sin(turn) * r * 0.95 + r * 0.12]
    fill(canvas, limb(knuckle, tip, r * 0.21, r * 0.16), flat(mix(skin, dark, 0.75)))
    fill(
      canvas,
      limb([knuckle[0] - r * 0.03, knuckle[1] - r * 0.04], [tip[0] - r * 0.03, tip[1] - r * 0.04], r * 0.15, r * 0.11),
      flat(mix(skin, WHITE, 0.18)),
    )
  }
  const side = ux > 0 ? 1 : -1
  fill(
    canvas,
    limb([x, y], [x + ux * r * 0.8 + side * uy * r * 0.9, y + uy * r * 0.8 - side * ux * r * 0.9], r * 0.26, r * 0.18),
    flat(mix(skin, WHITE, 0.08)),
  )
}

/** Two hands that meet around a point. */
export function paintHands(studio: Studio, [x, y]: Point, reach: number, sleeve: Rgb): void {
  const { canvas, random } = studio
  const skin = rgb(random.pick(['#e6b48e', '#c48a5f', '#8d5a3c']))
  paintHand(studio, [x - reach - 0.42, 1.04], [x - reach, y], 0.075, skin, sleeve)
  paintHand(studio, [Math.min(canvas.w + 0.1, x + reach + 0.42), 1.04], [x + reach, y - 0.01], 0.075, skin, sleeve)
}

/** Flour thrown on a table. */
export function paintFlour(studio: Studio, [x, y]: Point, r: number): void {
  const { canvas, random } = studio
  for (let i = 0; i < 140; i++) {
    const a = random.between(0, 6.28)
    const d = Math.sqrt(random.next()) * r
    fill(canvas, circle(x + Math.cos(a) * d, y + Math.sin(a) * d * 0.32, random.between(0.002, 0.014)), flat(WHITE), {
      opacity: random.between(0.1, 0.4),
      soft: 0.008,
    })
  }
}

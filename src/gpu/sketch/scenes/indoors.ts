import { fill, glow, wash } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred, vertical } from '../colour.ts'
import { box, ellipse, polygon } from '../shapes.ts'
import { type Studio, smooth, WHITE } from '../studio.ts'

export interface Interior {
  wall: [near: Rgb, far: Rgb]
  /** Where the table or the floor begins. */
  floor: number
  /** Left edge of the window, in parts of the width. */
  windowAt?: number
}

/** A wall, a window with the hour outside, and its light falling into the room. */
export function* paintInterior(studio: Studio, { wall, floor, windowAt = 0.05 }: Interior): Generator<void> {
  const { canvas, noise, mood } = studio
  const plaster = (x: number, y: number, c: Rgb) => {
    const lit = Math.exp(-(((x - canvas.w * (windowAt + 0.12)) / (canvas.w * 0.6)) ** 2)) * (1 - y * 0.5)
    mixInto(c, wall[1], mix(wall[0], mood.light, 0.35), Math.min(1, lit))
  }
  wash(canvas, stirred(plaster, noise, 0.2, 5))
  yield
  paintWindow(studio, canvas.w * windowAt, 0.07, Math.min(0.36, canvas.w * 0.27), floor - 0.17)
  yield
  paintBokeh(studio, floor)
  yield
  paintShaft(studio, canvas.w * windowAt + 0.1, floor)
}

/** A window with glazing bars, the sky of the mood and blurred green in it. */
export function paintWindow(studio: Studio, x: number, y: number, width: number, height: number): void {
  const { canvas, noise, mood } = studio
  const view = vertical(y, y + height, mix(mood.sky[1], WHITE, 0.2), mood.sky[2], mood.light)
  const frame = rgb('#f3e5cf')
  const bar = 0.011
  fill(
    canvas,
    box(x - 0.03, y - 0.03, x + width + 0.03, y + height + 0.03, 0.006),
    vertical(y, y + height, frame, mix(frame, rgb('#8a5a40'), 0.45)),
  )
  fill(canvas, box(x, y, x + width, y + height), (px, py, c) => {
    view(px, py, c)
    const leaf = smooth(0.45, 0.7, noise.fbm(px * 8 + 9, py * 8, 3)) * smooth(y + height * 0.25, y + height, py)
    mixInto(c, c, mood.leaf[1], leaf * 0.75)
  })
  for (const t of [1 / 2])
    fill(
      canvas,
      box(x + width * t - bar / 2, y, x + width * t + bar / 2, y + height),
      flat(mix(frame, mood.shade, 0.35)),
    )
  for (const t of [1 / 3, 2 / 3])
    fill(
      canvas,
      box(x, y + height * t - bar / 2, x + width, y + height * t + bar / 2),
      flat(mix(frame, mood.shade, 0.35)),
    )
  fill(
    canvas,
    box(x - 0.05, y + height + 0.02, x + width + 0.05, y + height + 0.05, 0.006),
    vertical(y + height, y + height + 0.05, mix(frame, WHITE, 0.3), mix(frame, rgb('#6a4030'), 0.5)),
  )
  glow(canvas, x + width / 2, y + height / 2, height * 1.25, mood.light, mood.dark ? 0.15 : 0.45)
}

/** Wooden boards that run towards the viewer, lit from the left. */
export function paintTable({ canvas, noise, mood }: Studio, y: number, wood: Rgb): void {
  const dark = mix(wood, rgb('#2a120c'), 0.62)
  const light = mix(wood, mood.light, 0.5)
  const boards = (px: number, py: number, c: Rgb) => {
    const depth = 0.35 + (py - y) * 1.9
    const across = (px - canvas.w / 2) / depth
    const board = Math.floor(across * 3.2)
    const seam = Math.abs(across * 3.2 - board - 0.5) > 0.478
    const grain = noise.fbm(across * 30 + board * 7, py * 5 + board * 3, 4)
    mixInto(c, dark, light, 0.22 + grain * 0.62 - (px / canvas.w) * 0.26 + noise.at(board * 5.3, 2) * 0.16)
    if (seam) mixInto(c, c, dark, 0.6)
    mixInto(c, c, dark, smooth(0.75, 1.05, py) * 0.5)
  }
  fill(canvas, box(0, y, canvas.w, 1), boards)
  fill(canvas, box(0, y - 0.012, canvas.w, y + 0.014), flat(mix(light, WHITE, 0.25)), { opacity: 0.55, soft: 0.01 })
}

/** Far lamps, out of focus. */
export function paintBokeh({ canvas, random }: Studio, floor: number): void {
  for (let i = 0; i < 16; i++) {
    const x = random.between(canvas.w * 0.4, canvas.w)
    const y = random.between(0.05, floor * 0.8)
    const r = random.between(0.012, 0.045)
    fill(canvas, ellipse(x, y, r, r), flat(rgb('#ffca7a')), {
      opacity: random.between(0.08, 0.3),
      soft: r * 0.4,
      blend: 'light',
    })
  }
}

function paintShaft({ canvas, mood }: Studio, x: number, floor: number): void {
  if (mood.dark) return
  const beam = polygon(
    [x - 0.1, 0.1],
    [x + 0.16, 0.1],
    [x + canvas.w * 0.62, floor + 0.5],
    [x + canvas.w * 0.12, floor + 0.5],
  )
  fill(canvas, beam, (_x, y, c) => mixInto(c, mood.light, [0, 0, 0], Math.min(1, y / 1.1)), {
    opacity: 0.28,
    soft: 0.16,
    blend: 'light',
  })
}

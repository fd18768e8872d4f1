import { colourAt, fill, glow } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb } from '../colour.ts'
import { box, limb } from '../shapes.ts'
import { INK, paintLight, paintSky, paintStroke, type Studio, smooth, WHITE } from '../studio.ts'

const QUAY = 0.8

/** Blocks in layers, nearer and darker, with lit windows; a river takes up their light. */
export function* city(studio: Studio): Generator<void> {
  const { canvas, random, mood } = studio
  paintSky(studio, 0.75, 0.7)
  paintLight(studio, canvas.w * random.between(0.3, 0.7), mood.dark ? 0.18 : random.between(0.4, 0.5), 0.05)
  yield
  for (const [i, depth] of [0.12, 0.4, 0.72, 1].entries()) {
    paintBlocks(studio, i, depth)
    yield
  }
  glow(canvas, canvas.w / 2, QUAY, 0.9, mix(mood.light, rgb('#ff9a5c'), 0.5), 0.3)
  paintRiver(studio)
  yield
  paintQuay(studio)
}

function paintBlocks(studio: Studio, index: number, depth: number): void {
  const { canvas, random, mood } = studio
  const wall = mix(mood.haze, mix(mood.shade, INK, 0.2), depth * 0.92)
  const lit = mix(mix(mood.haze, mood.light, 0.5), wall, 0.35 + depth * 0.4)
  for (let x = random.between(-0.1, 0); x < canvas.w; ) {
    const width = random.between(0.06, 0.14) * (0.8 + depth * 0.45)
    const middle = 1 - Math.abs(x / canvas.w - 0.5) * 0.9
    const top = QUAY - random.between(0.14, 0.42) * (1.25 - index * 0.2) * middle
    paintBlock(studio, x, top, width, wall, lit, depth)
    if (random.chance(0.3)) paintRoof(studio, x + width / 2, top, width, wall)
    x += width * random.between(0.92, 1.25)
  }
  const fog = mix(mood.haze, mood.sky[2], 0.4)
  fill(canvas, box(0, QUAY - 0.28, canvas.w, QUAY), (_x, _y, c) => mixInto(c, fog, fog, 0), {
    opacity: 0.3 * (1 - depth),
    soft: 0.25,
  })
}

function paintBlock(
  { canvas, noise, random, mood }: Studio,
  x: number,
  top: number,
  width: number,
  wall: Rgb,
  lit: Rgb,
  depth: number,
) {
  const cell = 0.02 + depth * 0.008
  const phase = random.between(0, 200)
  const glowing = rgb(random.pick(['#ffd27a', '#ffc062', '#ffe3a8', '#ffb45c']))
  const share = mood.dark || mood.name === 'dusk' ? 0.42 : 0.66
  fill(canvas, box(x, top, x + width, QUAY), (px, py, c) => {
    mixInto(c, lit, wall, smooth(0, 0.35, (px - x) / width) * 0.85 + smooth(top, top + 0.3, py) * 0.15)
    mixInto(c, c, wall, 0.35 * noise.at(px * 30, py * 30))
    const u = (px - x) / cell
    const v = (py - top) / (cell * 1.25)
    const inside =
      u % 1 > 0.28 && u % 1 < 0.78 && v % 1 > 0.25 && v % 1 < 0.75 && v > 0.8 && px < x + width - cell * 0.4
    if (!inside || depth < 0.2) return
    const on = noise.at(Math.floor(u) * 7.31 + phase, Math.floor(v) * 5.77 + phase) > share
    mixInto(c, c, on ? glowing : INK, on ? 0.35 + depth * 0.6 : 0.22)
  })
}

function paintRoof(studio: Studio, x: number, top: number, width: number, wall: Rgb): void {
  const { canvas, random } = studio
  fill(canvas, box(x - width * 0.25, top - 0.02, x + width * 0.2, top + 0.01), flat(wall))
  if (random.chance(0.5))
    paintStroke(
      studio,
      [
        [x, top],
        [x, top - random.between(0.06, 0.13)],
      ],
      0.0025,
      0.001,
      flat(wall),
    )
}

function paintRiver({ canvas, noise, mood }: Studio): void {
  const water = mix(mood.shade, mood.sky[0], 0.4)
  fill(canvas, box(0, QUAY, canvas.w, 1), (x, y, c) => {
    const d = (y - QUAY) / (1 - QUAY)
    const ripple = noise.fbm(x * 4, y * 95, 3) - 0.5
    colourAt(canvas, x + ripple * 0.06, QUAY - (y - QUAY) * 2.2 + ripple * 0.08, c)
    mixInto(c, c, water, 0.3 + d * 0.35)
    mixInto(c, c, mix(mood.light, WHITE, 0.2), smooth(0.13, 0.28, ripple) * 0.5)
  })
}

function paintQuay(studio: Studio): void {
  const { canvas, mood } = studio
  fill(canvas, box(0, QUAY - 0.012, canvas.w, QUAY + 0.01), flat(mix(mood.shade, INK, 0.5)))
  for (let x = 0.1; x < canvas.w; x += 0.2) {
    paintStroke(
      studio,
      [
        [x, QUAY],
        [x, QUAY - 0.07],
      ],
      0.003,
      0.002,
      flat(INK),
    )
    glow(canvas, x, QUAY - 0.075, 0.07, rgb('#ffd48a'), 0.75)
    fill(canvas, limb([x, QUAY - 0.075], [x, QUAY - 0.072], 0.006), flat(rgb('#fff0c8')))
  }
}

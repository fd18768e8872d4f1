import { fill, glow } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred } from '../colour.ts'
import { box, ellipse, limb, type Point, polygon, ragged } from '../shapes.ts'
import { INK, paintLump, paintShadow, paintStroke, type Studio, smooth, WHITE } from '../studio.ts'
import { paintInterior } from './indoors.ts'

const FLOOR = 0.72

/** A lived-in room: window light, an armchair, a plant, shelves, a lamp and a rug. */
export function* room(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  const wall = rgb(random.pick(['#c9a184', '#8fa89a', '#b9848a', '#8a93b0']))
  const seat = rgb(random.pick(['#c0593c', '#3f6f66', '#c9963f', '#4a5a8c']))
  yield* paintInterior(studio, { wall: [wall, mix(wall, rgb('#3a2638'), 0.5)], floor: FLOOR, windowAt: 0.1 })
  paintFloor(studio)
  yield
  paintShelves(studio, canvas.w * 0.66)
  yield
  paintRug(studio, canvas.w * 0.52, seat)
  paintLamp(studio, canvas.w * 0.9)
  yield
  paintChair(studio, [canvas.w * 0.62, 0.76], Math.min(0.2, canvas.w * 0.17), seat)
  yield
  paintPlant(studio, canvas.w * 0.12, 0.86)
}

function paintFloor({ canvas, noise, mood }: Studio): void {
  const wood = rgb('#9a6a48')
  fill(canvas, box(0, FLOOR, canvas.w, 1), (x, y, c) => {
    const depth = 0.5 + (y - FLOOR) * 2.4
    const u = ((x - canvas.w / 2) / depth) * 6
    mixInto(
      c,
      mix(wood, INK, 0.45),
      mix(wood, mood.light, 0.35),
      noise.fbm(u * 3, y * 6 + Math.floor(u) * 3, 3) * 0.6 + noise.at(Math.floor(u) * 4.3, 1) * 0.3,
    )
    if (Math.abs(u % 1) < 0.04) mixInto(c, c, INK, 0.45)
    const pool = Math.exp(-(((x - canvas.w * 0.42 - (y - FLOOR) * 0.9) / 0.2) ** 2)) * smooth(FLOOR, FLOOR + 0.08, y)
    mixInto(c, c, mood.light, pool * 0.5)
  })
  fill(canvas, box(0, FLOOR - 0.04, canvas.w, FLOOR), flat(mix(rgb('#efe2d0'), mood.shade, 0.25)))
}

function paintShelves(studio: Studio, x: number): void {
  const { canvas, random } = studio
  const spines = ['#a8433a', '#35608a', '#d9a544', '#4c7a5a', '#7a5080', '#e9dcc4'].map(rgb)
  for (const y of [0.2, 0.34]) {
    for (let px = x - 0.15; px < x + 0.13; ) {
      const width = random.between(0.012, 0.026)
      const height = random.between(0.06, 0.1)
      if (random.chance(0.85))
        fill(canvas, box(px, y - height, px + width * 0.94, y, 0.002), flat(mix(random.pick(spines), INK, 0.15)))
      px += width
    }
    paintLump(studio, [x + 0.16, y - 0.03], [0.026, 0.032], [WHITE, rgb('#c9b8a4'), rgb('#6d564c')])
    fill(canvas, box(x - 0.18, y, x + 0.21, y + 0.014), flat(rgb('#6d432c')))
    fill(canvas, box(x - 0.18, y + 0.014, x + 0.21, y + 0.04), flat(rgb('#8a7a84')), {
      blend: 'shade',
      opacity: 0.5,
      soft: 0.02,
    })
  }
}

function paintRug({ canvas, noise }: Studio, x: number, colour: Rgb): void {
  const cream = rgb('#f0e0c6')
  fill(
    canvas,
    ellipse(x, 0.9, canvas.w * 0.36, 0.085),
    stirred(
      (px, py, c) => {
        const d = Math.hypot((px - x) / (canvas.w * 0.36), (py - 0.9) / 0.085)
        mixInto(c, Math.floor(d * 7) % 2 ? cream : mix(colour, cream, 0.25), INK, 0.08)
      },
      noise,
      0.4,
      50,
    ),
  )
}

function paintChair(studio: Studio, [x, y]: Point, r: number, colour: Rgb): void {
  const { canvas, noise, mood } = studio
  const light = mix(colour, mood.light, 0.4)
  const dark = mix(colour, rgb('#1d1226'), 0.55)
  const plush = (px: number, py: number, c: Rgb) =>
    mixInto(c, light, dark, smooth(x - r, x + r * 1.2, px) * 0.75 + smooth(y - r, y + r, py) * 0.3)
  const cloth = stirred(plush, noise, 0.2, 40)
  paintShadow(studio, x + r * 0.2, y + r * 0.82, r * 1.4, r * 0.16, 0.75)
  for (const dx of [-0.8, 0.8])
    fill(
      canvas,
      limb([x + dx * r, y + r * 0.5], [x + dx * r * 1.06, y + r * 0.85], r * 0.06, r * 0.035),
      flat(rgb('#4a2a1c')),
    )
  fill(canvas, box(x - r * 0.85, y - r * 1.25, x + r * 0.85, y + r * 0.4, r * 0.3), cloth)
  fill(canvas, box(x - r * 0.7, y - r * 1.1, x + r * 0.7, y, r * 0.2), flat(dark), { opacity: 0.2, soft: 0.04 })
  fill(
    canvas,
    box(x - r * 0.82, y - r * 0.02, x + r * 0.82, y + r * 0.34, r * 0.12),
    stirred(flat(mix(light, colour, 0.45)), noise, 0.2, 40),
  )
  for (const side of [-1, 1])
    fill(
      canvas,
      box(x + side * r * 0.92 - r * 0.2, y - r * 0.32, x + side * r * 0.92 + r * 0.2, y + r * 0.6, r * 0.18),
      cloth,
    )
  fill(canvas, box(x - r * 0.7, y + r * 0.32, x + r * 0.7, y + r * 0.6, r * 0.05), flat(dark), { opacity: 0.75 })
  const cushion = box(x - r * 0.5, y - r * 0.62, x + r * 0.12, y + r * 0.02, r * 0.12)
  fill(
    canvas,
    ragged(cushion, noise, r * 0.03, 12),
    stirred(
      (px, py, c) => mixInto(c, rgb('#fff4dd'), rgb('#b08a6c'), smooth(x - r * 0.6, x + r * 0.4, px + (py - y) * 0.6)),
      noise,
      0.2,
      30,
    ),
  )
}

function paintLamp(studio: Studio, x: number): void {
  const { canvas } = studio
  paintStroke(
    studio,
    [
      [x, 0.86],
      [x, 0.34],
    ],
    0.005,
    0.004,
    flat(INK),
  )
  fill(canvas, ellipse(x, 0.865, 0.05, 0.012), flat(INK))
  glow(canvas, x, 0.33, 0.42, rgb('#ffc878'), 0.7)
  fill(canvas, polygon([x - 0.04, 0.25], [x + 0.04, 0.25], [x + 0.075, 0.36], [x - 0.075, 0.36]), (_x, y, c) =>
    mixInto(c, rgb('#ffe9bd'), rgb('#f0ac58'), smooth(0.25, 0.36, y)),
  )
}

function paintPlant(studio: Studio, x: number, y: number): void {
  const { canvas, random, mood } = studio
  for (let i = 0; i < 15; i++) {
    const lean = (i / 14 - 0.5) * 2.4
    const length = random.between(0.16, 0.32)
    const tip: Point = [x + Math.sin(lean) * length, y - 0.09 - Math.cos(lean) * length]
    paintStroke(
      studio,
      [[x, y - 0.08], [(x + tip[0]) / 2, tip[1] * 0.6 + (y - 0.08) * 0.4 - 0.02], tip],
      0.004,
      0.002,
      flat(mood.leaf[2]),
    )
    paintLump(studio, tip, [0.066, 0.03], mood.leaf, { turn: lean - Math.PI / 2, rough: 0.003, grain: 0.2 })
  }
  paintShadow(studio, x, y + 0.06, 0.08, 0.014, 0.6)
  fill(
    canvas,
    polygon([x - 0.065, y - 0.09], [x + 0.065, y - 0.09], [x + 0.048, y + 0.05], [x - 0.048, y + 0.05]),
    (px, _py, c) => mixInto(c, rgb('#f4e6d2'), rgb('#8a5f4c'), smooth(x - 0.07, x + 0.08, px)),
  )
}

import { fill, glow } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred, vertical } from '../colour.ts'
import { box, circle, ellipse, polygon } from '../shapes.ts'
import { INK, paintLump, paintSky, paintStroke, type Studio, says, smooth, WHITE } from '../studio.ts'
import { paintFlower } from './plants.ts'

const STREET = 0.84
const PAINTS = ['#2f6b5e', '#7c2f35', '#2f4a70', '#5b4a78', '#b5652f']

/** A shop front: awning, lit window with goods, a door, plants and lamps. */
export function* shop(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  const paint = rgb(random.pick(PAINTS))
  const left = canvas.w * 0.12
  const right = canvas.w * 0.88
  paintSky(studio, 0.5, 0.6)
  yield
  paintWall(studio)
  yield
  paintFront(studio, left, right, paint)
  yield
  const door = right - Math.min(0.26, (right - left) * 0.3)
  paintDisplay(studio, left + 0.05, door - 0.05)
  yield
  paintDoor(studio, door, right - 0.05, paint)
  yield
  paintAwning(studio, left - 0.02, right + 0.02, paint)
  yield
  paintPavement(studio)
  for (const x of [left - 0.01, door - 0.02, right + 0.01]) paintPot(studio, x, STREET + 0.05)
  yield
  for (const x of [left - 0.035, right + 0.035]) paintLamp(studio, x, 0.3)
}

function paintWall(studio: Studio): void {
  const { canvas, noise, mood } = studio
  const brick = mix(rgb('#b9795c'), mood.shade, mood.dark ? 0.6 : 0.15)
  const mortar = mix(mix(brick, WHITE, 0.35), mood.shade, 0.2)
  fill(canvas, box(0, 0.06, canvas.w, STREET), (x, y, c) => {
    const row = Math.floor(y / 0.026)
    const u = x / 0.07 + (row % 2) * 0.5
    mixInto(c, brick, mix(brick, INK, 0.3), noise.at(Math.floor(u) * 3.7, row * 2.9))
    if (u % 1 < 0.06 || (y / 0.026) % 1 < 0.14) mixInto(c, c, mortar, 0.7)
    mixInto(c, c, mood.light, smooth(canvas.w, 0, x) * 0.2)
  })
  fill(canvas, box(0, 0.04, canvas.w, 0.075), flat(mix(mortar, WHITE, 0.2)))
  for (const t of [0.28, 0.5, 0.72]) {
    fill(canvas, box(canvas.w * t - 0.06, 0.09, canvas.w * t + 0.06, 0.215, 0.004), flat(mix(WHITE, mood.shade, 0.2)))
    fill(
      canvas,
      box(canvas.w * t - 0.05, 0.1, canvas.w * t + 0.05, 0.21),
      vertical(0.1, 0.21, mix(mood.sky[1], WHITE, 0.2), mix(mood.sky[0], INK, 0.3)),
    )
    fill(canvas, box(canvas.w * t - 0.003, 0.1, canvas.w * t + 0.003, 0.21), flat(mix(WHITE, mood.shade, 0.25)))
  }
}

function paintFront(studio: Studio, left: number, right: number, paint: Rgb): void {
  const { canvas, noise } = studio
  fill(canvas, box(left, 0.26, right, STREET), stirred(flat(paint), noise, 0.25, 20, 6))
  for (const y of [0.26, 0.39])
    fill(canvas, box(left - 0.015, y, right + 0.015, y + 0.012), flat(mix(paint, WHITE, 0.35)))
  fill(canvas, box(left + 0.02, 0.283, right - 0.02, 0.38, 0.006), flat(mix(paint, INK, 0.35)))
  const gold = rgb('#f0cd83')
  const mid = (left + right) / 2
  for (let i = -5; i <= 5; i++)
    fill(
      canvas,
      box(mid + i * 0.036 - 0.011, 0.318, mid + i * 0.036 + 0.011, 0.318 + (i % 3 === 0 ? 0.036 : 0.027), 0.008),
      flat(gold),
      { opacity: i === 1 ? 0 : 0.9 },
    )
}

function paintDisplay(studio: Studio, left: number, right: number): void {
  const { canvas, random } = studio
  const low = STREET - 0.1
  const warm = rgb('#ffd998')
  fill(canvas, box(left - 0.012, 0.41, right + 0.012, low + 0.015), flat(rgb('#efe0c4')))
  fill(canvas, box(left, 0.42, right, low), (x, y, c) =>
    mixInto(c, warm, rgb('#a8622f'), smooth(0.4, low + 0.1, y) * 0.75 + Math.abs(x - (left + right) / 2) * 0.3),
  )
  for (const y of [0.57, 0.65, low - 0.002]) {
    fill(canvas, box(left, y, right, y + 0.009), flat(rgb('#7a4526')))
    for (let x = left + 0.03; x < right - 0.02; x += random.between(0.045, 0.07)) paintGoods(studio, x, y)
  }
  for (let i = 0; i < 3; i++) {
    const x = left + ((i + 0.5) / 3) * (right - left)
    paintStroke(
      studio,
      [
        [x, 0.4],
        [x, 0.47],
      ],
      0.0015,
      0.0015,
      flat(INK),
    )
    glow(canvas, x, 0.48, 0.12, rgb('#fff0c0'), 0.75)
    fill(canvas, circle(x, 0.48, 0.012), flat(rgb('#fff8e0')))
  }
  fill(
    canvas,
    polygon([left + 0.05, 0.42], [left + 0.13, 0.42], [left - 0.02 + 0.05, low], [left, low], [left, 0.6]),
    flat(WHITE),
    { opacity: 0.1 },
  )
  for (const t of [1 / 3, 2 / 3])
    fill(
      canvas,
      box(left + (right - left) * t - 0.004, 0.42, left + (right - left) * t + 0.004, low),
      flat(rgb('#efe0c4')),
    )
}

function paintGoods(studio: Studio, x: number, y: number): void {
  const { canvas, random } = studio
  const r = random.between(0.018, 0.03)
  if (says(studio, 'florist', 'flower', 'flowers')) {
    paintFlower(studio, [x, y - r], r, rgb(random.pick(['#e9577a', '#f7a8b8', '#f2b33d', '#b06ac9'])), 1)
  } else if (says(studio, 'book', 'books', 'bookshop')) {
    const spine = rgb(random.pick(['#a8433a', '#35608a', '#d9a544', '#4c7a5a']))
    fill(canvas, box(x - 0.012, y - 0.06, x + 0.012, y, 0.002), flat(spine))
  } else {
    const crust = [rgb('#f3bd68'), rgb('#c47a33'), rgb('#6a3117')] as const
    paintLump(studio, [x, y - r * 0.7], [r * random.between(1, 1.4), r * 0.8], crust)
  }
}

function paintDoor({ canvas }: Studio, left: number, right: number, paint: Rgb): void {
  fill(canvas, box(left, 0.42, right, STREET), flat(mix(paint, INK, 0.3)))
  fill(canvas, box(left + 0.025, 0.445, right - 0.025, 0.7), vertical(0.44, 0.7, rgb('#ffdb98'), rgb('#b8733a')))
  fill(canvas, box(left + 0.03, 0.725, right - 0.03, STREET - 0.02, 0.004), flat(mix(paint, INK, 0.5)))
  const mid = (left + right) / 2
  fill(canvas, box(mid - 0.04, 0.53, mid + 0.04, 0.575, 0.006), flat(rgb('#f6ead2')))
  fill(canvas, box(mid - 0.026, 0.548, mid + 0.026, 0.556), flat(paint))
  fill(canvas, ellipse(left + 0.018, 0.64, 0.007, 0.016), flat(rgb('#f0cd83')))
}

function paintAwning(studio: Studio, left: number, right: number, paint: Rgb): void {
  const { canvas, mood } = studio
  const stripes = Math.round((right - left) / 0.075)
  const cream = rgb('#fbf0da')
  for (let i = 0; i < stripes; i++) {
    const top = (t: number) => left + 0.05 + (t / stripes) * (right - left - 0.1)
    const low = (t: number) => left + (t / stripes) * (right - left)
    const colour = i % 2 ? cream : mix(paint, rgb('#d8553f'), 0.35)
    const cloth = vertical(0.39, 0.53, mix(colour, mood.light, 0.3), colour, mix(colour, INK, 0.25))
    fill(canvas, polygon([top(i), 0.395], [top(i + 1), 0.395], [low(i + 1), 0.5], [low(i), 0.5]), cloth)
    fill(canvas, ellipse((low(i) + low(i + 1)) / 2, 0.5, (low(1) - low(0)) / 2, 0.026), flat(mix(colour, INK, 0.12)))
  }
  fill(canvas, box(left, 0.525, right, 0.58), flat(rgb('#8a7a84')), { blend: 'shade', soft: 0.04, opacity: 0.6 })
}

function paintPavement({ canvas, noise, mood }: Studio): void {
  const stone = mix(rgb('#b8a898'), mood.shade, mood.dark ? 0.55 : 0.2)
  fill(canvas, box(0, STREET, canvas.w, 1), (x, y, c) => {
    const depth = 0.4 + (y - STREET) * 4
    const u = (x - canvas.w / 2) / depth / 0.16
    const v = Math.log(depth) * 4
    mixInto(c, stone, mix(stone, INK, 0.35), noise.at(Math.floor(u) * 3.1, Math.floor(v) * 4.3) * 0.8)
    if (Math.abs(u % 1) < 0.05 || v % 1 < 0.08) mixInto(c, c, INK, 0.35)
    mixInto(c, c, rgb('#ffcf8a'), 0.5 * Math.exp(-(((x - canvas.w * 0.45) / 0.45) ** 2)) * smooth(1, STREET, y))
  })
}

function paintPot(studio: Studio, x: number, y: number): void {
  const { canvas, random, mood } = studio
  for (let i = 0; i < 26; i++)
    paintLump(
      studio,
      [x + random.between(-0.06, 0.06), y - 0.1 + random.between(-0.075, 0.05)],
      [0.026, 0.017],
      mood.leaf,
      { turn: random.between(-1, 1), grain: 0.4 },
    )
  for (let i = 0; i < 8; i++)
    paintFlower(
      studio,
      [x + random.between(-0.06, 0.06), y - 0.12 + random.between(-0.05, 0.05)],
      0.014,
      rgb(random.pick(['#f2789a', '#fff0e0', '#f6b04c'])),
      1,
    )
  fill(
    canvas,
    polygon([x - 0.055, y - 0.06], [x + 0.055, y - 0.06], [x + 0.04, y + 0.04], [x - 0.04, y + 0.04]),
    (px, _py, c) => mixInto(c, rgb('#d98a5c'), rgb('#7a3a28'), smooth(x - 0.05, x + 0.06, px)),
  )
}

function paintLamp({ canvas }: Studio, x: number, y: number): void {
  glow(canvas, x, y + 0.03, 0.16, rgb('#ffd28a'), 0.8)
  fill(
    canvas,
    polygon([x - 0.016, y], [x + 0.016, y], [x + 0.011, y + 0.05], [x - 0.011, y + 0.05]),
    flat(rgb('#fff3cf')),
  )
  fill(canvas, polygon([x - 0.022, y], [x + 0.022, y], [x, y - 0.022]), flat(INK))
}

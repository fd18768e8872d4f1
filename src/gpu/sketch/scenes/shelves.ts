import { fill, glow, wash } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred, vertical } from '../colour.ts'
import { box, limb, type Point } from '../shapes.ts'
import { INK, paintLump, type Studio, says, smooth, WHITE } from '../studio.ts'
import { paintTable } from './indoors.ts'

const SPINES = ['#a8433a', '#35608a', '#d9a544', '#4c7a5a', '#7a5080', '#e9dcc4', '#2f3b4a', '#c77f52'].map(rgb)
const FLOOR = 0.9

/** A wall of shelves: books with a ladder, bottles, or boxes and rolls; or a table of books. */
export function* shelves(studio: Studio): Generator<void> {
  const { canvas, noise, mood, random } = studio
  const wood = rgb(random.pick(['#6d4630', '#8a623f', '#4a3a34']))
  wash(
    canvas,
    stirred(
      (x, y, c) =>
        mixInto(c, mix(wood, mood.light, 0.25), mix(wood, INK, 0.72), smooth(0, canvas.w, x) * 0.7 + y * 0.3),
      noise,
      0.3,
      6,
      30,
    ),
  )
  yield
  const goods = says(studio, 'bottles', 'bottle', 'refill')
    ? paintBottles
    : says(studio, 'barista', 'materials', 'boxes', 'candles', 'products')
      ? paintBoxes
      : paintBooks
  const isTable = says(studio, 'table', 'covers')
  for (let y = 0.2; y < FLOOR; y += 0.175) {
    goods(studio, y)
    fill(canvas, box(0, y, canvas.w, y + 0.022), vertical(y, y + 0.022, mix(wood, WHITE, 0.3), mix(wood, INK, 0.4)))
    fill(canvas, box(0, y + 0.02, canvas.w, y + 0.07), flat(rgb('#5a4a50')), {
      blend: 'shade',
      soft: 0.03,
      opacity: 0.6,
    })
    yield
  }
  for (const t of [0.02, 0.36, 0.68, 0.99])
    fill(canvas, box(canvas.w * t - 0.016, 0, canvas.w * t + 0.016, FLOOR), flat(mix(wood, WHITE, 0.08)))
  paintTable(studio, FLOOR, rgb('#9a6a48'))
  if (says(studio, 'ladder')) paintLadder(studio)
  if (isTable) yield* paintFrontTable(studio)
  glow(canvas, canvas.w * 0.15, 0.15, 1, rgb('#ffd9a0'), 0.4)
}

function paintBooks({ canvas, random }: Studio, y: number): void {
  for (let x = 0.01; x < canvas.w; ) {
    const width = random.between(0.014, 0.034)
    const height = random.between(0.085, 0.135)
    if (random.chance(0.92)) {
      const hue = mix(random.pick(SPINES), INK, random.between(0, 0.35))
      fill(canvas, box(x, y - height, x + width * 0.93, y, 0.002), flat(hue))
      fill(
        canvas,
        box(x + width * 0.2, y - height * 0.8, x + width * 0.72, y - height * 0.72),
        flat(mix(hue, WHITE, 0.6)),
      )
    }
    x += width
  }
}

function paintBottles({ canvas, random }: Studio, y: number): void {
  for (let x = 0.07; x < canvas.w; x += random.between(0.095, 0.12)) {
    const h = random.between(0.075, 0.1)
    fill(canvas, box(x - 0.034, y - h, x + 0.034, y, 0.012), (px, _py, c: Rgb) =>
      mixInto(c, rgb('#f0a850'), rgb('#5a2a12'), smooth(x - 0.03, x + 0.034, px)),
    )
    fill(canvas, box(x - 0.01, y - h - 0.035, x + 0.01, y - h + 0.01), flat(INK))
    fill(canvas, box(x - 0.024, y - h * 0.7, x + 0.024, y - h * 0.25), flat(rgb('#f2e8d5')))
  }
}

function paintBoxes(studio: Studio, y: number): void {
  const { canvas, random } = studio
  for (let x = 0.03; x < canvas.w; ) {
    const width = random.between(0.09, 0.17)
    const height = random.between(0.07, 0.125)
    const hue = mix(random.pick(SPINES), WHITE, 0.25)
    if (random.chance(0.45))
      for (let i = 0; i < 4; i++)
        paintLump(
          studio,
          [x + 0.02 + i * 0.034, y - 0.03 - (i % 2) * 0.01],
          [0.024, 0.034],
          [mix(hue, WHITE, 0.4), hue, mix(hue, INK, 0.5)],
        )
    else {
      fill(
        canvas,
        box(x, y - height, x + width * 0.92, y, 0.004),
        vertical(y - height, y, mix(hue, WHITE, 0.25), mix(hue, INK, 0.25)),
      )
      fill(canvas, box(x + width * 0.3, y - height * 0.6, x + width * 0.6, y - height * 0.35), flat(rgb('#f6efe0')))
    }
    x += width
  }
}

function paintLadder({ canvas, random }: Studio): void {
  const x = canvas.w * random.between(0.42, 0.56)
  const at = (side: number, t: number): Point => [x + side * 0.07 + t * 0.16, t]
  for (let t = 0.12; t < 0.95; t += 0.105) fill(canvas, limb(at(-1, t), at(1, t), 0.009), flat(rgb('#b98450')))
  for (const side of [-1, 1]) fill(canvas, limb(at(side, 0.02), at(side, 0.97), 0.013), flat(rgb('#d9a266')))
}

function* paintFrontTable(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  paintTable(studio, 0.56, rgb('#b98a5c'))
  yield
  for (const [row, y] of [0.66, 0.79, 0.95].entries())
    for (let x = 0.1 + (row % 2) * 0.09; x < canvas.w; x += 0.21 + row * 0.02) {
      const hue = random.pick(SPINES)
      const [w, h] = [0.075 + row * 0.01, 0.05 + row * 0.011]
      for (let i = 3; i >= 0; i--)
        fill(
          canvas,
          box(x - w, y - h + i * 0.009, x + w, y + h + i * 0.009, 0.004),
          flat(i ? rgb(i % 2 ? '#f2e9da' : '#b9a890') : hue),
        )
      fill(canvas, box(x - w * 0.6, y - h * 0.55, x + w * 0.6, y - h * 0.25), flat(mix(hue, WHITE, 0.75)))
      paintLump(
        studio,
        [x + w * 0.1, y + h * 0.3],
        [w * 0.4, h * 0.35],
        [mix(hue, WHITE, 0.6), mix(hue, rgb('#ffc86a'), 0.6), mix(hue, INK, 0.4)],
      )
    }
}

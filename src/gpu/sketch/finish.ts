import type { Sheet } from './brush.ts'
import { createNoise } from './noise.ts'
import type { Random } from './random.ts'
import type { Reference } from './reference.ts'

const BAND = 48 // rows between two yields

/** The toned ground that a picture starts on: clouds of its coming colours under noise. */
export function* ground(sheet: Sheet, reference: Reference, random: Random): Generator<void> {
  const noise = createNoise(random)
  yield* eachRow(sheet, (y, at, pixels) => {
    for (let x = 0; x < sheet.width; x++, at += 3) {
      const drift = (noise.at(x / 90, y / 90) - 0.5) * sheet.height * 0.5
      const sx = clamp(x + drift, sheet.width)
      const sy = clamp(y - drift, sheet.height)
      const colour = reference.colour(sx, sy, 64)
      const grain = (random.next() - 0.5) * 90
      for (let c = 0; c < 3; c++) pixels[at + c] = colour[c]! * 0.7 + 38 + grain
    }
  })
}

/** Works the drawing into the paint: moves each pixel by `amount` of the way to the reference. */
export function* glaze(sheet: Sheet, reference: Reference, amount: number): Generator<void> {
  yield* eachRow(sheet, (y, at, pixels) => {
    for (let x = 0; x < sheet.width; x++, at += 3) {
      const colour = reference.colour(x, y, 1)
      for (let c = 0; c < 3; c++) pixels[at + c] = pixels[at + c]! + (colour[c]! - pixels[at + c]!) * amount
    }
  })
}

/** The last touch: paper grain, a darker rim and a little more contrast. */
export function* varnish(sheet: Sheet, random: Random): Generator<void> {
  const { width, height } = sheet
  const noise = createNoise(random)
  yield* eachRow(sheet, (y, at, pixels) => {
    const v = (y / height - 0.5) * 2
    for (let x = 0; x < width; x++, at += 3) {
      const u = (x / width - 0.5) * 2
      const rim = 1 - 0.16 * Math.max(0, u * u * 0.7 + v * v * 0.7 - 0.35)
      const paper = (noise.at(x * 0.55, y * 0.55) - 0.5) * 7 + (random.next() - 0.5) * 4
      for (let c = 0; c < 3; c++) {
        const value = pixels[at + c]! / 255
        const curved = value + (value * value * (3 - 2 * value) - value) * 0.22
        pixels[at + c] = (curved * 255 + paper) * rim
      }
    }
  })
}

function* eachRow(
  { width, height, pixels }: Sheet,
  paint: (y: number, at: number, pixels: Uint8ClampedArray) => void,
): Generator<void> {
  for (let y = 0; y < height; y++) {
    paint(y, y * width * 3, pixels)
    if (y % BAND === BAND - 1) yield
  }
}

function clamp(value: number, size: number): number {
  return Math.min(size - 1, Math.max(0, Math.floor(value)))
}

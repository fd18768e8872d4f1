import type { Random } from './random.ts'
import type { Reference } from './reference.ts'

const BRISTLES = 24 // streaks across one brush
const CHUNK = 1500 // strokes between two yields: a few ms

/** What the strokes are laid on: RGB bytes, row by row. */
export interface Sheet {
  width: number
  height: number
  pixels: Uint8ClampedArray
}

export interface Brush {
  /** Half the width of a stroke, pixels. */
  radius: number
  /** A stroke is left out where the sheet is already this near to the reference, 0..255. */
  tolerance: number
  opacity: number
  /** How far a stroke's colour may stray, 0..255. */
  stray: number
}

interface Stroke {
  x: number
  y: number
  dx: number
  dy: number
  half: number
  colour: [number, number, number]
}

/**
 * Covers the sheet with one layer of strokes along the forms of the reference, after A. Hertzmann, "Painterly
 * rendering with curved brush strokes of multiple sizes" (1998), with straight strokes. Yields often.
 */
export function* brushLayer(sheet: Sheet, reference: Reference, brush: Brush, random: Random): Generator<void> {
  const spacing = Math.max(2, brush.radius * 1.35)
  const columns = Math.ceil(sheet.width / spacing)
  const count = columns * Math.ceil(sheet.height / spacing)
  const stride = coprime(count)
  const bristles = Float32Array.from({ length: BRISTLES }, () => random.between(0.55, 1))
  for (let i = 0; i < count; i++) {
    const cell = (i * stride) % count
    const x = ((cell % columns) + random.next()) * spacing
    const y = (Math.floor(cell / columns) + random.next()) * spacing
    const stroke = planStroke(sheet, reference, brush, random, x, y)
    if (stroke) layStroke(sheet, stroke, brush, bristles)
    if (i % CHUNK === CHUNK - 1) yield
  }
}

function planStroke(sheet: Sheet, reference: Reference, brush: Brush, random: Random, px: number, py: number) {
  const x = Math.min(sheet.width - 1, Math.floor(px))
  const y = Math.min(sheet.height - 1, Math.floor(py))
  const colour = reference.colour(x, y, brush.radius)
  const shift = (random.next() - 0.5) * 2 * brush.stray
  const tint = (random.next() - 0.5) * brush.stray
  const angle = reference.angle(x, y) + (random.next() - 0.5) * 0.5
  const length = brush.radius * random.between(1.2, 3.4)
  if (difference(sheet, x, y, colour) < brush.tolerance) return null
  colour[0] += shift + tint
  colour[1] += shift
  colour[2] += shift - tint
  return { x, y, dx: Math.cos(angle), dy: Math.sin(angle), half: length, colour } satisfies Stroke
}

function difference({ width, pixels }: Sheet, x: number, y: number, colour: number[]): number {
  const at = (y * width + x) * 3
  return (
    (Math.abs(pixels[at]! - colour[0]!) +
      Math.abs(pixels[at + 1]! - colour[1]!) +
      Math.abs(pixels[at + 2]! - colour[2]!)) /
    3
  )
}

function layStroke({ width, height, pixels }: Sheet, stroke: Stroke, brush: Brush, bristles: Float32Array): void {
  const { x, y, dx, dy, half, colour } = stroke
  const [red, green, blue] = colour
  const r = brush.radius
  const reachX = Math.abs(dx) * half + r + 1
  const reachY = Math.abs(dy) * half + r + 1
  const x0 = Math.max(0, Math.floor(x - reachX))
  const x1 = Math.min(width, Math.ceil(x + reachX))
  const y0 = Math.max(0, Math.floor(y - reachY))
  const y1 = Math.min(height, Math.ceil(y + reachY))
  const soft = Math.max(1, r * 0.3)
  for (let py = y0; py < y1; py++) {
    const oy = py - y
    for (let px = x0; px < x1; px++) {
      const ox = px - x
      const across = oy * dx - ox * dy
      const reach = Math.max(0, Math.abs(ox * dx + oy * dy) - half)
      const inside = r - Math.sqrt(across * across + reach * reach)
      if (inside <= 0) continue
      const streak = bristles[((across / r + 1) * 0.5 * (BRISTLES - 1)) | 0]!
      const cover = (inside < soft ? inside / soft : 1) * streak * brush.opacity
      const at = (py * width + px) * 3
      pixels[at] = pixels[at]! + (red - pixels[at]!) * cover
      pixels[at + 1] = pixels[at + 1]! + (green - pixels[at + 1]!) * cover
      pixels[at + 2] = pixels[at + 2]! + (blue - pixels[at + 2]!) * cover
    }
  }
}

function coprime(count: number): number {
  let stride = Math.max(1, Math.floor(count * 0.618))
  while (gcd(stride, count) !== 1) stride++
  return stride
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b)
}

import type { Noise } from './noise.ts'

/** Red, green, blue, 0..255, not rounded. */
export type Rgb = [number, number, number]

/** Writes the colour of a point into `out`: a painter is asked for a million points, so it must not allocate. */
export type Paint = (x: number, y: number, out: Rgb) => void

/** `rgb('#c96f2e')` */
export function rgb(hex: string): Rgb {
  const n = Number.parseInt(hex.slice(1), 16)
  return [n >> 16, (n >> 8) & 255, n & 255]
}

export function mix(a: Rgb, b: Rgb, t: number): Rgb {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}

export function mixInto(out: Rgb, a: Rgb, b: Rgb, t: number): void {
  out[0] = a[0] + (b[0] - a[0]) * t
  out[1] = a[1] + (b[1] - a[1]) * t
  out[2] = a[2] + (b[2] - a[2]) * t
}

export function flat(colour: Rgb): Paint {
  return (_x, _y, out) => mixInto(out, colour, colour, 0)
}

/** A gradient from the first stop at `y0` to the last at `y1`, evenly spaced. */
export function vertical(y0: number, y1: number, ...stops: Rgb[]): Paint {
  return (_x, y, out) => ramp(out, stops, (y - y0) / (y1 - y0))
}

/** Another paint with its lightness stirred by noise: `amount` 0.2 is paper, 0.6 is stone. `sx`, `sy` are cells a unit. */
export function stirred(paint: Paint, noise: Noise, amount: number, sx: number, sy = sx): Paint {
  return (x, y, out) => {
    paint(x, y, out)
    const k = 1 + amount * (noise.fbm(x * sx, y * sy, 3) - 0.5)
    out[0] *= k
    out[1] *= k
    out[2] *= k
  }
}

function ramp(out: Rgb, stops: Rgb[], t: number): void {
  const last = stops.length - 1
  const place = Math.min(Math.max(t, 0), 1) * last
  const i = Math.min(Math.floor(place), last - 1)
  const f = place - i
  mixInto(out, stops[i]!, stops[i + 1]!, f * f * (3 - 2 * f) * 0.5 + f * 0.5)
}

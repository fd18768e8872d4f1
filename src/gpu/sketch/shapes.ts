import type { Shape } from './canvas.ts'
import type { Noise } from './noise.ts'

export type Point = readonly [number, number]

export function circle(x: number, y: number, r: number): Shape {
  return { box: [x - r, y - r, x + r, y + r], distance: (px, py) => Math.hypot(px - x, py - y) - r }
}

/** `turn` is in radians, clockwise. The distance is approximate, which is enough for an edge. */
export function ellipse(x: number, y: number, rx: number, ry: number, turn = 0): Shape {
  const r = Math.max(rx, ry)
  const cos = Math.cos(turn)
  const sin = Math.sin(turn)
  const least = Math.min(rx, ry)
  return {
    box: [x - r, y - r, x + r, y + r],
    distance: (px, py) => {
      const u = ((px - x) * cos + (py - y) * sin) / rx
      const v = (-(px - x) * sin + (py - y) * cos) / ry
      return (Math.sqrt(u * u + v * v) - 1) * least
    },
  }
}

/** A box by two corners, with rounded corners of `r`. */
export function box(x0: number, y0: number, x1: number, y1: number, r = 0): Shape {
  const cx = (x0 + x1) / 2
  const cy = (y0 + y1) / 2
  const hx = (x1 - x0) / 2 - r
  const hy = (y1 - y0) / 2 - r
  return {
    box: [x0, y0, x1, y1],
    distance: (px, py) => {
      const dx = Math.abs(px - cx) - hx
      const dy = Math.abs(py - cy) - hy
      if (dx <= 0 || dy <= 0) return Math.max(dx, dy) - r
      return Math.sqrt(dx * dx + dy * dy) - r
    },
  }
}

/** A stroke from a to b, thick `ra` at a and `rb` at b (radii). */
export function limb(a: Point, b: Point, ra: number, rb = ra): Shape {
  const [ax, ay] = a
  const bx = b[0] - ax
  const by = b[1] - ay
  const length = bx * bx + by * by || 1e-9
  const r = Math.max(ra, rb)
  return {
    box: [Math.min(ax, b[0]) - r, Math.min(ay, b[1]) - r, Math.max(ax, b[0]) + r, Math.max(ay, b[1]) + r],
    distance: (px, py) => {
      const t = Math.min(1, Math.max(0, ((px - ax) * bx + (py - ay) * by) / length))
      const dx = px - ax - bx * t
      const dy = py - ay - by * t
      return Math.sqrt(dx * dx + dy * dy) - (ra + (rb - ra) * t)
    },
  }
}

export function polygon(...points: Point[]): Shape {
  const xs = points.map((p) => p[0])
  const ys = points.map((p) => p[1])
  return {
    box: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
    distance: (px, py) => polygonDistance(points, px, py),
  }
}

/** All that lies below a line of hills: `line(x)` gives its height. */
export function below(w: number, line: (x: number) => number, top = 0): Shape {
  return { box: [0, top, w, 1], distance: (px, py) => (line(px) - py) * 0.8 }
}

/** A shape whose edge wanders by `amount`. */
export function ragged(shape: Shape, noise: Noise, amount: number, scale: number): Shape {
  const [x0, y0, x1, y1] = shape.box
  return {
    box: [x0 - amount, y0 - amount, x1 + amount, y1 + amount],
    distance: (x, y) => shape.distance(x, y) + (noise.fbm(x * scale, y * scale, 3) - 0.5) * 2 * amount,
  }
}

/** What is in both. */
export function within(a: Shape, b: Shape): Shape {
  return {
    box: [
      Math.max(a.box[0], b.box[0]),
      Math.max(a.box[1], b.box[1]),
      Math.min(a.box[2], b.box[2]),
      Math.min(a.box[3], b.box[3]),
    ],
    distance: (x, y) => Math.max(a.distance(x, y), b.distance(x, y)),
  }
}

function polygonDistance(points: Point[], px: number, py: number): number {
  let nearest = Number.POSITIVE_INFINITY
  let inside = false
  for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
    const [ax, ay] = points[i]!
    const ex = points[j]![0] - ax
    const ey = points[j]![1] - ay
    const wx = px - ax
    const wy = py - ay
    const t = Math.min(1, Math.max(0, (wx * ex + wy * ey) / (ex * ex + ey * ey || 1e-9)))
    const dx = wx - ex * t
    const dy = wy - ey * t
    nearest = Math.min(nearest, dx * dx + dy * dy)
    if (ay > py !== points[j]![1] > py && px < (ex * (py - ay)) / ey + ax) inside = !inside
  }
  return inside ? -Math.sqrt(nearest) : Math.sqrt(nearest)
}

import type { Random } from './random.ts'

const SIDE = 256 // of the lattice, in cells: a power of two, so that wrapping is a mask
const MASK = SIDE - 1

export interface Noise {
  /** Smooth value noise in [0, 1], one cell per unit. */
  at(x: number, y: number): number
  /** Several octaves of it, in [0, 1]. */
  fbm(x: number, y: number, octaves: number): number
}

export function createNoise(random: Random): Noise {
  const lattice = new Float32Array(SIDE * SIDE)
  for (let i = 0; i < lattice.length; i++) lattice[i] = random.next()
  const at = (x: number, y: number) => sample(lattice, x, y)
  return { at, fbm: (x, y, octaves) => fbm(at, x, y, octaves) }
}

function sample(lattice: Float32Array, x: number, y: number): number {
  const xi = Math.floor(x)
  const yi = Math.floor(y)
  const fx = x - xi
  const fy = y - yi
  const u = fx * fx * (3 - 2 * fx)
  const v = fy * fy * (3 - 2 * fy)
  const x0 = xi & MASK
  const x1 = (xi + 1) & MASK
  const y0 = (yi & MASK) * SIDE
  const y1 = ((yi + 1) & MASK) * SIDE
  const top = lattice[y0 + x0]! + (lattice[y0 + x1]! - lattice[y0 + x0]!) * u
  const low = lattice[y1 + x0]! + (lattice[y1 + x1]! - lattice[y1 + x0]!) * u
  return top + (low - top) * v
}

function fbm(at: Noise['at'], x: number, y: number, octaves: number): number {
  let sum = 0
  let amplitude = 0.5
  let total = 0
  for (let i = 0; i < octaves; i++) {
    sum += amplitude * at(x, y)
    total += amplitude
    amplitude *= 0.5
    x = x * 2.03 + 17.1
    y = y * 2.03 + 5.7
  }
  return sum / total
}

import { fill } from '../canvas.ts'
import { flat, mix, mixInto, stirred } from '../colour.ts'
import { type Point, polygon, ragged } from '../shapes.ts'
import { hillLine, INK, paintHill, paintLight, paintSky, paintStroke, type Studio, smooth } from '../studio.ts'
import { paintGrass, paintTree } from './plants.ts'

/** Rolling fields under a low sun, a road through them, trees and birds: what is painted for words that say nothing. */
export function* landscape(studio: Studio): Generator<void> {
  const { canvas, random, mood } = studio
  const sunX = canvas.w * random.between(0.25, 0.75)
  paintSky(studio, 0.6, 0.8)
  paintLight(studio, sunX, random.between(0.3, 0.4), 0.05)
  yield
  const hills = [0.5, 0.56, 0.63, 0.71, 0.8]
  for (const [i, y] of hills.entries()) {
    const depth = i / (hills.length - 1)
    const line = hillLine(studio, y, 0.05 + random.between(0, 0.035), 0.9 + random.between(0, 0.7), 0.15)
    const near = mix(
      mix(mood.haze, mood.light, 0.35),
      mix(mood.leaf[0], mood.leaf[1], random.next() * 0.7),
      0.25 + depth * 0.75,
    )
    paintHill(studio, line, near, mix(mood.haze, mood.leaf[2], 0.2 + depth * 0.7), 0.14 + depth * 0.1)
    paintHedge(studio, line, depth)
    yield
  }
  paintRoad(studio, sunX)
  yield
  const side = sunX > canvas.w / 2 ? 0.18 : 0.82
  paintTree(studio, canvas.w * side, 0.93, random.between(0.5, 0.66), mood.leaf, mix(mood.shade, INK, 0.4))
  yield
  paintBirds(studio, sunX)
  paintGrass(studio, 0.86, 420, mood.leaf[2], mood.leaf[0])
}

function paintHedge(studio: Studio, line: (x: number) => number, depth: number): void {
  const { canvas, random, mood } = studio
  const leaf = mood.leaf.map((c) => mix(mood.haze, c, 0.35 + depth * 0.6)) as typeof mood.leaf
  const bark = mix(mood.haze, mood.shade, 0.4 + depth * 0.5)
  for (let x = random.between(0, 0.1); x < canvas.w; x += random.between(0.05, 0.3)) {
    if (random.chance(0.35)) continue
    paintTree(studio, x, line(x) + 0.015, random.between(0.04, 0.08) * (0.7 + depth), leaf, bark)
  }
}

function paintRoad({ canvas, noise, mood }: Studio, x: number): void {
  const road = polygon(
    [x - 0.006, 0.62],
    [x + 0.008, 0.62],
    [x + 0.07, 0.7],
    [x + 0.03, 0.77],
    [x + 0.16, 0.87],
    [x + 0.06, 1.02],
    [x - 0.28, 1.02],
    [x - 0.06, 0.87],
    [x - 0.06, 0.77],
    [x + 0.03, 0.7],
  )
  const near = mix(mood.light, mood.haze, 0.35)
  fill(
    canvas,
    ragged(road, noise, 0.008, 14),
    stirred((_x, y, c) => mixInto(c, near, mix(near, mood.shade, 0.5), smooth(0.65, 1, y)), noise, 0.25, 20, 50),
    { opacity: 0.85, soft: 0.008 },
  )
}

function paintBirds(studio: Studio, sunX: number): void {
  const { random, mood } = studio
  for (let i = 0; i < 7; i++) {
    const x = sunX + random.between(-0.3, 0.3)
    const y = random.between(0.12, 0.3)
    const s = random.between(0.008, 0.018)
    const wings: Point[] = [
      [x - s, y - s * 0.5],
      [x - s * 0.4, y - s * 0.55],
      [x, y],
      [x + s * 0.4, y - s * 0.6],
      [x + s, y - s * 0.45],
    ]
    paintStroke(studio, wings, 0.0022, 0.0022, flat(mood.shade), 0.8)
  }
}

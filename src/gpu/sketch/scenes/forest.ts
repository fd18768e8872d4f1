import { fill, glow } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, stirred } from '../colour.ts'
import { limb, polygon, ragged } from '../shapes.ts'
import { hillLine, INK, paintHill, paintLump, paintSky, type Studio, smooth } from '../studio.ts'
import { paintFir, paintGrass } from './plants.ts'

/** Rows of trees into the mist, a path towards the light, trunks in front. */
export function* forest(studio: Studio): Generator<void> {
  const { canvas, random, mood } = studio
  const lightX = canvas.w * random.between(0.4, 0.62)
  paintSky(studio, 0.75, 0.3)
  glow(canvas, lightX, 0.38, 0.85, mood.light, 0.85)
  yield
  for (const [i, depth] of [0.1, 0.32, 0.55, 0.8].entries()) {
    paintRow(studio, i, depth, lightX)
    yield
  }
  paintFloor(studio, lightX)
  yield
  paintRays(studio, lightX)
  yield
  paintTrunks(studio)
  yield
  paintGrass(studio, 0.82, 420, mood.leaf[2], mood.leaf[0])
}

function paintRow(studio: Studio, index: number, depth: number, lightX: number): void {
  const { canvas, random, mood } = studio
  const foot = 0.58 + index * 0.055
  const dark = mix(mood.haze, mood.leaf[2], depth)
  const lit = mix(mix(mood.haze, mood.light, 0.5), mood.leaf[0], depth * 0.8)
  paintHill(studio, hillLine(studio, foot, 0.02, 2), mix(dark, lit, 0.3), dark)
  const gap = 0.05 + index * 0.07
  for (let x = -0.05; x < canvas.w + 0.1; x += random.between(0.04, 0.085) * (1 + index * 0.5)) {
    if (Math.abs(x - lightX) < gap) continue
    paintFir(studio, x, foot + 0.02, random.between(0.2, 0.36) * (1 + index * 0.28), dark, lit)
  }
  glow(canvas, lightX, foot - 0.05, 0.5, mix(mood.haze, mood.light, 0.5), 0.3)
}

function paintFloor(studio: Studio, lightX: number): void {
  const { canvas, noise, mood } = studio
  paintHill(studio, hillLine(studio, 0.75, 0.02, 1.5), mix(mood.leaf[1], mood.light, 0.15), mood.leaf[2], 0.22)
  const path = polygon(
    [lightX - 0.025, 0.73],
    [lightX + 0.03, 0.73],
    [lightX + 0.06, 0.8],
    [lightX + 0.02, 0.86],
    [lightX + 0.24, 1.02],
    [lightX - 0.3, 1.02],
    [lightX - 0.14, 0.87],
    [lightX - 0.02, 0.8],
  )
  const earth = mix([176, 138, 100], mood.light, 0.3)
  fill(
    canvas,
    ragged(path, noise, 0.02, 12),
    stirred((_x, y, c) => mixInto(c, earth, mood.shade, smooth(0.75, 1.1, y) * 0.7), noise, 0.4, 20, 60),
    { soft: 0.02 },
  )
}

function paintRays({ canvas, random, mood }: Studio, lightX: number): void {
  for (let i = 0; i < 8; i++) {
    const angle = random.between(-0.9, 0.9)
    const end: [number, number] = [lightX + Math.sin(angle) * 0.9, 0.25 + Math.cos(angle) * 0.7]
    fill(
      canvas,
      limb([lightX, 0.15], end, 0.01, random.between(0.02, 0.07)),
      (_x, y, c) => mixInto(c, mood.light, [0, 0, 0], smooth(0.2, 0.85, y)),
      { opacity: mood.dark ? 0.1 : 0.26, soft: 0.05, blend: 'light' },
    )
  }
}

function paintTrunks(studio: Studio): void {
  const { canvas, noise, random, mood } = studio
  const bark = mix(mood.leaf[2], INK, 0.45)
  for (const side of [0.03, 0.14, 0.86, 0.965]) {
    const x = canvas.w * side + random.between(-0.02, 0.02)
    const r = random.between(0.022, 0.05)
    const edge = side < 0.5 ? 1 : -1
    const skin = (px: number, py: number, c: Rgb) => {
      mixInto(c, bark, mix(mood.light, bark, 0.45), smooth(0.2, 1, ((px - x) / r) * edge) * 0.75 * (1 - py * 0.6))
      mixInto(c, c, INK, noise.fbm(px * 60, py * 9, 3) * 0.45)
    }
    fill(
      canvas,
      ragged(limb([x + random.between(-0.02, 0.02), -0.1], [x, 1], r * 0.8, r * 1.25), noise, 0.006, 12),
      skin,
    )
    for (let i = 0; i < 3; i++) {
      const y = random.between(0.05, 0.35)
      fill(canvas, limb([x, y + 0.06], [x + edge * random.between(0.08, 0.2), y - 0.03], r * 0.25, 0.002), flat(bark))
    }
    for (let i = 0; i < 10; i++) {
      const r2 = random.between(0.025, 0.06)
      paintLump(
        studio,
        [x + random.between(-0.16, 0.16), random.between(-0.02, 0.16)],
        [r2 * 1.3, r2 * 0.8],
        [mood.leaf[1], mix(mood.leaf[1], mood.leaf[2], 0.6), bark],
        { rough: 0.02, grain: 0.6 },
      )
    }
  }
}

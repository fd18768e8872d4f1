import { fill, glow } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred, vertical } from '../colour.ts'
import { box, ellipse, limb, type Point, polygon, ragged } from '../shapes.ts'
import { INK, paintLight, paintSky, paintStroke, type Studio, says, smooth, WHITE } from '../studio.ts'

/** A horizon, water under the light, a headland; a lighthouse or a boat on it. */
export function* sea(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  const horizon = random.between(0.5, 0.58)
  const left = random.chance(0.5)
  const sunX = canvas.w * (left ? random.between(0.6, 0.75) : random.between(0.25, 0.4))
  const sunY = horizon - random.between(0.1, 0.2)
  paintSky(studio, horizon, 0.75)
  yield
  paintLight(studio, sunX, sunY, 0.042)
  yield
  paintWater(studio, horizon, sunX)
  yield
  paintFarShore(studio, horizon, left)
  yield
  const boats = says(studio, 'boat', 'boats', 'sail', 'sailing', 'ship', 'fishing', 'harbour', 'harbor')
  if (boats || random.chance(0.5)) paintBoat(studio, canvas.w * (left ? 0.68 : 0.3), horizon + 0.12, boats ? 1.25 : 0.7)
  const tower = says(studio, 'lighthouse', 'keeper', 'cliff', 'tower') || (!boats && random.chance(0.6))
  if (!tower) return
  yield
  const foot: Point = [canvas.w * (left ? 0.2 : 0.8), horizon + 0.06]
  paintCliff(studio, foot, left)
  yield
  paintLighthouse(studio, foot, left)
}

function paintWater(studio: Studio, horizon: number, sunX: number): void {
  const { canvas, noise, mood } = studio
  const far = mix(mood.sky[2], mood.haze, 0.45)
  const near = mix(mix(mood.sky[0], rgb('#1c5566'), 0.5), mood.shade, 0.45)
  const depth = vertical(horizon, 1, far, mix(far, near, 0.6), near)
  const glint = mix(mood.light, WHITE, 0.3)
  const paint = (x: number, y: number, out: Rgb) => {
    if (y < horizon) return
    depth(x, y, out)
    const d = (y - horizon) / (1 - horizon)
    const scale = 1 / (0.05 + d)
    const swell = noise.fbm(x * scale * 1.1 + 4, d * 26 * (1 / (0.4 + d)) + noise.at(x * 4, d * 9) * 1.2, 4)
    const crest = smooth(0.56, 0.72, swell)
    mixInto(out, out, mix(mood.sky[2], WHITE, 0.2), crest * 0.42)
    mixInto(out, out, mood.shade, smooth(0.5, 0.3, swell) * 0.35)
    const path = Math.exp(-(((x - sunX) / (0.05 + d * 0.2)) ** 2))
    mixInto(out, out, glint, path * smooth(0.42, 0.6, swell) * (0.95 - d * 0.35))
  }
  fill(canvas, box(0, horizon, canvas.w, 1), paint, { soft: 0.004 })
}

function paintFarShore(studio: Studio, horizon: number, left: boolean): void {
  const { canvas, noise, mood } = studio
  const tone = mix(mood.haze, mood.shade, 0.35)
  const from = left ? canvas.w * 0.62 : 0
  const to = left ? canvas.w : canvas.w * 0.38
  const shore = {
    box: [from, horizon - 0.08, to, horizon] as [number, number, number, number],
    distance: (x: number, y: number) => {
      const taper = left ? smooth(from, to, x) : smooth(to, from, x)
      return Math.max(horizon - 0.07 * taper * (0.35 + noise.fbm(x * 6, 3, 4)) - y, y - horizon)
    },
  }
  fill(canvas, shore, flat(tone), { opacity: 0.8 })
}

function paintBoat(studio: Studio, x: number, y: number, size: number): void {
  const { canvas, mood } = studio
  const s = 0.1 * size
  const sail = mix(rgb('#fff6e6'), mood.light, 0.3)
  const hull = mix(rgb('#8c3b2e'), mood.shade, 0.3)
  fill(canvas, ellipse(x, y + s * 0.42, s * 1.1, s * 0.2), flat(mood.shade), { opacity: 0.35, soft: 0.02 })
  fill(
    canvas,
    polygon([x - s, y], [x + s * 1.05, y], [x + s * 0.7, y + s * 0.34], [x - s * 0.7, y + s * 0.34]),
    stirred(flat(hull), studio.noise, 0.3, 30),
  )
  paintStroke(
    studio,
    [
      [x, y],
      [x, y - s * 2.1],
    ],
    0.004,
    0.003,
    flat(INK),
  )
  fill(
    canvas,
    polygon([x + s * 0.06, y - s * 2], [x + s * 0.06, y - s * 0.15], [x + s, y - s * 0.15]),
    vertical(y - s * 2, y, sail, mix(sail, mood.haze, 0.5)),
  )
  fill(
    canvas,
    polygon([x - s * 0.06, y - s * 1.7], [x - s * 0.06, y - s * 0.15], [x - s * 0.7, y - s * 0.15]),
    flat(mix(sail, mood.shade, 0.25)),
  )
}

function paintCliff(studio: Studio, [x, y]: Point, left: boolean): void {
  const { canvas, noise, mood } = studio
  const out = left ? -1 : 1
  const edge = left ? -0.3 : canvas.w + 0.3
  const rock = mix(rgb('#7a5c50'), mood.shade, 0.35)
  const lit = mix(rgb('#d9a878'), mood.light, 0.35)
  const land = polygon(
    [edge, y - 0.02],
    [x + out * 0.05, y - 0.02],
    [x - out * 0.14, y + 0.015],
    [x - out * 0.2, y + 0.1],
    [x - out * 0.29, y + 0.2],
    [x - out * 0.24, y + 0.34],
    [x - out * 0.34, y + 0.5],
    [edge, y + 0.5],
  )
  const face = (px: number, py: number, c: Rgb) => {
    const grain = noise.fbm(px * 11 + py * 4, py * 16 - px * 5 + noise.at(px * 7, py * 7) * 2.4, 4)
    mixInto(c, rock, lit, smooth(0.4, 0.7, grain) * 0.75)
    mixInto(c, c, mood.shade, smooth(y + 0.05, y + 0.5, py) * 0.7)
    mixInto(c, c, mood.leaf[grain > 0.5 ? 0 : 1], smooth(y + 0.07, y + 0.02, py + grain * 0.04) * 0.9)
  }
  fill(canvas, ragged(land, noise, 0.035, 9), face)
  const foam = polygon([edge, y + 0.33], [x - out * 0.28, y + 0.33], [x - out * 0.42, y + 0.39], [edge, y + 0.46])
  fill(canvas, ragged(foam, noise, 0.07, 12), flat(mix(WHITE, mood.sky[2], 0.35)), { opacity: 0.5, soft: 0.03 })
}

function paintLighthouse(studio: Studio, [x, y]: Point, left: boolean): void {
  const { canvas, mood } = studio
  const top = y - 0.4
  const white = mix(rgb('#fdf6ec'), mood.shade, mood.dark ? 0.45 : 0.08)
  const red = mix(rgb('#b8372e'), mood.shade, mood.dark ? 0.4 : 0.12)
  const lamp: Point = [x, top - 0.035]
  const reach = left ? canvas.w + 0.1 : -0.1
  const ray = limb(lamp, [reach, lamp[1] - 0.1], 0.006, 0.13)
  const away = Math.abs(reach - x)
  fill(canvas, ray, (px, _py, c) => mixInto(c, [0, 0, 0], mood.light, 0.75 * (1 - Math.abs(px - x) / away) ** 1.4), {
    soft: 0.05,
    blend: 'light',
  })
  fill(
    canvas,
    polygon([x - 0.062, y + 0.01], [x + 0.062, y + 0.01], [x + 0.034, top], [x - 0.034, top]),
    (px, py, c) => {
      const band = Math.floor((py - top) / 0.082) % 2 === 0
      mixInto(c, band ? red : white, mood.shade, 0.55 * smooth(left ? 0.02 : -0.02, left ? -0.06 : 0.06, px - x))
      mixInto(c, c, mood.light, 0.35 * smooth(0, 0.05, left ? px - x : x - px))
    },
  )
  for (const wy of [0.1, 0.24])
    fill(canvas, box(x - 0.008, top + wy, x + 0.008, top + wy + 0.03, 0.008), flat(INK), { opacity: 0.8 })
  fill(canvas, box(x - 0.05, top - 0.012, x + 0.05, top + 0.006, 0.003), flat(mix(INK, mood.shade, 0.4)))
  fill(canvas, box(x - 0.028, top - 0.062, x + 0.028, top - 0.01), flat(mix(mood.light, WHITE, 0.5)))
  fill(canvas, polygon([x - 0.038, top - 0.06], [x + 0.038, top - 0.06], [x, top - 0.11]), flat(red))
  glow(canvas, lamp[0], lamp[1], 0.2, mood.light, 0.95)
  const house = left ? -1 : 1
  fill(
    canvas,
    box(x + house * 0.115 - 0.05, y - 0.07, x + house * 0.115 + 0.05, y + 0.01),
    flat(mix(white, mood.shade, 0.2)),
  )
  fill(
    canvas,
    polygon(
      [x + house * 0.115 - 0.062, y - 0.065],
      [x + house * 0.115 + 0.062, y - 0.065],
      [x + house * 0.115, y - 0.12],
    ),
    flat(red),
  )
  fill(canvas, box(x + house * 0.115 - 0.012, y - 0.05, x + house * 0.115 + 0.012, y - 0.02), flat(mood.light))
}

import { fill, glow, wash } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred } from '../colour.ts'
import { circle, ellipse, limb, type Point, polygon, ragged } from '../shapes.ts'
import { paintLump, paintStroke, type Studio, smooth, WHITE } from '../studio.ts'
import { paintFlower } from './plants.ts'

const SKINS: [Rgb, Rgb, Rgb][] = [
  [rgb('#ffdcc0'), rgb('#e0a583'), rgb('#8a4f48')],
  [rgb('#f0bc8c'), rgb('#c08050'), rgb('#623428')],
  [rgb('#b97a50'), rgb('#7f4c33'), rgb('#38201f')],
]
const HAIRS = ['#2a1c20', '#5c3322', '#a8643a', '#d9a860', '#b8b2b0']
const CLOTHES = ['#2f5d62', '#8c3a44', '#33446e', '#c2803a', '#5c4b7a']

/** A figure in light from one side, its features only hinted at, before a disc of colour. */
export function* portrait(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  const skin = random.pick(SKINS)
  const hair = rgb(random.pick(HAIRS))
  const cloth = rgb(random.pick(CLOTHES))
  const at: Point = [canvas.w * random.between(0.47, 0.53), 0.43]
  const r = Math.min(0.175, canvas.w * 0.17)
  const long = random.chance(0.6)
  paintGround(studio, at, cloth)
  yield
  paintLeaves(studio, at, r)
  yield
  if (long) paintHairBack(studio, at, r, hair)
  paintBody(studio, at, r, cloth, skin)
  yield
  paintHead(studio, at, r, skin)
  paintFeatures(studio, at, r, skin, hair)
  yield
  paintHair(studio, at, r, hair, long)
  yield
  glow(canvas, at[0] - r * 2.2, 0.15, 0.8, studio.mood.light, 0.34)
}

function paintGround({ canvas, noise, mood }: Studio, [x, y]: Point, cloth: Rgb): void {
  wash(
    canvas,
    stirred(
      (px, py, c) => {
        mixInto(
          c,
          mix(mood.sky[2], WHITE, 0.1),
          mix(mood.haze, cloth, 0.45),
          smooth(-0.1, 1.1, py + (noise.fbm(px * 2, py * 2, 3) - 0.5) * 0.6),
        )
      },
      noise,
      0.2,
      8,
    ),
  )
  fill(
    canvas,
    ragged(circle(x, y - 0.02, 0.36), noise, 0.012, 8),
    stirred((_px, py, c) => mixInto(c, mood.light, mood.sky[1], smooth(0.05, 0.8, py)), noise, 0.15, 10),
    { opacity: 0.9 },
  )
}

function paintLeaves(studio: Studio, [x, y]: Point, r: number): void {
  const { random, mood } = studio
  for (let i = 0; i < 46; i++) {
    const angle = random.between(2.6, 6.8)
    const reach = r * random.between(1.9, 2.7)
    const at: Point = [x + Math.cos(angle) * reach, y + 0.05 + Math.sin(angle) * reach]
    paintLump(studio, at, [r * 0.34, r * 0.11], mood.leaf, {
      turn: angle + random.between(-0.6, 0.6),
      grain: 0.3,
      opacity: 0.92,
    })
  }
  for (let i = 0; i < 9; i++) {
    const angle = random.between(2.7, 6.7)
    const at: Point = [x + Math.cos(angle) * r * 2.2, y + 0.05 + Math.sin(angle) * r * 2.2]
    paintFlower(
      studio,
      at,
      r * random.between(0.16, 0.28),
      rgb(random.pick(['#f2789a', '#fff0e0', '#f6b04c', '#e4573d'])),
      1,
    )
  }
}

function paintBody(studio: Studio, [x, y]: Point, r: number, cloth: Rgb, skin: [Rgb, Rgb, Rgb]): void {
  const { canvas, noise } = studio
  const light = mix(cloth, studio.mood.light, 0.45)
  const dark = mix(cloth, rgb('#150f24'), 0.6)
  const coat = ragged(
    polygon(
      [x - r * 0.62, y + r * 1.62],
      [x + r * 0.62, y + r * 1.62],
      [x + r * 1.7, y + r * 2.1],
      [x + r * 2.15, 1.2],
      [x - r * 2.15, 1.2],
      [x - r * 1.7, y + r * 2.1],
    ),
    noise,
    0.012,
    6,
  )
  fill(
    canvas,
    coat,
    stirred(
      (px, py, c) => {
        const fold = noise.fbm(px * 5 + py * 2, py * 2, 3)
        mixInto(c, light, dark, smooth(x - r * 1.6, x + r * 1.9, px + (fold - 0.5) * 0.35))
      },
      noise,
      0.25,
      30,
    ),
  )
  fill(canvas, limb([x, y + r * 0.7], [x + r * 0.03, y + r * 1.65], r * 0.4, r * 0.5), (px, py, c) =>
    mixInto(
      c,
      skin[1],
      skin[2],
      Math.min(1, smooth(x - r * 0.5, x + r * 0.5, px) * 0.8 + smooth(y + r * 1.5, y + r, py) * 0.4),
    ),
  )
  fill(
    canvas,
    polygon(
      [x - r * 0.66, y + r * 1.55],
      [x, y + r * 2.15],
      [x + r * 0.66, y + r * 1.55],
      [x + r * 0.9, y + r * 1.75],
      [x, y + r * 2.55],
      [x - r * 0.9, y + r * 1.75],
    ),
    flat(mix(cloth, WHITE, 0.55)),
  )
}

function paintHead(studio: Studio, [x, y]: Point, r: number, skin: [Rgb, Rgb, Rgb]): void {
  const { canvas, noise } = studio
  const face = (px: number, py: number, c: Rgb) => {
    const u = (px - x) / r
    const v = (py - y) / r
    mixInto(c, skin[0], skin[1], smooth(-0.75, 0.3, u + v * 0.12))
    mixInto(c, c, skin[2], smooth(0.15, 1, u + noise.at(py * 9, 3) * 0.1) * 0.75 + smooth(0.8, 1.3, v) * 0.3)
    mixInto(c, c, rgb('#e0604f'), Math.exp(-((u + 0.42) ** 2 + (v - 0.42) ** 2) * 14) * 0.35)
  }
  fill(canvas, ellipse(x + r * 0.86, y + r * 0.16, r * 0.14, r * 0.24), flat(mix(skin[1], skin[2], 0.6)))
  fill(canvas, ellipse(x, y - r * 0.08, r * 0.9, r * 0.98), face)
  fill(canvas, ellipse(x, y + r * 0.46, r * 0.66, r * 0.74), face)
}

/** Brows, closed lids, the shadow of a nose, lips: enough for a face at rest. */
function paintFeatures(studio: Studio, [x, y]: Point, r: number, skin: [Rgb, Rgb, Rgb], hair: Rgb): void {
  const { canvas } = studio
  const dark = mix(mix(skin[2], hair, 0.5), rgb('#1a1018'), 0.5)
  for (const side of [-1, 1]) {
    const ex = x + side * r * 0.38 - r * 0.03
    fill(canvas, ellipse(ex, y + r * 0.06, r * 0.23, r * 0.13), flat(mix(skin[1], skin[2], 0.5)), {
      opacity: 0.5,
      soft: r * 0.14,
    })
    const curve = (y0: number, half: number): Point[] =>
      [-1, -0.6, -0.2, 0.2, 0.6, 1].map((t) => [ex + t * r * half, y0 - r * 0.05 * t * t * Math.sign(y0 - y)])
    paintStroke(studio, curve(y + r * 0.13, 0.17), r * 0.024, r * 0.02, flat(dark))
    paintStroke(studio, curve(y - r * 0.17, 0.21), r * 0.034, r * 0.02, flat(dark), 0.85)
  }
  fill(
    canvas,
    polygon([x - r * 0.02, y + r * 0.02], [x + r * 0.13, y + r * 0.46], [x - r * 0.06, y + r * 0.5]),
    flat(mix(skin[1], skin[2], 0.6)),
    { opacity: 0.6, soft: r * 0.1 },
  )
  fill(canvas, ellipse(x - r * 0.02, y + r * 0.72, r * 0.21, r * 0.062), flat(mix(rgb('#b8443f'), skin[2], 0.3)), {
    opacity: 0.85,
    soft: r * 0.03,
  })
  fill(canvas, limb([x - r * 0.2, y + r * 0.715], [x + r * 0.17, y + r * 0.715], r * 0.012), flat(dark), {
    opacity: 0.7,
  })
}

function paintHairBack(studio: Studio, [x, y]: Point, r: number, hair: Rgb): void {
  const tone: [Rgb, Rgb, Rgb] = [
    mix(hair, studio.mood.light, 0.1),
    mix(hair, rgb('#0d0a14'), 0.2),
    mix(hair, rgb('#0d0a14'), 0.6),
  ]
  paintLump(studio, [x + r * 0.1, y + r * 0.5], [r * 1.25, r * 1.7], tone, { rough: r * 0.06, grain: 0.22 })
}

function paintHair(studio: Studio, [x, y]: Point, r: number, hair: Rgb, long: boolean): void {
  const { canvas, noise, mood } = studio
  const light = mix(hair, mood.light, 0.24)
  const dark = mix(hair, rgb('#0d0a14'), 0.55)
  const strands = (px: number, py: number, c: Rgb) => {
    const a = Math.atan2(py - y, px - x)
    mixInto(
      c,
      dark,
      light,
      smooth(0.45, 0.75, noise.fbm(a * 9, Math.hypot(px - x, py - y) * 5, 3)) * smooth(x + r, x - r, px) + 0.12,
    )
  }
  const cap = ellipse(x + r * 0.06, y - r * 0.34, r * 1.06, r * 0.92)
  const brow = ellipse(x - r * 0.06, y + r * 0.36, r * 0.8, r * 0.98, 0.12)
  const crown = {
    box: cap.box,
    distance: (px: number, py: number) => Math.max(cap.distance(px, py), -brow.distance(px, py), py - y - r * 0.34),
  }
  fill(canvas, ragged(crown, noise, r * 0.05, 12), strands)
  if (long)
    fill(
      canvas,
      ragged(limb([x + r * 0.92, y], [x + r * 0.9, y + r * 1.5], r * 0.25, r * 0.18), noise, r * 0.08, 9),
      strands,
    )
  else
    paintLump(studio, [x + r * 0.5, y - r * 1.15], [r * 0.42, r * 0.36], [light, hair, dark], {
      rough: r * 0.05,
      grain: 0.5,
    })
}

import { fill, glow, wash } from '../canvas.ts'
import { flat, mix, mixInto, type Rgb, rgb, stirred } from '../colour.ts'
import { paintPerson } from '../figures/others.ts'
import { box, circle, ellipse, limb, type Point, polygon } from '../shapes.ts'
import { INK, paintLump, type Studio, says, smooth, WHITE } from '../studio.ts'

const LIGHTS = ['#ff6a4d', '#6aa8ff', '#c66aff', '#ffc04d', '#4de0c0']

/** A stage: a band against the light, a choir in rows, a crowd, or nobody at all under one lamp. */
export function* stage(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  const isHall = says(studio, 'choir', 'hall', 'singers', 'conductor', 'rehearsal')
  paintBack(studio, isHall)
  yield
  if (says(studio, 'empty', 'single', 'spotlight')) return yield* paintEmpty(studio)
  const hues = isHall ? ['#ffd9a0', '#ffc888'] : LIGHTS
  for (let i = 0; i < 7; i++) {
    paintBeam(
      studio,
      canvas.w * ((i + 0.5) / 7),
      random.between(-0.3, 0.3),
      rgb(random.pick(hues)),
      isHall ? 0.22 : 0.5,
    )
    yield
  }
  yield
  if (says(studio, 'choir', 'singers')) yield* paintChoir(studio)
  else if (says(studio, 'crowd', 'hands')) yield* paintCrowd(studio)
  else yield* paintBand(studio)
}

function paintBack({ canvas, noise }: Studio, isHall: boolean): void {
  const [low, high] = isHall ? [rgb('#8a5434'), rgb('#2c1a1c')] : [rgb('#3a1f4a'), rgb('#0d0b18')]
  wash(
    canvas,
    stirred((x, y, c) => mixInto(c, high, low, smooth(0, 0.8, y) * (1 - Math.abs(x / canvas.w - 0.5))), noise, 0.25, 4),
  )
  if (isHall)
    for (let i = 0; i < 6; i++) {
      const x = canvas.w * ((i + 0.5) / 6)
      fill(canvas, box(x - 0.07, 0.14, x + 0.07, 0.7, 0.07), flat(rgb('#4a2c22')))
      glow(canvas, x, 0.2, 0.2, rgb('#ffce8a'), 0.4)
    }
  fill(canvas, box(0, 0.78, canvas.w, 1), stirred(flat(mix(low, INK, 0.35)), noise, 0.4, 4, 50))
}

function paintBeam({ canvas }: Studio, x: number, lean: number, hue: Rgb, strength: number): void {
  const beam = polygon([x - 0.01, -0.02], [x + 0.01, -0.02], [x + lean + 0.17, 0.95], [x + lean - 0.17, 0.95])
  fill(canvas, beam, (_px, py, c) => mixInto(c, hue, [0, 0, 0], Math.min(1, py * 1.05)), {
    blend: 'light',
    soft: 0.06,
    opacity: strength,
  })
  glow(canvas, x, 0.01, 0.12, hue, 0.9)
}

function* paintEmpty(studio: Studio): Generator<void> {
  const { canvas } = studio
  const x = canvas.w / 2
  for (let i = 0; i < 3; i++) paintBeam(studio, x, 0, rgb('#fff0c8'), 0.55)
  fill(canvas, ellipse(x, 0.87, 0.27, 0.06), flat(rgb('#ffe7b4')), { soft: 0.04, opacity: 0.75 })
  yield
  fill(canvas, limb([x, 0.88], [x, 0.5], 0.008), flat(INK))
  fill(canvas, ellipse(x, 0.885, 0.07, 0.017), flat(INK))
  fill(canvas, limb([x, 0.5], [x - 0.06, 0.46], 0.008), flat(INK))
  fill(canvas, circle(x - 0.07, 0.455, 0.024), flat(rgb('#5a5a66')))
  for (let row = 0; row < 3; row++)
    for (let i = -1; i < 14; i++)
      paintLump(
        studio,
        [(i + (row % 2) * 0.5) * 0.14, 0.98 + row * 0.04],
        [0.062, 0.075],
        [rgb('#8a3038'), rgb('#4c1820'), rgb('#1c0a10')],
      )
}

function* paintChoir(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  const gowns = ['#2b3a67', '#5c2740', '#284a44', '#3a2c55'].map(rgb)
  const gown = random.pick(gowns)
  for (const [row, y] of [0.74, 0.86, 1.0].entries()) {
    const gap = 0.165 + row * 0.02
    for (let x = gap * (row % 2 ? 0.2 : 0.6); x < canvas.w; x += gap)
      paintPerson(studio, [x, y], 0.19 + row * 0.03, {
        cloth: mix(gown, INK, 0.1 * (2 - row)),
        hair: rgb(random.pick(['#2a1c20', '#5c3322', '#b07a48', '#cfcac4'])),
        height: random.between(0.94, 1.06),
      })
    yield
  }
  glow(canvas, canvas.w / 2, 0.2, 0.9, rgb('#ffd8a0'), 0.35)
}

function* paintCrowd(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  for (const hue of [LIGHTS[1]!, LIGHTS[2]!, LIGHTS[0]!])
    glow(canvas, canvas.w * random.between(0.2, 0.8), 0.45, 0.6, rgb(hue), 0.7)
  yield
  for (let row = 0; row < 4; row++) {
    const dark = mix(rgb('#40265a'), rgb('#08060f'), 0.35 + row * 0.21)
    for (let x = 0; x < canvas.w + 0.1; x += 0.11 + row * 0.02) {
      const r = 0.032 + row * 0.011
      const at: Point = [x + random.between(-0.03, 0.03), 0.7 + row * 0.085]
      fill(canvas, circle(at[0], at[1], r), flat(dark))
      fill(canvas, ellipse(at[0], at[1] + r * 2.5, r * 1.9, r * 1.6), flat(dark))
      if (random.chance(0.55)) {
        const tip: Point = [at[0] + random.between(-0.05, 0.09), at[1] - r * random.between(3.5, 5)]
        fill(canvas, limb([at[0] + r * 1.3, at[1] + r * 1.6], tip, r * 0.42, r * 0.28), flat(dark))
        for (const dx of [-0.35, 0, 0.35])
          fill(canvas, limb(tip, [tip[0] + dx * r, tip[1] - r * 0.9], r * 0.15), flat(dark))
      }
    }
    yield
  }
}

function* paintBand(studio: Studio): Generator<void> {
  const { canvas, random } = studio
  glow(canvas, canvas.w / 2, 0.5, 0.8, rgb(random.pick(LIGHTS)), 0.8)
  for (const t of [0.16, 0.84])
    fill(canvas, box(canvas.w * t - 0.09, 0.56, canvas.w * t + 0.09, 0.86, 0.01), flat(rgb('#15131f')))
  yield
  const dark = rgb('#171320')
  for (const [i, t] of [0.3, 0.5, 0.71].entries()) {
    const x = canvas.w * t
    paintPerson(studio, [x, 0.92], 0.27, { cloth: dark, hair: dark, height: i === 1 ? 1.05 : 1 })
    if (i !== 1) paintGuitar(studio, [x, 0.68], 0.1, rgb(i ? '#c8443c' : '#e0a040'))
    fill(canvas, limb([x - 0.11, 0.92], [x - 0.11, 0.52], 0.005), flat(INK))
    fill(canvas, limb([x - 0.11, 0.52], [x - 0.05, 0.5], 0.009, 0.016), flat(rgb('#6a6a78')))
    yield
  }
}

/** An electric guitar held across. */
export function paintGuitar(studio: Studio, [x, y]: Point, s: number, lacquer: Rgb): void {
  const { canvas } = studio
  fill(canvas, limb([x, y], [x + s * 2.6, y - s * 1.25], s * 0.11, s * 0.08), flat(rgb('#6a4428')))
  fill(
    canvas,
    limb([x + s * 2.5, y - s * 1.2], [x + s * 2.95, y - s * 1.42], s * 0.17, s * 0.12),
    flat(mix(lacquer, INK, 0.6)),
  )
  for (const [dx, dy, r] of [
    [-0.5, 0.26, 0.66],
    [0.25, -0.08, 0.5],
  ] as const)
    paintLump(
      studio,
      [x + s * dx, y + s * dy],
      [s * r, s * r * 0.86],
      [mix(lacquer, WHITE, 0.5), lacquer, mix(lacquer, INK, 0.6)],
      { rough: 0, grain: 0.08, turn: -0.45 },
    )
  fill(
    canvas,
    polygon(
      [x - s * 0.6, y + s * 0.05],
      [x + s * 0.3, y - s * 0.34],
      [x + s * 0.42, y - s * 0.02],
      [x - s * 0.4, y + s * 0.42],
    ),
    flat(rgb('#f4efe6')),
  )
  for (const t of [-0.35, -0.1, 0.14])
    fill(
      canvas,
      limb([x + s * (t - 0.06), y - s * t * 0.5 - s * 0.06], [x + s * (t + 0.06), y - s * t * 0.5 + s * 0.2], s * 0.05),
      flat(INK),
    )
  for (let i = 0; i < 4; i++)
    fill(
      canvas,
      limb([x - s * 0.5, y + s * (0.16 + i * 0.04)], [x + s * 2.7, y - s * (1.36 - i * 0.04)], s * 0.008),
      flat(rgb('#e8e4dc')),
    )
}

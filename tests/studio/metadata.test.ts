import { describe, expect, test } from 'bun:test'
import { decodePng, encodePng } from '../../src/gpu/png.ts'
import { memoryPlan, renderParams } from '../../src/gpu/spec.ts'
import { embed, recipeIn } from '../../src/studio/metadata/embed.ts'
import { pngTexts } from '../../src/studio/metadata/png.ts'
import { type Recipe, recipeText } from '../../src/studio/recipe.ts'

const HASH = 'ab'.repeat(32)
const RECIPE: Recipe = {
  v: 1,
  function: 'image',
  engine: 'diffusers',
  engineVersion: '1',
  model: { id: 'sdxl/base', sha256: HASH },
  params: renderParams.parse({
    prompt: 'a <lamp> & “light”, 灯塔 \u0007 \ud83d\ude00',
    negative: 'fog',
    width: 64,
    height: 48,
    seed: 7,
    steps: 4,
    guidance: 7.5,
    count: 2,
  }),
  memory: memoryPlan.parse({ dtype: 'float16', offload: 'model' }),
  tier: 'standard',
  inputs: { init: HASH },
  loras: [{ name: 'ink', sha256: HASH, scale: 0.8 }],
  controlnet: null,
  n: 2,
  seed: 8,
  lowered: [{ what: 'offload', from: 'none', to: 'model', rung: 1, why: 'The device ran out of memory' }],
  parent: HASH,
}
const PIXELS = Uint8Array.from({ length: 8 * 6 * 3 }, (_, i) => (i * 37) % 256)

/** The bytes of a JPEG, WebP or MP4 as programs write them, as short as they may be. */
const JPEG = Buffer.from(
  'ffd8ffe000104a46494600010100000100010000ffdb004300080606070605080707070909080a0c140d0c0b0b0c1912130f141d1a1f1e1d1a1c1c20242e2720222c231c1c2837292c30313434341f27393d38323c2e333432ffc0000b080001000101011100ffc4001f0000010501010101010100000000000000000102030405060708090a0bffc400b5100002010303020403050504040000017d01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a838485868788898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9faffda0008010100003f00fbd28a2803ffd9',
  'hex',
)
const WEBP_LOSSY = Buffer.from('UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAwA0JaQAA3AA/vuUAAA=', 'base64')
const WEBP_LOSSLESS = Buffer.from('UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==', 'base64')
const box = (type: string, body: string) => {
  const made = Buffer.from(`\0\0\0\0${type}${body}`, 'latin1')
  made.writeUInt32BE(made.length, 0)
  return made
}
const MP4 = Buffer.concat([box('ftyp', 'isom\0\0\0\0'), box('mdat', 'frames'), box('moov', 'x'.repeat(40))])

describe('a recipe put into', () => {
  const kinds: [string, string, Uint8Array][] = [
    ['a PNG', 'image/png', encodePng(8, 6, PIXELS, { Software: 'an engine' })],
    ['a JPEG', 'image/jpeg', JPEG],
    ['a lossy WebP', 'image/webp', WEBP_LOSSY],
    ['a lossless WebP', 'image/webp', WEBP_LOSSLESS],
    ['an MP4', 'video/mp4', MP4],
  ]
  test.each(kinds)('%s is read from it again, and the same recipe makes the same bytes', (_what, type, bytes) => {
    const made = embed(bytes, type, RECIPE)!
    const prompt = RECIPE.params.prompt
    expect(recipeIn(made)).toEqual({ ...RECIPE, params: { ...RECIPE.params, prompt } })
    expect(Buffer.from(embed(bytes, type, structuredClone(RECIPE))!).equals(made)).toBe(true)
    expect(Buffer.from(embed(bytes, type, { ...RECIPE, seed: 9 })!).equals(made)).toBe(false)
  })

  test.each(kinds)('%s leaves none in what is cut off in the middle', (_what, type, bytes) => {
    expect(recipeIn(bytes)).toBeNull()
    for (const length of [0, 1, 11, 20, bytes.length - 1]) {
      const made = embed(bytes.subarray(0, length), type, RECIPE)
      expect(made === null || recipeIn(made) !== null).toBe(true)
    }
  })
})

test('a PNG keeps its pixels and its own texts, and says its parameters as other programs read them', () => {
  const made = embed(encodePng(8, 6, PIXELS, { Software: 'an engine' }), 'image/png', RECIPE)!
  const { pixels, text } = decodePng(made)
  expect(Buffer.from(pixels).equals(PIXELS)).toBe(true)
  expect(text.Software).toBe('an engine')
  expect(text.parameters).toContain('Negative prompt: fog')
  expect(text.parameters).toEndWith(
    'Steps: 4, CFG scale: 7.5, Seed: 8, Size: 64x48, Model: sdxl/base, Model hash: ababababab, Version: Hearth',
  )
  expect(text['XML:com.adobe.xmp']).toContain('trainedAlgorithmicMedia')
  expect(text['XML:com.adobe.xmp']).not.toMatch(/[\0-\x08]/)
})

test('a WebP of the simple format gets the header of the extended one, with its size and whether it has transparency', () => {
  const lossy = Buffer.from(embed(WEBP_LOSSY, 'image/webp', RECIPE)!)
  const lossless = Buffer.from(embed(WEBP_LOSSLESS, 'image/webp', RECIPE)!)
  for (const [made, flags] of [
    [lossy, 0x04],
    [lossless, 0x14],
  ] as const) {
    expect(made.toString('latin1', 12, 16)).toBe('VP8X')
    expect([made[20]!, made.readUIntLE(24, 3), made.readUIntLE(27, 3)]).toEqual([flags, 0, 0])
    expect(made.readUInt32LE(4)).toBe(made.length - 8)
  }
})

test('a film whose last box is open towards its end is left as it is', () => {
  const open = Buffer.from(MP4)
  open.writeUInt32BE(0, MP4.length - 48)
  expect(embed(open, 'video/mp4', RECIPE)).toBeNull()
})

test('a picture of the built-in engine says by its own texts how it was made', () => {
  const texts = { prompt: 'a lighthouse', seed: '7', steps: '15', guidance: '7', engine: 'sketch', version: '2' }
  const png = encodePng(16, 16, new Uint8Array(16 * 16 * 3), texts)
  expect(recipeIn(png)).toMatchObject({
    engine: 'sketch',
    engineVersion: '2',
    model: null,
    params: { prompt: 'a lighthouse', width: 16, height: 16, seed: 7, steps: 15, guidance: 7 },
  })
})

test('the file beside a picture serves as well, and what is none of Hearth’s holds no recipe', () => {
  const beside = JSON.stringify({ v: 1, recipe: JSON.parse(recipeText(RECIPE)) }, null, 2)
  expect(recipeIn(Buffer.from(beside))).toEqual(RECIPE)
  for (const text of [
    '',
    '{',
    '{"recipe": {"v": 2}}',
    'GIF89a',
    '<hearth:recipe>',
    '<hearth:recipe>{}</hearth:recipe>',
  ])
    expect(recipeIn(Buffer.from(text))).toBeNull()
  expect(pngTexts(Buffer.from('not a PNG'))).toBeNull()
})

import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readConfig } from '../../../src/config.ts'
import { catalogueTexts } from '../../../src/gpu/built-in.ts'
import { engineManifest } from '../../../src/gpu/manifest.ts'
import { isPlain, PICKLE, readCatalogue, readProfiles } from '../../../src/gpu/models/catalogue.ts'
import { isAllowed } from '../../../src/gpu/models/hosts.ts'
import { TIER } from '../../../src/gpu/spec.ts'

const GPU = join(import.meta.dir, '../../../gpu')
const all = catalogueTexts().flatMap(readProfiles)
const { hosts } = readConfig({ HEARTH_DATA: '/nowhere' }).gpu

const MINIMAL = `
id = "sd15/mine"
label = "Mine"
family = "sd15"
format = "safetensors"
engines = ["diffusers"]
licence = { id = "mit", name = "MIT" }
tiers = {}
`

describe('the catalogue on board', () => {
  test('has the families that people ask for, each profile once', () => {
    const families = new Set(all.map(({ family }) => family))
    expect([...families].sort()).toEqual([
      'esrgan',
      'flux1',
      'flux2',
      'hunyuan-video',
      'ltx-video',
      'qwen-image',
      'sd15',
      'sd3',
      'sdxl',
      'wan',
      'z-image',
    ])
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
  })

  test('can be run: each engine that a profile names is on board, and loads its family and format', () => {
    const unloadable = all.flatMap(({ id, family, format, engines }) =>
      engines
        .map((name) => engineManifest.parse(Bun.TOML.parse(readFileSync(join(GPU, name, 'engine.toml'), 'utf8'))))
        .filter(
          ({ families, formats }) =>
            !(formats.includes(format) && (families.includes('*') || families.includes(family))),
        )
        .map(({ name }) => `${name}: ${id}`),
    )
    expect(unloadable).toEqual([])
  })

  test.each(all.map((profile) => [profile.id, profile] as const))('%s is whole', (id, profile) => {
    expect(id.split('/')[0]).toBe(profile.family)
    expect(profile.files.length + (profile.repo ? 1 : 0)).toBeGreaterThan(0)
    expect(profile.files.filter(({ path }) => PICKLE.test(path) || !isPlain(path))).toEqual([])
    expect(profile.files.filter(({ url }) => !url?.startsWith('https://') || !isAllowed(url, hosts))).toEqual([])
    expect(profile.files.filter(({ part }) => !part)).toEqual([])
    expect(profile.licence.terms.length).toBeGreaterThan(20)
    const tiers = TIER.flatMap((tier) => profile.tiers[tier] ?? [])
    expect(tiers.length).toBeGreaterThan(0)
    const memory = tiers.map(({ vramBytes }) => vramBytes)
    expect(memory).toEqual([...memory].sort((a, b) => a - b))
    if (profile.steps && profile.allowedSteps) expect(profile.allowedSteps).toContain(profile.steps)
    if (profile.lowers) expect(all.map((other) => other.id)).toContain(profile.lowers)
  })

  test.each(
    all.filter(({ id }) => /turbo|schnell|klein|lightning/.test(id)).map((profile) => [profile.id, profile] as const),
  )('%s is distilled, and refuses other steps', (_id, profile) =>
    expect(Math.max(...profile.allowedSteps!)).toBeLessThan(10),
  )

  test('says where a model may not be used, and what is not for business', () => {
    expect(all.find(({ family }) => family === 'hunyuan-video')!.licence.notIn).toEqual(['EU', 'UK', 'KR'])
    const closed = all.filter(({ licence }) => !licence.commercial).map(({ id }) => id)
    expect(closed).toContain('flux1/dev-q4')
    expect(closed).toContain('flux2/klein-9b-q4')
    expect(closed).not.toContain('flux2/klein-4b-q4')
  })
})

describe('a profile', () => {
  test('of a person stands in the place of that on board with its name', () => {
    const [mine] = readCatalogue(
      [...catalogueTexts(), { name: 'mine.toml', text: MINIMAL.replace('mine', 'v1-5-fp16') }],
      { warn() {} },
    ).filter(({ id }) => id === 'sd15/v1-5-fp16')
    expect(mine!.label).toBe('Mine')
  })

  test('that can’t be read is said, and the others stand', () => {
    const said: unknown[] = []
    const read = readCatalogue(
      [
        { name: 'a.toml', text: 'id = ' },
        { name: 'b.toml', text: MINIMAL },
      ],
      { warn: (...words) => void said.push(words) },
    )
    expect([read.map(({ id }) => id), said.length]).toEqual([['sd15/mine'], 1])
  })

  test.each([
    ['a pickle', 'files = [{ path = "model.ckpt" }]', /pickle/],
    ['a file outside of its folder', 'files = [{ path = "../x.safetensors" }]', /outside/],
    ['a hidden file', 'files = [{ path = "a/.x.safetensors" }]', /outside/],
    ['a hash that is none', 'files = [{ path = "x.gguf", sha256 = "abc" }]', /sha256/],
  ])('with %s is refused', (_what, line, said) => {
    expect(() => readProfiles({ name: 'x.toml', text: `${MINIMAL}\n${line}` })).toThrow(said)
  })

  test('that uses a file which is not shared is refused', () => {
    expect(() => readProfiles({ name: 'x.toml', text: '[[models]]\nuses = ["t5"]' })).toThrow(/t5/)
  })
})

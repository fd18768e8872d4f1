import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dir, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const SETTINGS = [...read('src/config.ts').matchAll(/^ {2}([A-Z][A-Z0-9_]+): /gm)].map((match) => match[1]!)

/** The image and the port list fix these inside a container. */
const NOT_IN_COMPOSE = ['HEARTH_DATA', 'HEARTH_HOST', 'HEARTH_PORT', 'HEARTH_PREVIEW_PORT']

describe('settings', () => {
  test('the table of the README names every one', () => {
    expect(SETTINGS.length).toBeGreaterThan(10)
    const readme = read('README.md')
    expect(SETTINGS.filter((name) => !readme.includes(`| \`${name}\` |`))).toEqual([])
  })

  test('compose.yaml passes on every one that the image does not fix', () => {
    const { services } = Bun.YAML.parse(read('compose.yaml')) as { services: { hearth: { environment: object } } }
    const passed = Object.keys(services.hearth.environment)
    expect(SETTINGS.filter((name) => !passed.includes(name) && !NOT_IN_COMPOSE.includes(name))).toEqual([])
    expect(passed.filter((name) => !SETTINGS.includes(name))).toEqual([])
  })
})

describe('lockfile', () => {
  test('bun.lock names no registry, so that it works behind any', () => {
    expect(read('bun.lock')).not.toMatch(/https?:\/\//)
  })

  test('every dependency has an exact version', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json'))
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)),
    )
    expect(loose).toEqual([])
  })

  test('the image is built with the pinned Bun', () => {
    const { devDependencies } = JSON.parse(read('package.json'))
    expect(read('Dockerfile')).toContain(`FROM oven/bun:${devDependencies.bun}-`)
    expect(devDependencies['bun-types']).toBe(devDependencies.bun)
  })
})

test('docs/errors.md lists every error code that the source can give', () => {
  const sources = [...new Bun.Glob('src/**/*.ts').scanSync(ROOT)].map(read).join('\n')
  const thrown = sources.matchAll(/new (?:DomainError|Invalid|Conflict|Forbidden|NotAllowed)\(\s*'([a-z_]+)'/g)
  const codes = [...new Set([...thrown].map((match) => match[1]!))].sort()
  expect(codes.length).toBeGreaterThan(3)
  const page = read('docs/errors.md')
  expect(codes.filter((code) => !page.includes(`\`${code}\``))).toEqual([])
})

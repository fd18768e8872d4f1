import { describe, expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LIBRARIES } from '../../scripts/packed-libraries.ts'
import { listFiles, placeOf, readBytes, readText } from '../../src/assets.ts'

describe('files on board', () => {
  test('the files of other packages that the pages need are listed under public/vendor and can be read', () => {
    const vendor = listFiles('public/vendor')
    expect(vendor).toContain('public/vendor/htmx.min.js')
    expect(vendor).toContain('public/vendor/hx-sse.min.js')
    for (const name of vendor) expect(readBytes(name).byteLength).toBeGreaterThan(1_000)
  })

  test('fonts are woff2', () => {
    expect(new TextDecoder().decode(readBytes('public/vendor/inter.woff2').slice(0, 4))).toBe('wOF2')
    expect(new TextDecoder().decode(readBytes('public/vendor/jetbrains-mono.woff2').slice(0, 4))).toBe('wOF2')
  })

  test('a list is sorted and holds only what lies under the folder', () => {
    const names = listFiles('public')
    expect(names).toEqual([...names].sort())
    expect(names.every((name) => name.startsWith('public/'))).toBe(true)
  })

  test('of the engines all that they run by travels, and nothing of their tests', () => {
    const kept = /\.(toml|py|json)$|\/requirements\.txt$/
    const home = /\/tests\/|\/faulty\/|\/fixtures\/|__pycache__|\/(test_|conftest)/
    const files = [...new Bun.Glob('gpu/*/**').scanSync(join(import.meta.dir, '../..'))]
    expect(listFiles('gpu')).toEqual(files.filter((file) => kept.test(file) && !home.test(file)).sort())
  })

  test.each(['gpu/README.md', 'gpu/tests/test_x.py', 'gpu/diffusers/tests/conftest.py', 'gpu/faulty/engine.toml'])(
    'it stays at home: %s',
    (path) => expect(() => placeOf(path)).toThrow(),
  )

  test.each(['gpu/diffusers/engine.toml', 'gpu/diffusers/loading/lora.py', 'gpu/catalogue/sdxl.toml'])(
    'it travels: %s',
    (path) => expect(placeOf(path)).toEndWith(path),
  )

  test.each(['package.json', 'public/../package.json', '../etc/passwd', '/etc/passwd', 'public/none.css'])(
    'nothing else of the machine can be read: %s',
    (path) => {
      expect(() => readText(path)).toThrow()
    },
  )
})

test('each library that is loaded when it is needed lies packed in the binary', () => {
  const root = join(import.meta.dir, '../..')
  const texts = [...new Bun.Glob('src/**/*.ts').scanSync(root)].map((path) => readFileSync(join(root, path), 'utf8'))
  const loaded = texts.flatMap((text) =>
    [...text.matchAll(/\bawait import\('([^'.][^']*)'\)/g)].map(([, name]) => name!),
  )
  expect(loaded.length).toBeGreaterThan(3)
  expect(LIBRARIES).toEqual(expect.arrayContaining([...new Set(loaded)]))
})

import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ALIKE, NEARLY, openTwins } from '../../../src/files/duplicates/nearly-equal.ts'
import { likeness, signatureOf } from '../../../src/files/duplicates/signature.ts'
import { worked } from '../../support/worked.ts'

/** A module with so many functions that differ from one another. */
const moduleOf = (seed: number, many = 40) =>
  Array.from(
    { length: many },
    (_, i) => `export function f${seed}_${i}(a, b) {\n  return a * ${seed * 97 + i} + b.v${i * seed}\n}\n`,
  ).join('\n')
const kept = (path: string, text: string) => ({
  path,
  text,
  hash: Bun.hash(text).toString(),
  bytes: Buffer.byteLength(text),
})
type Kept = ReturnType<typeof kept>
const nearest = (path: string, text: string, files: Kept[]) =>
  openTwins().nearest(path, text, files, async ({ path: of }) => files.find((file) => file.path === of)!.text)

const ORIGINAL = moduleOf(3)

test('a file with one line changed is nearly equal, one with comments and spaces of its own is equal', async () => {
  const files = [kept('src/a.js', ORIGINAL), kept('src/b.js', moduleOf(5))]
  const changed = ORIGINAL.replace('a * 291 +', 'a * 1_000 +')
  expect(await nearest('src/new.js', changed, files)).toEqual({ path: 'src/a.js', likeness: expect.any(Number) })
  expect((await nearest('src/new.js', changed, files))!.likeness).toBeGreaterThanOrEqual(NEARLY)
  const dressed = `// Mine.\n${ORIGINAL.replaceAll('\n  return', '\n\n      return')}/* The end. */\n`
  expect(await nearest('src/new.js', dressed, files)).toEqual({ path: 'src/a.js', likeness: 1 })
})

describe('no twin is', () => {
  const rows: [string, string, string, Kept[]][] = [
    ['a file of its own', 'new.js', moduleOf(7), [kept('a.js', ORIGINAL)]],
    ['the file itself', 'a.js', ORIGINAL, [kept('a.js', ORIGINAL)]],
    ['the same name in another folder', 'lib/index.js', ORIGINAL, [kept('src/index.js', ORIGINAL)]],
    ['one stem with another ending', 'menu.mjs', ORIGINAL, [kept('menu.js', ORIGINAL)]],
    ['data', 'b.json', JSON.stringify(Array.from({ length: 500 }, (_, i) => i)), [kept('a.json', '[]')]],
    ['a small file', 'b.js', moduleOf(3, 2), [kept('a.js', moduleOf(3, 2))]],
  ]
  test.each(rows)('%s', async (_, path, text, files) => {
    expect(await nearest(path, text, files)).toBeUndefined()
  })
})

test('the estimate is near the share that two texts have in common', () => {
  const words = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 600, maxLength: 900 })
  fc.assert(
    fc.property(words, fc.nat(500), (numbers, cut) => {
      const [a, b] = [numbers.join(' '), numbers.slice(cut).join(' ')]
      const shingles = (text: string) => {
        const tokens = text.split(' ')
        return new Set(tokens.slice(4).map((_, i) => tokens.slice(i, i + 5).join(' ')))
      }
      const [left, right] = [shingles(a), shingles(b)]
      const true_ = left.intersection(right).size / left.union(right).size
      expect(Math.abs(likeness(signatureOf('a.txt', a), signatureOf('b.txt', b)) - true_)).toBeLessThan(0.15)
    }),
    { numRuns: 60 },
  )
  expect(likeness(signatureOf('a.js', ORIGINAL), signatureOf('b.js', moduleOf(11)))).toBeLessThan(ALIKE)
})

test('among ten thousand files that are known, a check is done within 50 ms', async () => {
  const files = Array.from({ length: 10_000 }, (_, i) => kept(`src/m${i}.js`, moduleOf(i + 20, 30)))
  const byPath = new Map(files.map((file) => [file.path, file.text]))
  const twins = openTwins()
  const read = async ({ path }: { path: string }) => byPath.get(path)!
  await twins.nearest('src/new.js', moduleOf(5, 30), files, read)
  const times: number[] = []
  for (let run = 0; run < 7; run++) {
    const from = worked()
    const copy = byPath.get('src/m777.js')!.replace('a *', 'a +')
    expect(await twins.nearest('src/new.js', copy, files, () => Promise.reject(new Error('read again')))).toMatchObject(
      { path: 'src/m777.js' },
    )
    times.push(worked() - from)
  }
  expect(Math.min(...times)).toBeLessThan(50)
}, 60_000)

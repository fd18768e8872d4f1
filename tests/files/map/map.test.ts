import { afterAll, expect, test } from 'bun:test'
import fc from 'fast-check'
import { type MapFile, referencesIn } from '../../../src/files/map/graph.ts'
import { rank } from '../../../src/files/map/rank.ts'
import { renderMap } from '../../../src/files/map/render.ts'
import { openSymbols } from '../../../src/files/symbols/symbols.ts'

const symbols = openSymbols()
afterAll(() => symbols[Symbol.dispose]())

const SHOP = {
  'src/cart.js':
    "import { price } from './price.js'\nexport class Cart {\n  add(item) { this.total += price(item) }\n}\n",
  'src/price.js':
    'export function price(item) { return round(item.cents) }\nexport function round(cents) { return cents / 100 }\n',
  'src/unrelated.js': 'export function paint(sky) { return sky }\n',
  'src/page.js': "import { Cart } from './cart.js'\nexport function showPage() { return new Cart() }\n",
  'README.md': '# The shop\n\n## Opening hours of the whole of the year\n',
}

async function filesOf(texts: Record<string, string>): Promise<MapFile[]> {
  const files = Object.entries(texts).map(([path, text]) => ({ path, text }))
  const read = await symbols.read(files, new AbortController().signal)
  return files.map((file, i) => ({ ...file, symbols: read[i]! }))
}

const paths = (ranked: MapFile[]) => ranked.map(({ path }) => path)
const bytes = (text: string) => Buffer.byteLength(text)

test('the file that the task names comes first, then those that go with it', async () => {
  const ranked = await rank(await filesOf(SHOP), { text: 'Let the Cart take several items' })
  expect(paths(ranked).slice(0, 3)).toEqual(['src/cart.js', 'src/price.js', 'src/page.js'])
  expect(ranked.at(-1)!.rank).toBe(0)
})

test('without a shared word, files that the task builds on and what they refer to come first', async () => {
  const ranked = await rank(await filesOf(SHOP), { text: 'Xyzzy', near: ['src/page.js'] })
  expect(paths(ranked).slice(0, 3)).toEqual(['src/page.js', 'src/cart.js', 'src/price.js'])
})

test('a reference weighs by its uses, by whether the task mentions the name, and by what such a name tells', async () => {
  const common = Object.fromEntries(['p', 'q', 'r', 's', 't', 'u'].map((one) => [`${one}.js`, 'function often() {}']))
  const files = await filesOf({
    'a.js': 'one(); one(); one(); one(); two(); _hidden(); roundAllUp(); often()',
    'b.js': 'function one() {} function two() {} function _hidden() {} function roundAllUp() {}',
    ...common,
  })
  const weightOf = (name: string, mentioned: string[] = []) =>
    referencesIn(files, new Set(mentioned)).find((reference) => reference.name === name)!.weight
  expect(weightOf('one')).toBeCloseTo(2)
  expect(weightOf('two')).toBeCloseTo(1)
  expect(weightOf('two', ['two'])).toBeCloseTo(10)
  expect(weightOf('_hidden')).toBeCloseTo(0.1)
  expect(weightOf('roundAllUp')).toBeCloseTo(10)
  expect(weightOf('roundAllUp', ['round all up'])).toBeCloseTo(100)
  expect(weightOf('often')).toBeCloseTo(0.1)
})

test('the plan says which file builds on which, where no file says it itself', async () => {
  const files = await filesOf({ 'a.js': 'the task', 'b.js': '1', 'c.js': '2' })
  const aim = { text: 'task', plan: [['a.js', 'c.js']] as [string, string][] }
  expect(paths(await rank(files, aim))).toEqual(['a.js', 'c.js', 'b.js'])
})

test('the order in which files are given changes nothing', async () => {
  const uses = (i: number) => [i * 3, i * 5, i * 7, i + 1].map((to) => `f${to % 12}()`).join('; ')
  const texts = Array.from({ length: 12 }, (_, i) => [
    `${i}.js`,
    `function f${i}() { ${uses(i)} }\n${'price '.repeat(i)}`,
  ])
  const files = await filesOf(Object.fromEntries(texts))
  const whole = JSON.stringify(await rank(files, { text: 'price of f3' }))
  await fc.assert(
    fc.asyncProperty(fc.shuffledSubarray(files, { minLength: files.length }), async (shuffled) => {
      expect(JSON.stringify(await rank(shuffled, { text: 'price of f3' }))).toBe(whole)
    }),
    { numRuns: 20 },
  )
})

test('what fits is whole, then signatures by their names, then paths', async () => {
  const ranked = await rank(await filesOf(SHOP), { text: 'Let the Cart take several items' })
  const { text, stages } = renderMap(ranked, { tokens: 330, count: bytes })
  expect(Object.fromEntries(stages)).toEqual({
    'src/cart.js': 'whole',
    'src/price.js': 'signatures',
    'src/page.js': 'signatures',
    'README.md': 'name',
    'src/unrelated.js': 'name',
  })
  expect(text).toBe(
    `src/cart.js, whole:\n\n${SHOP['src/cart.js']}\n\nsrc/price.js:\n  export function price(item)\n  export function round(cents)\n\nsrc/page.js:\n  export function showPage()\n\nREADME.md\nsrc/unrelated.js`,
  )
})

test('of a file with many definitions the best twenty are shown, in the order of the file', async () => {
  const many = Array.from({ length: 30 }, (_, i) => `export function ${i === 29 ? 'findCart' : `f${i}`}() {}`).join(
    '\n',
  )
  const ranked = await rank(await filesOf({ 'many.js': many }), { text: 'find the cart' })
  const { text } = renderMap(ranked, { tokens: 2_000, count: bytes, whole: 0 })
  const lines = text.split('\n')
  expect(lines).toHaveLength(22)
  expect(lines.slice(0, 2)).toEqual(['many.js:', '  export function f0()'])
  expect(lines.slice(-2)).toEqual(['  export function findCart()', '  …'])
})

test('the budget is never exceeded, however tokens are counted', async () => {
  const ranked = await rank(await filesOf(SHOP), { text: 'price' })
  const counters = [
    bytes,
    (text: string) => Math.ceil(text.length / 3),
    (text: string) => text.split(/\b/).length ** 1.2,
  ]
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2_000 }), fc.constantFrom(...counters), (tokens, count) => {
      const { text, stages } = renderMap(ranked, { tokens, count })
      if (text !== '') expect(count(text)).toBeLessThanOrEqual(tokens)
      expect(stages.size === 0).toBe(text === '')
    }),
  )
})

test('nothing fits, nothing is there', async () => {
  expect(renderMap([], { tokens: 100, count: bytes }).text).toBe('')
  expect(renderMap(await rank(await filesOf(SHOP), { text: '' }), { tokens: 3, count: bytes }).text).toBe('')
})

import { expect, test } from 'bun:test'
import { applyEdits } from '../../../src/files/edits/apply.ts'
import { failuresInWords } from '../../../src/files/edits/failure.ts'
import { worked } from '../../support/worked.ts'

const FILE = `import a from 'a'

export function total(items) {
  let sum = 0
  for (const item of items) sum += item.price
  return sum
}

export function most(items) {
  return Math.max(...items.map(({ price }) => price))
}
`

function failures(...blocks: [string, string][]) {
  const text = blocks.map(([search, replace]) => `<<<<<<< SEARCH\n${search}\n=======\n${replace}\n>>>>>>> REPLACE\n`)
  const applied = applyEdits(new Map([['a.js', FILE]]), {
    format: 'search-replace',
    path: 'a.js',
    text: text.join('\n'),
  })
  if ('files' in applied) throw new Error('it was applied')
  return applied.failures
}

test('a block that stands nowhere is told with the lines that it may mean, and the first that differs', () => {
  const [failure] = failures(['  let sum = 0\n  for (const item of all) sum += item.price', '  return 0'])
  expect(failure).toMatchObject({ path: 'a.js', block: 1, reason: 'not_found' })
  expect(failure!.near).toEqual([
    { line: 4, text: '  let sum = 0' },
    { line: 5, text: '  for (const item of items) sum += item.price' },
  ])
  expect(failure!.message).toContain(
    'Line 5 is “  for (const item of items) sum += item.price”, where you wrote “  for (const item of all) sum += item.price”.',
  )
})

test('where no line of it stands there, the one that shares most words does', () => {
  const [failure] = failures(['  return Math.min(items, price)', '  return 0'])
  expect(failure!.near).toEqual([{ line: 10, text: '  return Math.max(...items.map(({ price }) => price))' }])
  expect(failures(['zzz', 'y'])[0]!.near).toEqual([])
})

test('one that stands there more than once is told with all places', () => {
  const [failure] = failures(['}', '};'])
  expect(failure).toMatchObject({ reason: 'ambiguous', places: [7, 11] })
  expect(failure!.message).toContain('(lines 7, 11)')
  expect(failure!.near!.map(({ line }) => line)).toEqual([6, 7, 10, 11])
})

test('one that searches for what another puts there is told so', () => {
  const found = failures(['  return sum', '  return sum / 2'], ['  return sum / 2', '  return sum / 3'])
  expect(found.map(({ block, reason }) => [block, reason])).toEqual([[2, 'not_found']])
  expect(found[0]!.message).toContain('they are what block 1 puts there')
})

test('what is wrong is said of every block that is, and of none that is right', () => {
  const found = failures(['  return sum', '  return 0'], ['nope', 'x'], ['}', '};'])
  expect(found.map(({ block, reason }) => [block, reason])).toEqual([
    [2, 'not_found'],
    [3, 'ambiguous'],
  ])
})

test('a model is told block, file, reason and numbered lines', () => {
  expect(failuresInWords(failures(['  let sum  = 0', '  let sum = 1']))).toBe(
    `Block 1, a.js: These lines do not stand in the file. Copy them from it, white space included. Line 4 is “  let sum = 0”, where you wrote “  let sum  = 0”.
The nearest lines of the file, each after its number and a bar:
4|   let sum = 0`,
  )
  expect(failuresInWords([{ reason: 'no_edits', message: 'the answer holds no block.' }])).toBe(
    'The answer holds no block.',
  )
})

test('a large file with a large block is told about in no time', () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i % 5_000} of it`)
  const search = lines.slice(100, 2_000).with(900, 'another')
  const text = `<<<<<<< SEARCH\n${search.join('\n')}\n=======\n${lines.slice(0, 2_500).toReversed().join('\n')}\n>>>>>>> REPLACE\n`
  const started = worked()
  const applied = applyEdits(new Map([['a.txt', lines.join('\n')]]), { format: 'search-replace', path: 'a.txt', text })
  expect(applied).toMatchObject({ failures: [{ reason: 'not_found' }] })
  expect(worked() - started).toBeLessThan(4_000)
})

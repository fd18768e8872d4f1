import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { replaceExactly } from '../../src/files/search-replace.ts'

const TEXT = 'one\n  two\nthree\ntwo\n'

test('blocks replace texts that stand there once, each in the text as the one before left it', () => {
  const blocks = [
    { search: '  two\n', replace: '  2\n' },
    { search: '  2\nthree', replace: '  2\n3' },
  ]
  expect(replaceExactly(TEXT, blocks)).toEqual({ text: 'one\n  2\n3\ntwo\n' })
})

const REFUSED: [string, { search: string; replace: string }, RegExp][] = [
  ['a text that is not there', { search: 'four', replace: '4' }, /does not stand in the file/],
  [
    'one that differs by white space, with the line that it may mean',
    { search: 'one\n    two', replace: '' },
    /line 1: “one”/,
  ],
  ['one that is there twice, with its lines', { search: 'two', replace: '2' }, /more than once \(lines 2, 4\)/],
  ['one that overlaps itself', { search: 'aa', replace: 'b' }, /more than once/],
  ['an empty one', { search: '', replace: 'x' }, /is empty/],
  ['one that stays as it is', { search: 'one', replace: 'one' }, /by the same text/],
]
test.each(REFUSED)('%s is refused in words', (_what, block, says) => {
  const found = replaceExactly(block.search === 'aa' ? 'aaa' : TEXT, [block])
  expect(found).toEqual({ problem: expect.stringMatching(says) })
})

test('all or nothing: what a later block lacks takes the earlier ones back', () => {
  const blocks = [
    { search: 'one', replace: '1' },
    { search: 'nine', replace: '9' },
  ]
  expect(replaceExactly(TEXT, blocks)).toEqual({ problem: expect.stringMatching(/^Block 2: /) })
})

test('a special character of a replacement is a character', () => {
  expect(replaceExactly('a b', [{ search: 'b', replace: "$& $1 $' \\n" }])).toEqual({ text: "a $& $1 $' \\n" })
})

test('in a file with Windows’ line ends, lines are found as they are shown, and new ones end alike', () => {
  const made = replaceExactly('a\r\nb\r\nc\r\n', [{ search: 'a\nb', replace: 'a\nx\ny' }])
  expect(made).toEqual({ text: 'a\r\nx\r\ny\r\nc\r\n' })
})

test('of any text, what is replaced is what was named, and all else stays', () => {
  fc.assert(
    fc.property(
      fc.string(),
      fc.string({ minLength: 1 }),
      fc.string(),
      fc.string(),
      (before, search, after, replace) => {
        const text = before + search + after
        const made = replaceExactly(text, [{ search, replace }])
        const isUnique = text.indexOf(search) === text.lastIndexOf(search)
        if (isUnique && search !== replace) expect(made).toEqual({ text: before + replace + after })
        else expect(made).toHaveProperty('problem')
      },
    ),
  )
})

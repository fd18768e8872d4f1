import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { changedLines } from '../../src/files/changed-lines.ts'

const shown = (before: string, after: string) => changedLines(before, after).map(({ sign, text }) => sign + text)

test('what differs is shown from its first line to its last, with two lines around it', () => {
  expect(shown('a\nb\nc\nd\ne\nf\n', 'a\nb\nc\nD\ne\nf\n')).toEqual([' b', ' c', '-d', '+D', ' e', ' f'])
  expect(shown('', 'new\n')).toEqual(['+new'])
  expect(shown('old\n', '')).toEqual(['-old'])
  expect(shown('a\na\n', 'a\n')).toEqual([' a', '-a'])
})

test('of many lines the first 60 are shown, and how many more there are', () => {
  const long = Array.from({ length: 100 }, (_, i) => `${i}\n`).join('')
  const lines = changedLines(long, '')
  expect(lines).toHaveLength(61)
  expect(lines.at(-1)).toEqual({ sign: '…', text: '40 more lines' })
})

test('of any two texts, the lines that go are of the first and those that come of the second', () => {
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c'), { maxLength: 12 })
    .map((lines) => lines.map((line) => `${line}\n`).join(''))
  fc.assert(
    fc.property(text, text, (before, after) => {
      const lines = changedLines(before, after)
      const part = (signs: string) =>
        lines
          .filter(({ sign }) => signs.includes(sign))
          .map((each) => `${each.text}\n`)
          .join('')
      expect(before).toContain(part(' -'))
      expect(after).toContain(part(' +'))
      const gone = part('-').length
      expect(before.length - gone).toBe(after.length - part('+').length)
    }),
  )
})

test('of a line that is very long its beginning is shown', () => {
  expect(shown('', 'x'.repeat(5_000))).toEqual([`+${'x'.repeat(1_000)}…`])
})

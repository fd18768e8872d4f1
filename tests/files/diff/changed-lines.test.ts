import { expect, test } from 'bun:test'
import { changedLines } from '../../../src/files/diff/changed-lines.ts'

const shown = (before: string, after: string) => changedLines(before, after).map(({ sign, text }) => sign + text)

test('what differs is shown with two lines around it', () => {
  expect(shown('a\nb\nc\nd\ne\nf\n', 'a\nb\nc\nD\ne\nf\n')).toEqual([' b', ' c', '-d', '+D', ' e', ' f'])
  expect(shown('', 'new\n')).toEqual(['+new'])
  expect(shown('old\n', '')).toEqual(['-old'])
  expect(shown('same\n', 'same\n')).toEqual([])
})

test('between two changes far from each other it is told how many lines stay', () => {
  const lines = Array.from({ length: 30 }, (_, i) => `${i}\n`)
  expect(shown(lines.join(''), lines.with(3, 'x\n').with(20, 'y\n').join(''))).toEqual([
    ' 1',
    ' 2',
    '-3',
    '+x',
    ' 4',
    ' 5',
    '…12 lines that stay',
    ' 18',
    ' 19',
    '-20',
    '+y',
    ' 21',
    ' 22',
  ])
})

test('of many lines the first 120 are shown, and how many more there are', () => {
  const long = Array.from({ length: 160 }, (_, i) => `${i}\n`).join('')
  const lines = changedLines(long, '')
  expect(lines).toHaveLength(121)
  expect(lines.at(-1)).toEqual({ sign: '…', text: '40 more lines' })
})

test('of a line that is very long its beginning is shown', () => {
  expect(shown('', 'x'.repeat(5_000))).toEqual([`+${'x'.repeat(1_000)}…`])
})

import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { isDisputed, mergeTexts, settledText } from '../../src/files/merge.ts'
import { worked } from '../support/worked.ts'

const merged = (base: string, mine: string, theirs: string) => settledText(mergeTexts(base, mine, theirs))

test.each([
  ['one side alone', 'a\nb\n', 'a\nB\n', 'a\nb\n', 'a\nB\n'],
  ['both alike', 'a\nb\n', 'a\nB\n', 'a\nB\n', 'a\nB\n'],
  ['lines apart', 'a\nb\nc\n', 'A\nb\nc\n', 'a\nb\nC\n', 'A\nb\nC\n'],
  ['one adds at the end, one at the start', 'a\nb\n', '0\na\nb\n', 'a\nb\nc\n', '0\na\nb\nc\n'],
  ['one removes what the other left alone', 'a\nb\nc\n', 'b\nc\n', 'a\nb\nC\n', 'b\nC\n'],
  ['the last line end', 'a\nb\nc', 'A\nb\nc', 'a\nb\nc\n', 'A\nb\nc\n'],
  ['line ends of another system', 'a\r\nb\r\nc\r\n', 'A\r\nb\r\nc\r\n', 'a\r\nb\r\nC\r\n', 'A\r\nb\r\nC\r\n'],
])('merges: %s', (_what, base, mine, theirs, expected) => {
  expect(merged(base, mine, theirs)).toBe(expected)
})

test.each([
  ['the same line', 'a\nb\nc\n', 'a\nX\nc\n', 'a\nY\nc\n'],
  ['lines next to each other', 'a\nb\n', 'A\nb\n', 'a\nB\n'],
  ['two additions at one place', 'a\nb\n', 'a\nX\nb\n', 'a\nY\nb\n'],
  ['removed here, changed there', 'a\nb\nc\n', 'a\nc\n', 'a\nB\nc\n'],
])('disputes: %s', (_what, base, mine, theirs) => {
  expect(merged(base, mine, theirs)).toBeUndefined()
})

test('each disputed place is settled on its own', () => {
  const regions = mergeTexts('a\nb\nc\n', 'X\nb\nZ\n', '1\nb\n3\n')
  expect(regions.filter(isDisputed)).toHaveLength(2)
  expect(settledText(regions, (nth) => (nth === 0 ? 'mine' : 'both'))).toBe('X\nb\nZ\n3\n')
  expect(settledText(regions, (nth) => (nth === 0 ? 'mine' : undefined))).toBeUndefined()
})

describe('texts too long to be compared line by line', () => {
  const lines = Array.from({ length: 30_000 }, (_, i) => `line ${i}\n`)
  const replaced = (at: number[]) => lines.map((line, i) => (at.includes(i) ? 'changed\n' : line)).join('')

  const alike = (at: number[]) => lines.map((_, i) => (at.includes(i) ? 'changed\n' : `line ${i % 3}\n`)).join('')

  test('merge where one hunk a side stands apart from the other, and take no longer than a blink', () => {
    const started = worked()
    expect(merged(lines.join(''), replaced([0, 9_000]), replaced([12_000, 29_999]))).toBe(
      replaced([0, 9_000, 12_000, 29_999]),
    )
    expect(worked() - started).toBeLessThan(1_000)
  })

  test('merge where the two cross, if lines between them stand once in each', () => {
    expect(
      merged(lines.join(''), replaced([0, 20_000]), replaced([12_000, 29_999])) ===
        replaced([0, 12_000, 20_000, 29_999]),
    ).toBe(true)
  })

  test('are disputed where the two cross among lines that stand in many places', () => {
    expect(merged(alike([]), alike([0, 20_000]), alike([12_000, 29_999])) === undefined).toBe(true)
  })
})

describe('texts made to be slow to merge', () => {
  const quickly = (base: string, mine: string, theirs: string) => {
    const started = worked()
    const said = merged(base, mine, theirs)
    return { said, isQuick: worked() - started < 1_500 }
  }
  const mixed = (first: string, step: number, lines = 3_000) =>
    `${first}\n${Array.from({ length: lines }, (_, i) => `${((i * step) % 7) % 2}\n`).join('')}${first}\n`

  test('of few different lines are disputed as one', () => {
    expect(quickly(mixed('x', 1), mixed('y', 3), mixed('z', 5))).toEqual({ said: undefined, isQuick: true })
  })

  test('of millions of lines are disputed as one, and taken as one by whoever chooses', () => {
    const [base, mine, theirs] = ['a', 'b', 'c'].map((side) => `${side}${'\n'.repeat(4_000_000)}${side}`)
    expect(quickly(base!, mine!, theirs!)).toEqual({ said: undefined, isQuick: true })
    expect(settledText(mergeTexts(base!, mine!, theirs!), () => 'theirs') === theirs).toBe(true)
  })

  test('are cut at lines that stand once in each, and merged between those', () => {
    const lines = Array.from({ length: 12_000 }, (_, i) =>
      i % 4 === 0 ? `function f${i}() {\n` : i % 2 ? '}\n' : '\n',
    )
    const changed = (at: number[]) => lines.map((line, i) => (at.includes(i) ? `changed ${i}\n` : line)).join('')
    expect(quickly(lines.join(''), changed([0, 9_000]), changed([3_000, 11_999]))).toEqual({
      said: changed([0, 3_000, 9_000, 11_999]),
      isQuick: true,
    })
  })
})

const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', ''), { maxLength: 12 }).map((rows) => rows.join('\n'))

test('whoever is on which side: the merge is the same, and nobody’s line is lost without a word', () => {
  fc.assert(
    fc.property(text, text, text, (base, mine, theirs) => {
      const one = mergeTexts(base, mine, theirs)
      const other = mergeTexts(base, theirs, mine)
      expect(settledText(one)).toBe(settledText(other))
      expect(settledText(mergeTexts(base, mine, base))).toBe(mine)
      expect(settledText(mergeTexts(base, base, theirs))).toBe(theirs)
      const added = mine.split('\n').filter((line) => line !== '' && !base.includes(line) && !theirs.includes(line))
      const all = one.flatMap((region) => (isDisputed(region) ? region.mine : region.lines)).join('')
      for (const line of added) expect(all).toContain(line)
    }),
    { numRuns: 500 },
  )
})

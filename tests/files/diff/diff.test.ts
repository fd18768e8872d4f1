import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { diffTexts, lineEndsOf, linesOf } from '../../../src/files/diff/diff.ts'
import { type Hunks, hunksOf, type Row, sameRows, sideBySide } from '../../../src/files/diff/hunks.ts'

/** Texts that have much in common: few different lines, any line ends, with and without one at the end. */
const line = fc.constantFrom('', 'a', 'b', 'c', '  a', 'a ', '}', 'const x = 1', 'const x = 2', 'x\ry')
const end = fc.constantFrom('\n', '\n', '\n', '\r\n')
const text = fc
  .tuple(fc.array(fc.tuple(line, end), { maxLength: 30 }), line)
  .map(([lines, last]) => lines.flat().join('') + last)
const anyText = fc.oneof(text, fc.string({ unit: 'binary' }))

const rowsOf = ({ hunks }: Hunks) => hunks.flatMap(({ rows }) => rows)
const side = (rows: Row[], left: boolean) =>
  rows
    .filter(({ sign }) => sign !== (left ? '+' : '-'))
    .map(({ text, end }) => text + end)
    .join('')

describe('of any two texts', () => {
  test('the lines of the diff, with all that stays, are exactly the old text and the new one', () => {
    fc.assert(
      fc.property(anyText, anyText, (before, after) => {
        const rows = rowsOf(hunksOf(diffTexts(before, after), Number.POSITIVE_INFINITY))
        if (before === after) return expect(rows).toEqual([])
        expect([side(rows, true), side(rows, false)]).toEqual([before, after])
      }),
      { numRuns: 1_000 },
    )
  })

  test('each line has its numbers, and what is left out between hunks is the same on both sides', () => {
    fc.assert(
      fc.property(text, text, fc.integer({ min: 0, max: 3 }), (before, after, around) => {
        const diff = diffTexts(before, after)
        const { hunks, skipped } = hunksOf(diff, around)
        let [i, j] = [0, 0]
        const skip = (count: number) => {
          expect(diff.before.slice(i, i + count)).toEqual(diff.after.slice(j, j + count))
          ;[i, j] = [i + count, j + count]
        }
        for (const hunk of hunks) {
          skip(hunk.skipped)
          for (const { sign, old, young, text, end } of hunk.rows) {
            expect([old, young]).toEqual([sign === '+' ? null : ++i, sign === '-' ? null : ++j])
            if (old !== null) expect(diff.before[old - 1]).toBe(text + end)
            if (young !== null) expect(diff.after[young - 1]).toBe(text + end)
          }
        }
        if (hunks.length > 0) skip(skipped)
        if (hunks.length > 0) expect([i, j]).toEqual([diff.before.length, diff.after.length])
      }),
    )
  })

  test('no fewer lines could go and come', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const { added, removed, coarse } = diffTexts(before, after)
        expect([added + removed, coarse]).toEqual([leastEdits(linesOf(before), linesOf(after)), false])
      }),
    )
  })

  test('marks lie within their line, and lines that are mates differ in nothing but what is marked, if anything is', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const rows = rowsOf(hunksOf(diffTexts(before, after)))
        const unmarked = ({ text, marks }: Row) =>
          marks.reduceRight((left, [from, to]) => left.slice(0, from) + left.slice(to), text)
        for (const row of rows) {
          for (const [from, to] of row.marks) expect(from < to && to <= row.text.length).toBe(true)
          if (row.mate === null) continue
          const mate = rows.find(
            (each) => each.sign !== row.sign && (each.old ?? each.young) === row.mate && each.sign !== ' ',
          )!
          expect(mate.mate).toBe(row.old ?? row.young)
          if (row.marks.length + mate.marks.length > 0)
            expect(unmarked(row).replace(/\s/g, '')).toBe(unmarked(mate).replace(/\s/g, ''))
        }
      }),
    )
  })

  test('side by side, no line is lost or out of order, and mates face each other', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const rows = rowsOf(hunksOf(diffTexts(before, after), Number.POSITIVE_INFINITY))
        const pairs = sideBySide(rows)
        const lefts = pairs.flatMap(([left]) => left ?? [])
        const rights = pairs.flatMap(([, right]) => right ?? [])
        expect(lefts).toEqual(rows.filter(({ sign }) => sign !== '+'))
        expect(rights).toEqual(rows.filter(({ sign }) => sign !== '-'))
        for (const [left, right] of pairs) if (left?.mate) expect(right?.young).toBe(left.mate)
      }),
    )
  })

  test('where space is not looked at, nothing that differs in more than space is left out', () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const rows = rowsOf(hunksOf(diffTexts(before, after, { ignoreSpace: true }), Number.POSITIVE_INFINITY))
        const old = rows.filter(({ sign }) => sign !== '+').map(({ was, text }) => was ?? text)
        if (rows.length > 0) expect(old).toEqual(linesOf(before).map((each) => each.replace(/\r?\n$/, '')))
        for (const { was, text } of rows)
          if (was !== undefined) expect(was.replace(/\s/g, '')).toBe(text.replace(/\s/g, ''))
      }),
    )
  })
})

describe('a changed line', () => {
  const changed = (before: string, after: string) =>
    rowsOf(hunksOf(diffTexts(before, after))).map(({ sign, text, marks, spacing }) => [
      sign,
      marks.map(([from, to]) => text.slice(from, to)),
      spacing,
    ])

  test('has the words marked that differ, words with only space between them as one', () => {
    expect(changed('  return price * count\n', '  return price * net count + tax\n')).toEqual([
      ['-', [], false],
      ['+', ['net ', ' + tax'], false],
    ])
    expect(changed('the old cat sat here\n', 'the new dog sat here\n')).toEqual([
      ['-', ['old cat'], false],
      ['+', ['new dog'], false],
    ])
  })

  test('is the mate of the line that is most like it, not of the one at the same place', () => {
    const rows = rowsOf(
      hunksOf(diffTexts('import a from "a"\nrun(a)\n', '// what runs\nimport b\nimport a from "./a"\nrun(a, 1)\n')),
    )
    expect(rows.map(({ sign, old, young, mate }) => [sign, old ?? young, mate])).toEqual([
      ['-', 1, 3],
      ['-', 2, 4],
      ['+', 1, null],
      ['+', 2, null],
      ['+', 3, 1],
      ['+', 4, 2],
    ])
  })

  test('is told from one whose spaces or end alone differ', () => {
    expect(changed('\tif (x)\n', '  if (x)\n').map(([, , spacing]) => spacing)).toEqual([true, true])
    expect(changed('if (x)\r\n', 'if (x)\n').map(([, , spacing]) => spacing)).toEqual([true, true])
    expect(changed('if (x)\n', 'if (y)\n').map(([, , spacing]) => spacing)).toEqual([false, false])
  })

  test('with next to nothing in common has no mate either', () => {
    const rows = rowsOf(hunksOf(diffTexts('const total = price * count + tax\n', 'return total\n')))
    expect(rows.map(({ mate }) => mate)).toEqual([null, null])
  })

  test('with nothing in common has no marks and no mate', () => {
    expect(rowsOf(hunksOf(diffTexts('alpha beta\n', '1 + 1 = 2\n'))).map(({ marks, mate }) => [marks, mate])).toEqual([
      [[], null],
      [[], null],
    ])
  })
})

test('where space is not looked at, other spaces and line ends are no change, and other words still are', () => {
  const diff = diffTexts('a  b\r\n\tc\nd\n', 'a b\n  c\ne\n', { ignoreSpace: true })
  expect([diff.runs, diff.added, diff.removed]).toEqual([[{ from: 2, to: 3, newFrom: 2, newTo: 3 }], 1, 1])
})

test('how the lines of a text end is told', () => {
  const ends = (text: string) => lineEndsOf(linesOf(text))
  expect(ends('')).toEqual({ ends: 'none', closed: true })
  expect(ends('a')).toEqual({ ends: 'none', closed: false })
  expect(ends('a\nb\n')).toEqual({ ends: 'lf', closed: true })
  expect(ends('a\r\nb')).toEqual({ ends: 'crlf', closed: false })
  expect(ends('a\r\nb\n')).toEqual({ ends: 'mixed', closed: true })
})

test('lines that are the same are given by their numbers, without those that changed', () => {
  const diff = diffTexts('a\nb\nc\nd\n', 'x\na\nb\nC\nd\n')
  expect(sameRows(diff, 1, 9).map(({ old, young, text }) => [old, young, text])).toEqual([
    [1, 2, 'a'],
    [2, 3, 'b'],
    [4, 5, 'd'],
  ])
})

test('of more lines than are shown the first are there, and the rest is counted', () => {
  const many = (word: string) => Array.from({ length: 500 }, (_, i) => `${word} ${i}\n`).join('')
  const { hunks, left } = hunksOf(diffTexts(many('one'), many('two')), 3, 100)
  expect([rowsOf({ hunks, skipped: 0, left: 0 }).length, left]).toEqual([100, 900])
})

/** By dynamic programming, as it stands in textbooks. */
function leastEdits(a: string[], b: string[]): number {
  let row = b.map((_, j) => j + 1)
  row.unshift(0)
  for (const [i, left] of a.entries()) {
    const next = [i + 1]
    for (const [j, right] of b.entries()) next.push(left === right ? row[j]! : 1 + Math.min(row[j + 1]!, next[j]!))
    row = next
  }
  return row.at(-1)!
}

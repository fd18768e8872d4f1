import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { type Blamed, originsOf } from '../../src/files/blame.ts'
import { openNumbering } from '../../src/files/diff/runs.ts'

/** Versions one after the other, each the parent of the next. */
function history(texts: string[][]): Blamed[] {
  const numbering = openNumbering()
  const versions: Blamed[] = []
  texts.forEach((text, at) => {
    const lines = numbering(text)
    versions.push({ lines, origins: originsOf(lines, versions.slice(-1), at + 1) })
  })
  return versions
}

const blamed = (texts: string[][]) => [...history(texts).at(-1)!.origins]

test('a line belongs to the version that brought it, wherever it stands now', () => {
  expect(blamed([['a', 'b', 'c']])).toEqual([1, 1, 1])
  expect(
    blamed([
      ['a', 'b', 'c'],
      ['a', 'x', 'c'],
      ['new', 'a', 'x', 'c', 'end'],
    ]),
  ).toEqual([3, 1, 2, 1, 3])
  expect(blamed([['a', 'b'], [], ['a', 'b']])).toEqual([3, 3])
})

test('where a version has several parents, what the first doesn’t have comes from the next', () => {
  const numbering = openNumbering()
  const [one, two] = [numbering(['a', 'b']), numbering(['a', 'c'])]
  const before = { lines: one, origins: new Int32Array([1, 2]) }
  const undone = { lines: two, origins: new Int32Array([1, 3]) }
  expect([...originsOf(numbering(['a', 'b', 'c', 'd']), [undone, before], 4)]).toEqual([1, 2, 3, 4])
  const later = { lines: one, origins: new Int32Array([7, 8]) }
  expect([...originsOf(one, [before, later], 9)]).toEqual([1, 2])
  expect([...originsOf(one, [later, before], 9)]).toEqual([7, 8])
})

test('of any history each line’s version holds that line, and no line is older than its text', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 12 })
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 6 }), (texts) => {
      const versions = history(texts)
      for (const [at, { origins }] of versions.entries())
        for (const [line, origin] of [...origins].entries()) {
          expect(origin).toBeLessThanOrEqual(at + 1)
          for (const between of texts.slice(origin - 1, at + 1)) expect(between).toContain(texts[at]![line]!)
        }
    }),
  )
})

test('a version brings no more lines than were added to it', () => {
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 })
  fc.assert(
    fc.property(text, text, text, (first, before, after) => {
      const [, , last] = history([first, ['|', ...first], [...before, '|', ...first, ...after]])
      expect([...last!.origins].filter((origin) => origin === 3).length).toBeLessThanOrEqual(
        before.length + after.length,
      )
    }),
  )
})

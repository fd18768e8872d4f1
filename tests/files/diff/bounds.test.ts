import { expect, test } from 'bun:test'
import { diffTexts } from '../../../src/files/diff/diff.ts'
import { hunksOf } from '../../../src/files/diff/hunks.ts'
import { worked } from '../../support/worked.ts'

const MB = 1_000_000
/** Some tenths of a second on a free machine. */
const BOUND_MS = 5_000

/** The same numbers for the same seed. */
function dice(seed: number) {
  let state = seed
  return (sides: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * sides)
  }
}

function textOf(bytes: number, line: (at: number) => string): string {
  const lines: string[] = []
  for (let size = 0; size < bytes; size += lines.at(-1)!.length) lines.push(`${line(lines.length)}\n`)
  return lines.join('')
}

const words = (seed: number, kinds: number, length: number) => {
  const roll = dice(seed)
  return () => `word${roll(kinds)} `.repeat(length)
}

const HARD: [string, string, string][] = [
  [
    'two unrelated files of 4 MB',
    textOf(4 * MB, (at) => `one ${at} of the first`),
    textOf(4 * MB, (at) => `two ${at} of the other`),
  ],
  ['4 MB of few lines in another order', textOf(4 * MB, words(1, 50, 8)), textOf(4 * MB, words(2, 50, 8))],
  ['lines that stand once, shuffled', textOf(MB, words(3, 20_000, 2)), textOf(MB, words(4, 20_000, 2))],
  ['4 MB of empty lines', '\n'.repeat(4 * MB), '\n\r'.repeat(2 * MB)],
  ['one line of 4 MB', `${'a b '.repeat(MB)}\n`, `${'a c '.repeat(MB)}\n`],
  ['thousands of long lines that are alike', textOf(MB, words(5, 9, 140)), textOf(MB, words(6, 9, 140))],
]

test.each(HARD)('%s are compared in time, and the diff is true', (_what, before, after) => {
  const began = worked()
  const diff = diffTexts(before, after)
  const shown = hunksOf(diff)
  const ms = worked() - began
  let [i, at] = [0, 0]
  let same = true
  for (const { from, to, newFrom, newTo } of diff.runs) {
    while (i < from) same &&= diff.before[i++] === diff.after[at++]
    expect(at).toBe(newFrom)
    ;[i, at] = [to, newTo]
  }
  expect(same).toBe(true)
  expect(diff.before.length - i).toBe(diff.after.length - at)
  expect(shown.hunks.flatMap(({ rows }) => rows).length).toBeLessThan(40_000)
  expect(ms).toBeLessThan(BOUND_MS)
})

test('a small edit in a large file is found exactly', () => {
  const lines = Array.from({ length: 60_000 }, (_, at) => `line ${at % 5_000}\n`)
  const diff = diffTexts(lines.join(''), lines.toSpliced(30_000, 2, 'another\n').toSpliced(50, 0, 'new\n').join(''))
  expect([diff.runs.length, diff.added, diff.removed, diff.coarse]).toEqual([2, 2, 2, false])
})

test('where the bound is reached, lines that stand once in both texts still hold the runs together', () => {
  const roll = dice(7)
  const text = (seed: number) => {
    const noise = words(seed, 30, 1)
    return Array.from(
      { length: 100 },
      (_, part) => `chapter ${part}\n${Array.from({ length: 40 + roll(9) }, noise).join('\n')}\n`,
    ).join('')
  }
  const diff = diffTexts(text(8), text(9))
  const kept = new Set(diff.before)
  for (const { from, to } of diff.runs)
    for (let at = from; at < to; at++) if (diff.before[at]!.startsWith('chapter')) kept.delete(diff.before[at]!)
  expect([...kept].filter((line) => line.startsWith('chapter'))).toHaveLength(100)
})

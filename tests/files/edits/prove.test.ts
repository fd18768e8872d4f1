import { expect, test } from 'bun:test'
import { spliced } from '../../../src/files/edits/apply-hunks.ts'
import type { Hunk } from '../../../src/files/edits/edit.ts'
import { finder } from '../../../src/files/edits/find-place.ts'
import { textLines } from '../../../src/files/edits/lines.ts'
import type { Placed } from '../../../src/files/edits/place.ts'
import { proved } from '../../../src/files/edits/prove.ts'

const BEFORE = '\uFEFFone  \r\n  two\r\nthree\r\nfour\r\n'
const LINES = ['one  ', '  two', 'three', 'four']
const HUNKS: Hunk[] = [
  { block: 1, search: ['one', '  two'], replace: ['one', '  2', '  2b'] },
  { block: 2, characters: { search: 'our', replace: 'ive' } },
]

function placed(): Placed[] {
  const find = finder('a.txt', { lines: LINES, endsWithNewline: true }, HUNKS)
  return HUNKS.map(find).map((found) => {
    if ('reason' in found) throw new Error(found.message)
    return found
  })
}

test('what was made of the blocks is proved', () => {
  const after = spliced(textLines(BEFORE), placed())
  expect(after).toBe('\uFEFFone  \r\n  2\r\n  2b\r\nthree\r\nfive\r\n')
  expect(proved(textLines(BEFORE), after, placed())).toBe(true)
})

const TAMPERED: [string, (after: string) => string][] = [
  ['a line of context that is the model’s', (after) => after.replace('one  ', 'one')],
  ['a line that lacks', (after) => after.replace('  2b\r\n', '')],
  ['a line twice', (after) => after.replace('three\r\n', 'three\r\nthree\r\n')],
  ['another line than the block’s', (after) => after.replace('  2b', '  2c')],
  ['another indentation', (after) => after.replace('  2b', '    2b')],
  ['another line end', (after) => after.replace('three\r\n', 'three\n')],
  ['no byte order mark', (after) => after.slice(1)],
  ['a change elsewhere', (after) => after.replace('three', 'Three')],
  ['characters of a tool’s block that are not its', (after) => after.replace('five', 'fife')],
  ['a line more at the end', (after) => `${after}six\r\n`],
]
test.each(TAMPERED)('%s is not', (_what, tamper) => {
  const after = spliced(textLines(BEFORE), placed())
  expect(tamper(after)).not.toBe(after)
  expect(proved(textLines(BEFORE), tamper(after), placed())).toBe(false)
})

test('blocks that were made at another place than they were found are not', () => {
  const elsewhere = placed().map((one) => ({ ...one, from: one.from + 1, to: one.to + 1 }))
  expect(proved(textLines(BEFORE), spliced(textLines(BEFORE), placed()), elsewhere)).toBe(false)
})

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { joinable, joinTo, stitch, wholeLines } from '../../src/llm/stitch.ts'

/** Lines as code has them: many the same, some blank, some indented. */
const line = fc.oneof(
  fc.constantFrom('}', '  }', '', '  ', '</div>', '  return x', 'a', 'b'),
  fc.string({ maxLength: 12 }).map((text) => text.replace(/[\r\n]/g, '')),
)
const file = fc.array(line, { minLength: 1, maxLength: 120 }).map((lines) => lines.map((text) => `${text}\n`).join(''))
const chunkSizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 })

test('a file that was cut anywhere and went on from its last good line is the file, however it arrives', () => {
  fc.assert(
    fc.property(file, fc.nat(), fc.nat({ max: 39 }), chunkSizes, (whole, at, extra, sizes) => {
      const kept = joinable(whole.slice(0, at % (whole.length + 1)))
      const lines = wholeLines(kept)
      const repeated = lines.length === 0 ? 0 : Math.min(lines.length, extra + 1)
      const rest = wholeLines(whole).slice(lines.length - repeated)
      const joiner = joinTo(kept)
      let added = ''
      for (const piece of inPieces(rest.map((text) => `${text}\n`).join(''), sizes)) added += joiner.push(piece)
      expect(kept + added + joiner.end()).toBe(whole)
    }),
    { numRuns: 400 },
  )
})

test('what can be kept of a text is a beginning of it, in whole lines, and loses nothing more when asked again', () => {
  fc.assert(
    fc.property(file, fc.nat(), (whole, at) => {
      const text = whole.slice(0, at % (whole.length + 1))
      const kept = joinable(text)
      expect(text.startsWith(kept)).toBe(true)
      expect(kept === '' || kept.endsWith('\n')).toBe(true)
      expect(joinable(kept)).toBe(kept)
    }),
  )
})

test('an answer that does not begin with lines of the end is refused, never guessed at', () => {
  fc.assert(
    fc.property(file, file, (before, answer) => {
      const kept = joinable(before)
      const lines = wholeLines(kept).map((text) => text.trim())
      const first = wholeLines(answer)[0]!.trim()
      fc.pre(lines.length > 0 && !lines.includes(first))
      expect(stitch(kept, answer)).toBeUndefined()
    }),
  )
})

test('the last line of what there is keeps its own white space', () => {
  expect(stitch('if (x) {\n    go()\n', 'go()\n}\n')).toBe('if (x) {\n    go()\n}\n')
})

test('an answer that starts the whole file again is joined at the right place', () => {
  expect(stitch('a\nb\nc\n', 'a\nb\nc\nd\n')).toBe('a\nb\nc\nd\n')
})

test('a last line that stands among the lines before it is not kept: the join would be ambiguous', () => {
  expect(joinable('a {\n  x\n}\nb {\n  y\n}\n')).toBe('a {\n  x\n}\nb {\n  y\n')
})

test('lines that are all the same leave nothing to join to but the first', () => {
  expect(joinable('head\n0,0\n0,0\n0,0\n')).toBe('head\n0,0\n')
})

test('an answer that fits at two places is refused', () => {
  const before = `${['x', ...Array.from({ length: 45 }, (_, i) => `${i}`), 'x'].join('\n')}\n`
  const again = `${before}more\n`
  expect(joinable(before)).toBe(before)
  expect(stitch(before, again)).toBeUndefined()
  expect(stitch(before, 'x\nmore\n')).toBe(`${before}more\n`)
})

function inPieces(text: string, sizes: number[]): string[] {
  const pieces: string[] = []
  for (let at = 0, i = 0; at < text.length; i++) {
    const size = sizes[i % sizes.length]!
    pieces.push(text.slice(at, at + size))
    at += size
  }
  return pieces
}

test('a first line that is longer than any there is to repeat is refused before its end, which may never come', () => {
  const joiner = joinTo('a\nb\n')
  for (let sent = 0; joiner.state === 'open'; sent += 100) {
    expect(sent).toBeLessThan(2_000)
    expect(joiner.push('x'.repeat(100))).toBe('')
  }
  expect(joiner.state).toBe('refused')
})

test('a long line after the repeated one settles that no more is repeated', () => {
  const before = 'a\nb\na2\nb\n'.replace('a2', 'c')
  const joiner = joinTo(`${before}d\n`)
  const long = 'x'.repeat(5_000)
  expect(joiner.push('d\n') + joiner.push(long)).toBe(long)
  const twofold = joinTo('x\ny\nx\n')
  expect(twofold.push('x\n')).toBe('')
  expect(twofold.push(long)).toBe(long)
})

test('a repeated line may carry the number that it was shown with, and no other', () => {
  expect(stitch('a\n  b\nc\n', '3| c\nd\n')).toBe('a\n  b\nc\nd\n')
  expect(stitch('a\n  b\nc\n', '2|   b\n3| c\nd\n')).toBe('a\n  b\nc\nd\n')
  expect(stitch('a\n  b\nc\n', '4| c\nd\n')).toBeUndefined()
})

import { expect, test } from 'bun:test'
import { highlightLines } from '../../src/workspace/highlight.ts'

const LINES: [string, string, number][] = [
  ['a.toml', 'a', 20_000],
  ['.env', '_', 1_000],
  ['a.cs', ' a', 20_000],
  ['a.ts', 'a', 190_000],
]

test.each(LINES)('a %s of “%s” in lines of %d characters does not stop the server', (path, unit, length) => {
  const line = unit.repeat(length / unit.length)
  const started = performance.now()
  const lines = highlightLines(path, `${line}\n`.repeat(Math.floor(190_000 / length)))
  expect(performance.now() - started).toBeLessThan(1_000)
  expect(lines[0]).toContain(line.slice(0, 20))
})

test('an ordinary long file is highlighted', () => {
  const line = 'export const answer = 42 // what was asked for, in a line of usual length, and a few words more'
  expect(highlightLines('a.ts', `${line}\n`.repeat(1_900))[1_899]).toContain('hljs-keyword')
})

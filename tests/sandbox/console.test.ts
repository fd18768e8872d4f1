import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { cleanOutput, openConsole } from '../../src/sandbox/console.ts'
import { worked } from '../support/worked.ts'

test.each([
  ['colours', '\x1b[1;31mred\x1b[0m and \x1b[38;5;200mpink', 'red and pink'],
  ['a cursor that goes up and wipes', 'a\x1b[2K\x1b[1Ab\x1b[H', 'ab'],
  ['a title, and a link', '\x1b]0;owned\x07x\x1b]8;;http://evil\x1b\\here\x1b]8;;\x1b\\', 'xhere'],
  ['a request for an answer, typed back by the terminal', '\x1bP$q"p\x1b\\\x1b[6n\x1b[c.', '.'],
  ['the 8-bit forms', '\x9b31mred\u009b0m', 'red'],
  ['a bar that overwrites itself', '10%\r20%\r\n30%\r\r\n', '10%\n20%\n30%\n'],
  ['bells, backspaces and zeros', 'a\x07b\x08c\0d', 'abcd'],
  ['marks that turn text around', 'safe\u202Eexe.txt\u2066', 'safeexe.txt'],
  ['tabs, letters and lines', 'ä\t字\n🙂', 'ä\t字\n🙂'],
])('output is fit for a page: %s', (_what, given, clean) => {
  expect(cleanOutput(given)).toBe(clean)
})

test('output in any pieces comes out as in one', () => {
  const part = fc.constantFrom(
    'a',
    '\n',
    '\r',
    '\x1b',
    '[',
    '31m',
    ']',
    '0;t',
    '\x07',
    '\\',
    'P',
    '\x9b',
    '2K',
    'ä',
    ' ',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), fc.array(fc.nat(60), { maxLength: 8 }), (parts, cuts) => {
      const text = parts.join('')
      const at = [0, ...cuts.toSorted((a, b) => a - b).map((cut) => Math.min(cut, text.length)), text.length]
      const console = openConsole()
      const pieces = at.slice(1).map((end, i) => console.take(text.slice(at[i], end)))
      expect(pieces.join('') + console.rest()).toBe(cleanOutput(text))
    }),
    { numRuns: 3_000 },
  )
})

test('a sequence without end is not kept for ever, and takes no time to see through', () => {
  const began = worked()
  const console = openConsole()
  let out = ''
  for (let i = 0; i < 200; i++)
    out += console.take(`${'\x1b]'.repeat(5_000)}${'x'.repeat(50_000)}${'\r'.repeat(50_000)}x`)
  expect(out.length + console.rest().length).toBeLessThan(200 * 160_000)
  expect(worked() - began).toBeLessThan(5_000)
})

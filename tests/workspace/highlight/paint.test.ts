import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { KINDS } from '../../../src/workspace/highlight/kinds.ts'
import { paintLine } from '../../../src/workspace/highlight/paint.ts'

const textOf = (html: string) =>
  html
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#x27;|&#39;/g, "'")
    .replace(/&amp;/g, '&')
const colours = (...numbers: number[]) => new Uint16Array(numbers)

test('each part that is not plain has a class, and what differs is marked across parts', () => {
  expect(paintLine('const a = "<b>"', colours(5, 2, 5, 0, 5, 4))).toBe(
    '<span class="tok-word">const</span> a = <span class="tok-text">&quot;&lt;b&gt;&quot;</span>',
  )
  expect(paintLine('const a', colours(5, 2), [[3, 7]])).toBe(
    '<span class="tok-word">con</span><mark><span class="tok-word">st</span></mark><mark> a</mark>',
  )
})

test('a line that is very long is cut, and says how much is left', () => {
  expect(paintLine('x'.repeat(5_000), colours())).toBe(`${'x'.repeat(4_000)}<small>… 1000 more characters</small>`)
})

test('marks that turn text around, or end a line for a browser alone, are shown as what they are', () => {
  const html = paintLine('a\u202Eb\rc\u2066\uFEFF', colours())
  expect(html).not.toMatch(/[\u202E\r\u2066\uFEFF]/)
  expect(html).toBe('a<span class="odd">U+202E</span>b<span class="odd">U+000D</span>c<span class="odd">U+2066</span>')
})

test('whatever the line, its colours and marks, the HTML is whole, safe, without style, and says the same', () => {
  const text = fc.oneof(
    fc
      .array(fc.constantFrom('<', '>', '"', "'", '&', '</span>', '<script>', 'a', ' ', 'é', '💡'))
      .map((all) => all.join('')),
    fc.string({ unit: 'grapheme' }).map((line) => line.replace(/[\r\n]/g, '')),
  )
  const parts = fc.array(fc.tuple(fc.nat(9), fc.nat(KINDS.length - 1)), { maxLength: 8 })
  const marks = fc
    .uniqueArray(fc.nat(30), { maxLength: 6 })
    .map((all) => all.toSorted((a, b) => a - b))
    .map((all) => all.slice(1).flatMap((to, at): [number, number][] => (at % 2 ? [] : [[all[at]!, to]])))
  fc.assert(
    fc.property(text, parts, marks, (line, kinds, marked) => {
      fc.pre(!/[\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFEFF]/.test(line))
      const html = paintLine(line, colours(...kinds.flat()), marked)
      expect(textOf(html)).toBe(line)
      expect(html).not.toMatch(/<(?!span class="tok-[a-z]+">|\/span>|mark>|\/mark>)/)
      for (const tag of ['span', 'mark'])
        expect(html.split(new RegExp(`<${tag}\\b`)).length).toBe(html.split(`</${tag}>`).length)
    }),
    { numRuns: 500 },
  )
})

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { highlightLines } from '../../src/workspace/highlight.ts'

const textOf = (html: string) =>
  html
    .replace(/<[^>]*>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&quot;/g, '"')
    .replace(/&#x27;|&#39;/g, "'")
    .replace(/&amp;/g, '&')

test('code is marked with classes and nothing else', () => {
  expect(highlightLines('a.js', 'const a = "b"\n')).toEqual([
    '<span class="hljs-keyword">const</span> a = <span class="hljs-string">&quot;b&quot;</span>',
  ])
})

test('a span over several lines is closed and opened again on each', () => {
  expect(highlightLines('a.js', '/* one\ntwo */ x')).toEqual([
    '<span class="hljs-comment">/* one</span>',
    '<span class="hljs-comment">two */</span> x',
  ])
})

test.each(['a.html', 'a.txt', 'a.unknown', 'a.md', 'a.css', 'Dockerfile', 'a.toml', 'a.vue', 'a.svg'])(
  'markup in %s is text, never markup',
  (path) => {
    const html = highlightLines(path, '<script>alert("1")</script><img src=x onerror=alert(1)>').join('\n')
    expect(html).not.toMatch(/<(?!\/?span\b)/)
    expect(textOf(html)).toBe('<script>alert("1")</script><img src=x onerror=alert(1)>')
  },
)

test('a text that is too long is shown plain, and soon', () => {
  const began = performance.now()
  const lines = highlightLines('a.js', 'const a = 1\n'.repeat(20_000))
  expect(lines).toHaveLength(20_000)
  expect(lines[0]).toBe('const a = 1')
  expect(performance.now() - began).toBeLessThan(1_000)
})

test('an empty file is one empty line; line ends of any kind end lines', () => {
  expect(highlightLines('a.js', '')).toEqual([''])
  expect(highlightLines('a.txt', '\uFEFFa\r\nb\rc\n')).toEqual(['a', 'b', 'c'])
})

test('whatever the text, each line is whole, safe HTML that says the same', () => {
  const path = fc.constantFrom('a.js', 'a.html', 'a.css', 'a.md', 'a.py', 'a.json', 'a.yaml', 'a.php', 'a.txt', 'a.sh')
  const piece = fc.constantFrom(
    '/*',
    '*/',
    '<',
    '>',
    '"',
    "'",
    '`',
    '&amp;',
    '\n',
    '{',
    '}',
    '<!--',
    '-->',
    '```',
    '# ',
    '${',
    'a',
    ' ',
    '<?php',
    '</span>',
    '<b>',
  )
  const text = fc.oneof(
    fc.array(piece).map((all) => all.join('')),
    fc.string({ unit: 'grapheme' }),
  )
  fc.assert(
    fc.property(path, text, (name, raw) => {
      const clean = raw
        .replace(/^\uFEFF/, '')
        .replace(/\r\n?/g, '\n')
        .replace(/\n$/, '')
      const lines = highlightLines(name, raw)
      expect(lines.map(textOf).join('\n')).toBe(clean)
      for (const line of lines) {
        expect(line).not.toMatch(/<(?!span class="[\w .-]+">|\/span>)/)
        expect(line.split('<span ').length).toBe(line.split('</span>').length)
      }
    }),
    { numRuns: 600 },
  )
})

import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { impactOf, lostNames } from '../../../src/files/impact/impact.ts'
import { mayMention, openMentions, traceOf, traceOfFile, wordsOf } from '../../../src/files/impact/mentions.ts'

test('the words of a text are all runs of letters, digits and _, once', () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ unit: 'grapheme' }), (a, b) => {
      const text = `${a} ${b}`
      expect(wordsOf(text)).toEqual(wordsOf((text.match(/\w+/g) ?? []).reverse().join('-')))
      expect(wordsOf(text).length).toBe(new Set(text.match(/\w+/g)).size)
    }),
  )
})

test.each([
  ['cart.js', 'export const $el = 1', "import { $el } from './cart.js'", 'a.js'],
  ['cart.js', 'export default 1', "import x from './cart.js'", 'a.js'],
  ['lib/index.js', 'export default 1', "import x from './index.js'", 'lib/a.js'],
  ['style.css', '.card-head { top: 0 }', '<p class="big card-head">', 'a.html'],
  ['style.css', ':root { --ink-2: red }', 'a { color: var(--ink-2) }', 'b.css'],
  ['page.html', '<p id="größe">', 'a { } /* */ const x = "#größe"', 'a.js'],
  ['server.js', "app.get('/user/:id', f)", `fetch(\`/user/\${id}\`)`, 'a.js'],
  ['shop/cart.py', 'def total(x):\n  return x', 'from shop.cart import total', 'a.py'],
])('a text that refers to what %s has lost is never passed over: %s', (path, before, other, at) => {
  const texts = new Map([
    [path, before],
    [at, other],
  ])
  const after = new Map(texts).set(path, '')
  const all = impactOf(texts, after)
  expect(lostNames(texts, after).length).toBeGreaterThan(0)
  const picked = impactOf(texts, after, (name) => mayMention(wordsOf(other), traceOf(name, name.path)))
  expect(picked).toEqual(all)
  expect(all.length).toBeGreaterThan(0)
})

test('a file is looked for by its name, where it may not be left out or be written otherwise', () => {
  const mentions = (text: string, path: string) => mayMention(wordsOf(text), traceOfFile(path))
  expect(mentions("import './cart'", 'src/cart.js')).toBe(true)
  expect(mentions("import './total'", 'src/cart.js')).toBe(false)
  expect(mentions("import '.'", 'src/index.js')).toBe(true)
  expect(mentions('<img src="my%20shop.png">', 'my shop.png')).toBe(true)
})

test('words are kept up to a bound; those that were asked for last stay', () => {
  const mentions = openMentions(4)
  mentions.keep('a', 'one two')
  mentions.keep('b', 'three four')
  mentions.known('a')
  mentions.keep('c', 'five')
  expect(['a', 'b', 'c'].map((hash) => mentions.known(hash) !== undefined)).toEqual([true, false, true])
})

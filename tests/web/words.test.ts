import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { renderView } from '../../src/web/views.ts'
import { blocksOf } from '../../src/web/words.ts'

test('paragraphs, lists, code and emphasis are told apart; all else is text', () => {
  expect(blocksOf('# Done\nIt **is** `so`.\n\n- one\n- two\n1. first\n\n```html\n<b>\n\n```\n[a](http://b)')).toEqual([
    {
      kind: 'paragraph',
      lines: [
        [{ kind: 'text', text: 'Done' }],
        [
          { kind: 'text', text: 'It ' },
          { kind: 'strong', text: 'is' },
          { kind: 'text', text: ' ' },
          { kind: 'code', text: 'so' },
          { kind: 'text', text: '.' },
        ],
      ],
    },
    { kind: 'list', ordered: false, items: [[{ kind: 'text', text: 'one' }], [{ kind: 'text', text: 'two' }]] },
    { kind: 'list', ordered: true, items: [[{ kind: 'text', text: 'first' }]] },
    { kind: 'code', text: '<b>\n' },
    { kind: 'paragraph', lines: [[{ kind: 'text', text: '[a](http://b)' }]] },
  ])
})

test('code that is still being typed is code, and half a mark is text', () => {
  expect(blocksOf('```js\nlet a')).toEqual([{ kind: 'code', text: 'let a' }])
  expect(blocksOf('It **is')).toEqual([{ kind: 'paragraph', lines: [[{ kind: 'text', text: 'It **is' }]] }])
})

test('whatever a model says becomes no markup but ours', () => {
  const bits = fc.array(
    fc.constantFrom(
      '<script>',
      '</pre>',
      '`',
      '**',
      '```',
      '\n',
      '- ',
      '1. ',
      '"',
      "'",
      '&',
      'x',
      '<img src=x onerror=y>',
      '# ',
    ),
  )
  fc.assert(
    fc.property(bits, (words) => {
      const html = renderView('agents/_words', { text: words.join('') })
      expect(html.replace(/<\/?(?:div|p|br|ul|ol|li|pre|code|strong)(?: class="words" dir="auto")?>/g, '')).not.toMatch(
        /[<>]/,
      )
    }),
  )
})

import { describe, expect, test } from 'bun:test'
import { renderView } from '../../../src/web/views.ts'
import { type DiffViewOptions, diffView, partOfDiff, type Side } from '../../../src/workspace/diff/view.ts'
import { type Highlighter, PLAIN } from '../../../src/workspace/highlight/highlighter.ts'

/** Colours the first four characters of each line as a comment. */
const highlighter: Highlighter = {
  colours: async (language) => (language === 'text' ? PLAIN : { of: () => new Uint16Array([4, 1]) }),
  [Symbol.dispose]: () => {},
}

const side = (text: string | null, label = 'version 1'): Side => ({
  label,
  key: Bun.hash(text ?? 'none').toString(),
  bytes: text?.length ?? 3,
  text,
  url: '/projects/p1/files/a?version=1',
  rawUrl: '/raw/a',
})
const drawn = async (path: string, before: Side | null, after: Side | null, options: DiffViewOptions = {}) =>
  renderView('workspace/_diff', { diff: await diffView(highlighter, path, before, after, options) })
const textOf = (html: string) => html.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ')

const LINES = Array.from({ length: 40 }, (_, at) => `line ${at + 1}\n`)
const BEFORE = LINES.join('')
const AFTER = LINES.with(19, 'line twenty\n').join('')

describe('the diff of a file', () => {
  test('says of each line whether it goes or comes, in a word, not by its colour alone', async () => {
    for (const view of ['split', 'inline'] as const) {
      const html = await drawn('a.txt', side('old\n'), side('new one\n'), { view })
      expect(html).toContain('<span class="hide">removed: </span>')
      expect(html).toContain('<span class="hide">added: </span>')
      expect(html).not.toMatch(/ style=| on\w+=/)
    }
  })

  test('marks the words that differ, in the colours of the language', async () => {
    const html = await drawn('a.js', side('// one two three\n'), side('// one 2 three\n'), { view: 'inline' })
    expect(html).toContain('<span class="tok-comment">// o</span>ne <mark>two</mark> three')
    expect(html).toContain('<span class="tok-comment">// o</span>ne <mark>2</mark> three')
  })

  test('shows three lines around, and leads to those that are left out', async () => {
    const more = { page: '/p?context=all', part: (from: number, to: number) => `/p?lines=${from}-${to}` }
    const diff = await diffView(highlighter, 'a.txt', side(BEFORE), side(AFTER), { more })
    expect([diff.added, diff.removed, diff.hunks.length]).toEqual([1, 1, 1])
    expect(diff.hunks[0]!.gap).toEqual({ lines: 16, page: '/p?context=all', part: '/p?lines=1-16' })
    expect(diff.gap).toEqual({ lines: 17, page: '/p?context=all', part: '/p?lines=24-40' })
    const html = renderView('workspace/_diff', { diff })
    expect(html).toContain('href="/p?context=all" hx-get="/p?lines=1-16"')
    const part = await partOfDiff(highlighter, 'a.txt', side(BEFORE), side(AFTER), { from: 1, to: 16, view: 'inline' })
    expect(part.parts.flatMap(({ rows }) => rows).map(({ old, young }) => [old, young])).toEqual(
      Array.from({ length: 16 }, (_, at) => [at + 1, at + 1]),
    )
  })

  test('numbers lead to the line in its version', async () => {
    expect(await drawn('a.txt', side('a\n'), side('b\n'))).toContain('href="/projects/p1/files/a?version=1#L1"')
  })

  test('of a new file, or one that was removed, has one side', async () => {
    const added = await diffView(highlighter, 'a.txt', null, side('a\nb\n'))
    expect([added.added, added.removed, added.before]).toEqual([2, 0, null])
    expect(textOf(await drawn('a.txt', side('a\nb\n'), null))).toContain('removed: b')
  })

  test('tells what can’t be seen: line ends that turned, a last line without one, space alone', async () => {
    const turned = await diffView(highlighter, 'a.txt', side('a\r\nb\r\n'), side('a\nb\n'))
    expect(turned.notes).toEqual(['Its lines ended with CR LF, and end with LF now.'])
    expect(textOf(renderView('workspace/_diff', { diff: turned }))).toContain('added: a LF')
    expect(textOf(await drawn('a.txt', side('a\n'), side('a')))).toContain('no line end')
    expect(await drawn('a.txt', side('\tif (x)\n'), side('  if (x)\n'))).toContain('is-spacing')
    const same = await diffView(highlighter, 'a.txt', side('\tif (x)\n'), side('  if (x)\n'), { ignoreSpace: true })
    expect([same.hunks, same.notes]).toEqual([[], ['Nothing differs but space.']])
  })

  test('where space is not looked at, each side still shows its own', async () => {
    const html = await drawn('a.txt', side('\ta\nx\n'), side('  a\ny\n'), { ignoreSpace: true })
    expect([html.includes('\ta'), html.includes('  a')]).toEqual([true, true])
  })

  test('of pictures is both, beside each other; of other bytes is their sizes', async () => {
    const html = await drawn('a.png', side(null, 'version 1'), side(null, 'version 2'))
    expect(html.match(/<img /g)).toHaveLength(2)
    expect(textOf(html)).toContain('after: version 2')
    expect(textOf(await drawn('a.zip', side(null), null))).toContain('3 bytes before, nothing after')
  })

  test('of hostile names and contents is text', async () => {
    const evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    for (const [before, after] of [
      [side(`${evil}\n`), side(`${evil} more\n`, evil)],
      [side(null, evil), side(null, evil)],
    ] as const)
      for (const view of ['split', 'inline'] as const) {
        const html = await drawn(`${evil}.${before.text === null ? 'png' : 'html'}`, before, after, { view })
        expect(html).not.toMatch(/<script|<img src=x/)
        expect(html).toContain('&lt;script&gt;')
      }
  })

  test('of two versions that differ in thousands of lines is cut, and says so', async () => {
    const many = (word: string) => Array.from({ length: 6_000 }, (_, at) => `${word} ${at}\n`).join('')
    const { notes } = await diffView(highlighter, 'a.txt', side(many('a')), side(many('b')))
    expect(notes).toEqual(['8000 more lines that go or come are not shown here.'])
  })
})

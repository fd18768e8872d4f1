import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { readAnswer } from '../../src/llm/answer-reader.ts'

const SENTINEL = '<<<END hearth:a1b2c3d4>>>'
const piece = fc.oneof(
  fc.constantFrom(
    '\n',
    '\n\n',
    ' ',
    '<',
    '<<',
    '<<<',
    '<<<END',
    '<<<END hearth:',
    '>>>',
    '`',
    '```',
    '```\n',
    'é',
    '🔥',
  ),
  fc.string({ maxLength: 10 }).filter((text) => !text.includes('\r')),
)
const content = fc
  .array(piece, { maxLength: 40 })
  .map((pieces) => pieces.join(''))
  .filter((text) => !text.includes(SENTINEL))
const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 20 })

describe('whatever the file and however its answer is cut into pieces', () => {
  test('the pieces that are shown are the file, and nothing of the sentinel is ever shown', () => {
    fc.assert(
      fc.property(content, sizes, (text, cuts) => {
        const file = tidy(text)
        fc.pre(!/^[ \t]*```/.test(file))
        const { shown, reader } = read(`${text}\n${SENTINEL}\nbye`, cuts, 'a.ts')
        expect(reader.done).toBe(true)
        expect(shown.at(-1)).toBe(file)
        for (const soFar of shown) expect(file.startsWith(soFar)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('a fence around the whole is not part of it', () => {
    fc.assert(
      fc.property(content, sizes, fc.constantFrom('', 'ts', 'html'), (text, cuts, language) => {
        const file = tidy(text)
        fc.pre(file !== '' && !/\n[ \t]*`+\n$/.test(file) && !/^[ \t]*`+\n$/.test(file) && text.trimStart() === text)
        const { shown, reader } = read(`\`\`\`${language}\n${text}\n\`\`\`\n${SENTINEL}\n`, cuts, 'a.ts')
        expect(reader.fenced).toBe(true)
        expect(shown.at(-1)).toBe(file)
        for (const soFar of shown) expect(file.startsWith(soFar)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test('an answer that is cut is not done, and shows no more than what came', () => {
    fc.assert(
      fc.property(content, sizes, fc.integer({ min: 0, max: SENTINEL.length - 1 }), (text, cuts, of) => {
        const { shown, reader } = read(`${text}\n${SENTINEL.slice(0, of)}`, cuts, 'a.ts')
        expect(reader.done).toBe(false)
        fc.pre(!/^[ \t]*```/.test(tidy(text)))
        expect(tidy(text).startsWith(shown.at(-1)!)).toBe(true)
      }),
    )
  })
})

test('a Markdown file may begin and end with a fence of its own', () => {
  const file = '```sh\nbun start\n```\n\nThen:\n\n```sh\nbun test\n```\n'
  expect(read(`${file}${SENTINEL}`, [5], 'README.md').shown.at(-1)).toBe(file)
})

test('a Markdown file in a Markdown fence comes out of it', () => {
  expect(read(`\`\`\`markdown\n# Hi\n\`\`\`\n${SENTINEL}`, [3], 'README.md').shown.at(-1)).toBe('# Hi\n')
})

test('a line that the answer is asked to repeat is not taken for a fence', () => {
  const reader = readAnswer({ sentinel: SENTINEL, path: 'a.txt', anchor: '```js' })
  expect(reader.push('```js\nx\n```\n')).toBe('```js\nx\n```')
})

test('an empty file is a file', () => {
  const { shown, reader } = read(`${SENTINEL}\n`, [4], 'empty.txt')
  expect(reader.done).toBe(true)
  expect(shown.at(-1)).toBe('')
})

test('a sentinel on the last line of the file ends it all the same', () => {
  expect(read(`</html>${SENTINEL}`, [9], 'index.html').shown.at(-1)).toBe('</html>\n')
})

/** What a file becomes: no blank lines before it, and one newline at its end. */
function tidy(text: string): string {
  const file = text.replace(/^(?:[ \t]*\r?\n)+/, '').trimEnd()
  return file === '' ? '' : `${file}\n`
}

function read(answer: string, cuts: number[], path: string) {
  const reader = readAnswer({ sentinel: SENTINEL, path })
  const shown = ['']
  for (let at = 0, i = 0; at < answer.length; i++) {
    const size = cuts[i % cuts.length]!
    shown.push(shown.at(-1)! + reader.push(answer.slice(at, at + size)))
    at += size
  }
  return { shown, reader }
}

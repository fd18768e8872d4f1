import { afterAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import { languageOf } from '../../../src/files/languages.ts'
import { openHighlighter } from '../../../src/workspace/highlight/highlighter.ts'
import { COLOURED, KINDS } from '../../../src/workspace/highlight/kinds.ts'
import { paintLine } from '../../../src/workspace/highlight/paint.ts'
import { GRAMMARS } from '../../../src/workspace/highlight/shiki.ts'
import { SAMPLES } from './samples.ts'

setDefaultTimeout(60_000)

/** A busy machine takes long to compile a grammar's expressions; none of it is waited for elsewhere. */
const highlighter = openHighlighter({ colourMs: 20_000, graceMs: 20_000 })
afterAll(() => highlighter[Symbol.dispose]())

async function kindsIn(path: string, text: string): Promise<string[]> {
  const lines = text.split('\n')
  const colours = await highlighter.colours(languageOf(path), Bun.hash(text).toString(), lines)
  return lines.flatMap((line, at) => {
    const found: string[] = []
    let from = 0
    const numbers = colours.of(at)
    for (let part = 0; part < numbers.length; part += 2) {
      const to = from + numbers[part]!
      if (numbers[part + 1]) found.push(`${KINDS[numbers[part + 1]!]}: ${line.slice(from, to).trim()}`)
      from = to
    }
    expect(from).toBeLessThanOrEqual(line.length)
    return found
  })
}

test('each language that is coloured has a grammar, and a sample here', () => {
  expect([...COLOURED].sort()).toEqual(Object.keys(GRAMMARS).sort())
  expect([...COLOURED].sort()).toEqual([...new Set(Object.keys(SAMPLES).map(languageOf))].sort())
})

describe('the expressions of each grammar work, and find the kinds of words:', () => {
  test.each(Object.entries(SAMPLES))('%s', async (path, [text, ...wanted]) => {
    const found = await kindsIn(path, text)
    for (const each of wanted) expect(found).toContain(each)
  })
})

test('what goes over several lines is coloured on each', async () => {
  expect(await kindsIn('a.js', '/* one\ntwo */ x')).toEqual(['comment: /* one', 'comment: two */'])
})

test('markup in a file is text in the page, never markup', async () => {
  const line = '<script>alert("1")</script><img src=x onerror=alert(1)>'
  for (const path of ['a.html', 'a.vue', 'a.svg', 'a.md', 'a.txt']) {
    const colours = await highlighter.colours(languageOf(path), path, [line])
    const html = paintLine(line, colours.of(0))
    expect(html).not.toMatch(/<(?!\/?span\b)| style=/)
    expect(html.replace(/<[^>]*>/g, '')).toBe(Bun.escapeHTML(line))
  }
})

test('the same content is coloured once, also when it is asked for twice at the same time', async () => {
  let asked = 0
  using counted = openHighlighter({ start: () => counting(() => asked++) })
  const ask = (key: string) => counted.colours('css', key, ['a { color: red }'])
  const [one, two] = await Promise.all([ask('same'), ask('same')])
  expect([...one.of(0)]).toEqual([...two.of(0)])
  await ask('same')
  expect(asked).toBe(1)
  await ask('other')
  expect(asked).toBe(2)
})

test('what was longest unused is forgotten first, when there is more than may be kept', async () => {
  let asked = 0
  using small = openHighlighter({ start: () => counting(() => asked++), cachedBytes: 600, colourMs: 30_000 })
  const ask = (key: string) => small.colours('css', key, ['a { color: red }'])
  for (const key of ['a', 'b', 'a', 'c', 'a']) await ask(key)
  expect(asked).toBe(3)
  await ask('b')
  expect(asked).toBe(4)
})

test('a Worker that dies leaves its text plain, and the next text gets another one', async () => {
  const started: number[] = []
  using dying = openHighlighter({
    start: () => {
      started.push(1)
      return new Worker(join(import.meta.dir, 'fixtures/dying-worker.ts'), { ref: false })
    },
  })
  expect([...(await dying.colours('css', 'die', ['die'])).of(0)]).toEqual([])
  expect([...(await dying.colours('css', 'live', ['live'])).of(0)]).toEqual([4, 1])
  expect(started).toHaveLength(2)
})

test('a text that keeps its Worker busy for ever is plain when its time is up; when two of them can’t even be ended, all is plain at once', async () => {
  let started = 0
  using hung = openHighlighter({
    start: () => {
      started++
      return unending(new Worker(join(import.meta.dir, 'fixtures/silent-worker.ts'), { ref: false }))
    },
    colourMs: 1,
    graceMs: 20,
  })
  for (const key of ['a', 'b', 'c', 'd']) expect([...(await hung.colours('css', key, ['x'])).of(0)]).toEqual([])
  expect(started).toBe(2)
})

test('a text that keeps its Worker busy costs no more than that Worker', async () => {
  let started = 0
  using slow = openHighlighter({
    start: () => {
      started++
      return new Worker(join(import.meta.dir, 'fixtures/silent-worker.ts'), { ref: false })
    },
    colourMs: 1,
    graceMs: 500,
  })
  for (const key of ['a', 'b', 'c']) expect([...(await slow.colours('css', key, ['x'])).of(0)]).toEqual([])
  expect(started).toBe(3)
})

test('a text that is too long, or of no language that is known, starts no Worker', async () => {
  using idle = openHighlighter({
    start: () => {
      throw new Error('started')
    },
  })
  expect([...(await idle.colours('text', 'a', ['const a = 1'])).of(0)]).toEqual([])
  expect([...(await idle.colours('css', 'b', ['x'.repeat(700_000)])).of(0)]).toEqual([])
})

test('while a file is coloured the server goes on: its thread is never held up', async () => {
  const line = 'a'.repeat(1_900)
  let longest = 0
  let before = performance.now()
  const ticking = setInterval(() => {
    longest = Math.max(longest, performance.now() - before)
    before = performance.now()
  }, 5)
  using hostile = openHighlighter({ colourMs: 1_500, graceMs: 300 })
  await hostile.colours('typescript', 'hostile', new Array<string>(100).fill(line))
  clearInterval(ticking)
  expect(longest).toBeLessThan(1_000)
}, 60_000)

/** As one that an expression without end runs in: what it is told does not reach it any more. */
function unending(worker: Worker): Worker {
  return Object.assign(worker, { terminate: () => {} })
}

/** The Worker itself, with its requests counted. */
function counting(count: () => void): Worker {
  const worker = new Worker(new URL('../../../src/workspace/highlight/worker.ts', import.meta.url).href, { ref: false })
  const post = worker.postMessage.bind(worker)
  return Object.assign(worker, {
    postMessage: (request: unknown) => {
      count()
      post(request)
    },
  })
}

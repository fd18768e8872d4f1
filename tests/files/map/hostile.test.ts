import { expect, test } from 'bun:test'
import type { MapFile } from '../../../src/files/map/graph.ts'
import { rank } from '../../../src/files/map/rank.ts'
import { outline } from '../../../src/files/symbols/outline.ts'
import { worked } from '../../support/worked.ts'

/** What patterns that backtrack stumble over. */
const BITS = [
  ' ',
  '\t',
  '<h1 ',
  '<h1><a',
  '<a><',
  '"a',
  '"a/b',
  '("',
  '{;--a',
  '} ',
  '# #',
  'aB',
  'a-',
  ' id="',
  "'./x'",
  '\n"./a.b"',
  '<h1>\t ',
]
const LENGTH = 480_000
const BOUND_MS = 2_000

test('no text keeps the server from its work, in long rows or short ones', async () => {
  for (const bit of BITS) {
    const row = bit.repeat(500)
    const texts = [bit.repeat(LENGTH / bit.length), `${row}\n`.repeat(LENGTH / row.length)]
    for (const text of texts) {
      const startedAt = worked()
      const files = ['html', 'css', 'markdown'].map((language) => fileOf(`a.${language}`, text, language))
      await rank(files, { text: 'a h1 id' })
      expect([bit, worked() - startedAt < BOUND_MS]).toEqual([bit, true])
    }
  }
}, 60_000)

test('two thousand files that all define what all use are ranked as quickly', async () => {
  const names = ['render', 'update', 'start', 'stop']
  const symbols = {
    definitions: names.map((name) => ({ name, kind: 'function', line: 1, signature: name, depth: 0 })),
    references: names.map((name): [string, number] => [name, 2]),
  }
  const files = Array.from({ length: 2_000 }, (_, i) => ({ path: `${i}.js`, text: 'render', symbols }))
  const startedAt = worked()
  expect(await rank(files, { text: 'render' })).toHaveLength(2_000)
  expect(worked() - startedAt).toBeLessThan(BOUND_MS)
})

function fileOf(path: string, text: string, language: string): MapFile {
  return { path, text, symbols: outline(language, text) }
}

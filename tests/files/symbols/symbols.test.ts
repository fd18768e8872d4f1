import { afterAll, describe, expect, test } from 'bun:test'
import { languageOf } from '../../../src/files/languages.ts'
import { GRAMMARS, grammarFor } from '../../../src/files/symbols/grammars.ts'
import type { Parsing } from '../../../src/files/symbols/parsing.ts'
import { openSymbols } from '../../../src/files/symbols/symbols.ts'
import { SAMPLES } from './samples.ts'

const NEVER = new AbortController().signal
const symbols = openSymbols()
afterAll(() => symbols[Symbol.dispose]())

describe('what a file defines and uses is found in', () => {
  test.each(SAMPLES.map((sample) => [sample.path, sample] as const))('%s', async (_, { path, text, defines, uses }) => {
    const [found] = await symbols.read([{ path, text }], NEVER)
    expect(found!.definitions.map((one) => [one.kind, one.name, one.line, one.signature, one.depth])).toEqual(defines)
    expect(found!.references.map(([name]) => name)).toEqual(expect.arrayContaining(uses))
  })
})

test('every grammar on board has a sample', () => {
  const read = new Set(SAMPLES.map(({ path }) => grammarFor(languageOf(path))))
  expect(GRAMMARS.filter((name) => !read.has(name))).toEqual([])
})

test('names that are used more than once are counted', async () => {
  const [found] = await symbols.read([{ path: 'a.js', text: 'b(); c(); b()' }], NEVER)
  expect(found!.references).toEqual([
    ['b', 2],
    ['c', 1],
  ])
})

test('a file with errors gives what can be read of it', async () => {
  const [found] = await symbols.read([{ path: 'a.ts', text: 'function good() {}\nclass { ( [' }], NEVER)
  expect(found!.definitions.map(({ name }) => name)).toEqual(['good'])
})

test('what was read once is not parsed again, whatever the file is called', async () => {
  const parsed: string[] = []
  using reader = openSymbols(counting(parsed))
  await reader.read([{ path: 'a.js', text: 'one()' }], NEVER)
  await reader.read(
    [
      { path: 'b.mjs', text: 'one()' },
      { path: 'a.js', text: 'two()' },
    ],
    NEVER,
  )
  expect(parsed).toEqual(['one()', 'two()'])
})

test('the cache lets go of what was not asked for longest', async () => {
  const parsed: string[] = []
  using reader = openSymbols(counting(parsed, 90_000))
  const read = (text: string) => reader.read([{ path: 'a.js', text }], NEVER)
  for (const text of ['one', 'two', 'one', 'three', 'one', 'two']) await read(text)
  expect(parsed).toEqual(['one', 'two', 'three', 'two'])
})

test('a file of half a million characters is not parsed', async () => {
  const parsed: string[] = []
  using reader = openSymbols(counting(parsed))
  const [found] = await reader.read([{ path: 'a.js', text: 'x'.repeat(500_001) }], NEVER)
  expect([found, parsed]).toEqual([{ definitions: [], references: [] }, []])
})

test('once the time of a call is up, its other files have no symbols', async () => {
  using reader = openSymbols(counting([]), 1_000, 0)
  const [late] = await reader.read([{ path: 'a.js', text: 'one()' }], NEVER)
  expect(late!.references).toEqual([])
})

test('an aborted call ends with the reason', async () => {
  await expect(symbols.read([{ path: 'a.js', text: 'x' }], AbortSignal.abort(new Error('gone')))).rejects.toThrow(
    'gone',
  )
})

/** Parses nothing; notes what it was given. */
function counting(parsed: string[], references = 1): Parsing {
  return {
    parse: async (_, text) => {
      parsed.push(text)
      return { definitions: [], references: Array.from({ length: references }, (_, i) => [`${i}`, 1]) }
    },
    errors: async () => undefined,
    postgres: async () => undefined,
    [Symbol.dispose]: () => {},
  }
}

import { describe, expect, test } from 'bun:test'
import { loadGrammar } from '../../../src/files/symbols/grammars.ts'
import { openParsing, PARSER } from '../../../src/files/symbols/parsing.ts'

const FAILING = new URL('./fixtures/failing-parser.ts', import.meta.url).href
const GOOD = { definitions: [], references: [['fine', 1]] }

describe('after a parser that', () => {
  const faults: [string, string][] = [
    ['throws', 'throw'],
    ['fails when nobody asks', 'reject'],
    ['ends', 'exit'],
    ['loops for ever', 'loop'],
  ]
  test.each(faults)('%s, that file has no symbols, and the next is read by a new one', async (_, text) => {
    const workers = counted(FAILING)
    using parsing = openParsing(workers)
    expect(await parsing.parse('c', text, text === 'loop' ? -2_900 : 1_000)).toBeUndefined()
    expect(await parsing.parse('c', 'fine', 1_000)).toEqual(GOOD as never)
    expect(workers.started()).toBe(2)
  })
})

test('a grammar that the engine can’t load costs only its own files', async () => {
  const load = (name: string) => ({
    ...loadGrammar(name),
    ...(name === 'c' ? { wasm: new Uint8Array([0, 97, 115]) } : {}),
  })
  using parsing = openParsing({ load })
  expect(await parsing.parse('c', 'int a();', 1_000)).toBeUndefined()
  expect(await parsing.parse('go', 'package a\nfunc B() {}', 1_000)).toMatchObject({ definitions: [{ name: 'B' }] })
})

test('a parse that takes too long is given up, and the same parser reads the next file', async () => {
  const workers = counted(PARSER)
  using parsing = openParsing(workers)
  const long = 'function a() { return [1, 2, { b: 3 }] }\n'.repeat(10_000)
  expect(await parsing.parse('javascript', long, 1)).toBeUndefined()
  expect(await parsing.parse('javascript', 'function a() {}', 5_000)).toMatchObject({ definitions: [{ name: 'a' }] })
  expect(workers.started()).toBe(1)
})

test('two files at once take turns', async () => {
  using parsing = openParsing({ start: () => new Worker(FAILING) })
  const all = await Promise.all([
    parsing.parse('c', 'a', 5_000),
    parsing.parse('c', 'throw', 5_000),
    parsing.parse('c', 'b', 5_000),
  ])
  expect(all.map((symbols) => symbols?.references[0]?.[0])).toEqual(['a', undefined, 'b'])
})

test('after two parsers that can’t even be ended no other is started', async () => {
  let started = 0
  const start = () => {
    started++
    return Object.assign(new EventTarget(), { postMessage() {}, terminate() {} }) as unknown as Worker
  }
  using parsing = openParsing({ start, graceMs: 5 })
  for (let i = 0; i < 4; i++) expect(await parsing.parse('c', 'x', 1)).toBeUndefined()
  expect(started).toBe(2)
})

function counted(url: string) {
  let count = 0
  const start = () => {
    count++
    return new Worker(url)
  }
  return { start, started: () => count }
}

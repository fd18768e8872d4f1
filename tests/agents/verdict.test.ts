import { expect, test } from 'bun:test'
import { judge } from '../../src/agents/verdict.ts'
import type { Fault } from '../../src/files/validate/fault.ts'
import type { Compilers } from '../../src/sandbox/compilers.ts'

const NEVER = new AbortController().signal

test('an exact parser is asked first, and the compiler not at all where it has spoken', async () => {
  const asked: string[] = []
  const verdict = await judge({ compilers: saying([], asked) }, { path: 'a.json', text: '{\n "a": }' }, NEVER)
  expect(verdict).toEqual({ faults: [expect.stringMatching(/^line 2, column \d+: .* in “"a": }”$/)], hints: [] })
  expect(asked).toEqual([])
})

test('the compiler’s word is sure, and makes a grammar’s superfluous', async () => {
  const broken = 'def f(:\n'
  const fault = { line: 1, column: 7, message: 'invalid syntax', text: 'def f(:' }
  expect(await judge({ compilers: saying([fault]) }, { path: 'a.py', text: broken }, NEVER)).toEqual({
    faults: ['line 1, column 7: invalid syntax in “def f(:”'],
    hints: [],
  })
  expect(await judge({ compilers: saying([]) }, { path: 'a.py', text: broken }, NEVER)).toEqual({
    faults: [],
    hints: [],
  })
})

test('where nothing could compile it, the grammar gives hints and refuses nothing', async () => {
  for (const compilers of [undefined, { check: async () => new Map() }]) {
    const { faults, hints } = await judge({ compilers }, { path: 'a.py', text: 'def f(:\n' }, NEVER)
    expect(faults).toEqual([])
    expect(hints).toEqual([expect.stringMatching(/^line 1, column \d+: /)])
  }
})

test('of a file that was there only what is new counts: of parsers, compilers and grammars', async () => {
  const json = (text: string, before: string) => judge({}, { path: 'a.json', text, before }, NEVER)
  expect((await json('{\n "a": ,\n "b": 1 }', '{\n "a": ,\n "b": 2 }')).faults).toEqual([])
  expect((await json('{\n "a": 1,\n "b": }', '{\n "a": 1,\n "b": 2 }')).faults).toHaveLength(1)
  const known = { line: 2, column: 1, message: 'bad', text: 'old' }
  const py = (text: string) => judge({ compilers: saying([known]) }, { path: 'a.py', text, before: 'x\nold\n' }, NEVER)
  expect((await py('y\nold\n')).faults).toEqual([])
  const go = (text: string) =>
    judge({}, { path: 'a.go', text, before: 'package a\nfunc f( {\n}\nfunc g() {\n}\n' }, NEVER)
  expect((await go('package a\nfunc f( {\n}\nfunc g() int {\n\treturn 1\n}\n')).hints).toEqual([])
  expect((await go('package a\nfunc f() {\n}\nfunc g( {\n}\n')).hints).not.toEqual([])
})

test('mending one of two errors is no new error, though the parser saw only the first before', async () => {
  const before = 'a: [1\nb: 2\n---\nc: "x\n'
  const { faults } = await judge({}, { path: 'a.yaml', text: before.replace('[1', '[1]'), before }, NEVER)
  expect(faults).toEqual([])
})

/** Compilers that say the same of every file. */
function saying(faults: Fault[], asked: string[] = []): Compilers {
  return {
    check: async (sources) => {
      asked.push(...sources.map(({ path }) => path))
      return new Map(sources.map(({ path }) => [path, faults]))
    },
  }
}

import { expect, test } from 'bun:test'
import { readdirSync } from 'node:fs'
import { commandLines, runs, testSandbox } from './support.ts'

test('a sandbox can be had where the tests run: nothing below counts without one', async () => {
  expect(await testSandbox().available()).toEqual({ kind: 'bubblewrap' })
})

test('a command runs in a copy of the files, says how it ended, and gives back what is new or changed', async () => {
  const said: string[] = []
  const { end, tail, back } = await runs('./greet.sh; echo two > b.txt; echo new > deep/c.txt; rm d.txt; exit 3', {
    files: [
      { path: 'greet.sh', content: '#!/bin/sh\necho hello; echo oh >&2\n' },
      { path: 'b.txt', content: 'one\n' },
      { path: 'deep/a.txt', content: 'same\n' },
      { path: 'd.txt', content: '' },
    ],
    onOutput: (text, stream) => said.push(`${stream}: ${text}`),
    takesBack: true,
  })
  expect(end).toEqual({ why: 'exit', code: 3 })
  expect(said.toSorted()).toEqual(['stderr: oh\n', 'stdout: hello\n'])
  expect(tail).toContain('hello\n')
  if (!back || 'refused' in back) throw new Error('nothing came back')
  expect([...back.changed].map(([path, bytes]) => [path, Buffer.from(bytes).toString()]).toSorted()).toEqual([
    ['b.txt', 'two\n'],
    ['deep/c.txt', 'new\n'],
  ])
  expect(back.gone).toEqual(['d.txt'])
})

test('names that are long or not Latin come in and out as they are', async () => {
  const path = `${'lang/'.repeat(30)}größe-${'x'.repeat(120)}.txt`
  const { back } = await runs(`printf more >> '${path}'; cp '${path}' '${path}.copy'`, {
    files: [{ path, content: 'ä' }],
    takesBack: true,
  })
  if (!back || 'refused' in back) throw new Error('nothing came back')
  expect([...back.changed.keys()].toSorted()).toEqual([path, `${path}.copy`])
})

test('a signal ends a run, and nothing of it is left', async () => {
  const stopping = new AbortController()
  const run = runs('sleep 61.25 & echo up; sleep 61.25', {
    signal: stopping.signal,
    onOutput: () => stopping.abort(),
  })
  expect((await run).end).toEqual({ why: 'stopped', said: 'It was stopped.' })
  expect(commandLines().filter((line) => line.includes('61.25'))).toEqual([])
})

test('many runs one after the other leave no handle open', async () => {
  const openAfter = async (many: number) => {
    for (let i = 0; i < many; i++) await runs('true', { takesBack: i % 2 === 0 })
    return readdirSync('/proc/self/fd').length
  }
  const few = await openAfter(3)
  expect((await openAfter(10)) - few).toBeLessThan(10) // other files of tests in this process open and close some, too
})

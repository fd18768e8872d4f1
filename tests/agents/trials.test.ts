import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { blamed, excerptOf, missing } from '../../src/agents/trial-rules.ts'
import { problemsOf, tryOut } from '../../src/agents/trials.ts'
import { systemClock } from '../../src/clock.ts'
import { DEFAULT_POLICY } from '../../src/files/scan/policy.ts'
import { openSandbox } from '../../src/sandbox/sandbox.ts'
import { writeFile } from '../../src/workspace/files.ts'
import { type TestApp, testApp } from '../support/app.ts'

const SIGNAL = { signal: new AbortController().signal }

let app: TestApp
beforeAll(async () => {
  app = await testApp({ work: false })
})
afterAll(() => app[Symbol.asyncDispose]())

/** Tries a project with these files, in the sandbox of this machine. */
async function tried(
  files: Record<string, string>,
  sandbox = openSandbox({ clock: systemClock, data: '/none', readable: [] }),
) {
  const { project } = await app.make()
  for (const [path, text] of Object.entries(files)) {
    const blob = await app.app.blobs.put(text)
    await app.app.db.write((tx) => writeFile(app.app, tx, { project: project.id, path, blob, by: 'person:ann' }))
  }
  const trials = await tryOut({ ...app.app, sandbox }, { project: project.id, policy: DEFAULT_POLICY }, SIGNAL)
  return { trials, problems: problemsOf(trials), states: trials.map(({ command, state }) => `${command}: ${state}`) }
}

test('tests that pass are told, and nothing is to be mended', async () => {
  const { states, problems } = await tried({
    'sum.ts': 'export const sum = (a: number, b: number) => a + b\n',
    'sum.test.ts':
      "import { expect, test } from 'bun:test'\nimport { sum } from './sum.ts'\ntest('sums', () => expect(sum(1, 2)).toBe(3))\n",
  })
  expect(states).toEqual(['bun test: passed'])
  expect(problems).toEqual([])
})

test('a test that fails blames the source that it names, before the test', async () => {
  const { states, problems } = await tried({
    'sum.ts':
      "export function sum(a: number, b: number): number {\n  if (b > 1) throw new Error('no idea')\n  return a + b\n}\n",
    'sum.test.ts':
      "import { expect, test } from 'bun:test'\nimport { sum } from './sum.ts'\ntest('sums', () => expect(sum(1, 2)).toBe(3))\n",
  })
  expect(states).toEqual(['bun test: failed'])
  expect(problems).toEqual([{ path: 'sum.ts', message: expect.stringContaining('no idea') }])
  expect(problems[0]!.message).toStartWith('fails “bun test” (exit code 1):\n')
})

test('Python’s tests are run by its own means', async () => {
  const { states, problems } = await tried({
    'sums.py': 'def add(a, b):\n    return a - b\n',
    'test_sums.py':
      'import unittest\nfrom sums import add\nclass T(unittest.TestCase):\n    def test_add(self):\n        self.assertEqual(add(1, 2), 3)\n',
  })
  expect(states).toEqual(['python3 -m unittest discover -p "test_*.py": failed'])
  expect(problems).toEqual([{ path: 'test_sums.py', message: expect.stringContaining('-1 != 3') }])
})

test('what lacks packages, a program, the network or tests is not run, or is no failure', async () => {
  const { trials } = await tried({
    'package.json': JSON.stringify({
      scripts: { build: 'vite build', lint: 'eslint .' },
      devDependencies: { vite: '5', eslint: '9' },
    }),
    'tests/test_a.py': 'import numpy\n',
    'README.md': '',
  })
  expect(trials.map(({ command, state, says }) => [command, state, says])).toEqual([
    [
      'bun run build',
      'skipped',
      'it needs packages (vite, eslint), which can’t be fetched: the sandbox has no network',
    ],
    ['bun run lint', 'skipped', 'it needs packages (vite, eslint), which can’t be fetched: the sandbox has no network'],
    expect.arrayContaining(['skipped']),
  ])
  expect((await tried({ 'package.json': '{"scripts":{"build":"no-such-program"}}' })).states).toEqual([
    'bun run build: skipped',
  ])
})

test('where there is no sandbox nothing is run, and it is said why', async () => {
  const refused = { refused: 'Nothing runs here: install it.' }
  const never = () => Promise.reject(new Error('it ran'))
  const { trials, problems } = await tried({ 'a.test.ts': 'x' }, { available: async () => refused, run: never })
  expect(trials).toMatchObject([{ command: 'bun test', state: 'skipped', says: refused.refused }])
  expect(problems).toEqual([])
})

test('what a person would be asked about is not run before somebody has said yes', async () => {
  const { trials, problems } = await tried({
    'tests/test_a.py': 'import os, sys\nos.system("rm -rf " + sys.argv[1])\n',
  })
  expect(trials).toMatchObject([{ state: 'skipped', says: expect.stringContaining('tests/test_a.py, line 2') }])
  expect(problems).toEqual([])
})

describe('a failure counts only where a file of the project is to blame', () => {
  const PATHS = ['src/sum.ts', 'src/sum.test.ts', 'app/views.py', 'lib/helpers/__init__.py']

  test.each([
    ['a program that is not there', 'sh: tsc: not found', 127],
    ['no tests', 'bun test v1.4\nNo tests found!', 1],
    ['no tests, in Python', '\n----\nRan 0 tests in 0.000s\n\nOK', 0],
    ['a package', "error: Cannot find package 'react' from '/work/src/sum.ts'", 1],
    ['a package of Python', "ModuleNotFoundError: No module named 'numpy.linalg'", 1],
    ['the network', 'fetch failed: getaddrinfo ENOTFOUND example.com', 1],
    ['a crate', 'error: no matching package named `serde` found', 101],
  ])('not for %s', (_what, output, code) => {
    expect(missing(output, code, PATHS)).toBeString()
  })

  test.each([
    ['a module of its own that is not there', "Cannot find module './sums.ts' from '/work/src/sum.test.ts'"],
    ['a module of its own by name', "ModuleNotFoundError: No module named 'app.models'"],
    ['a failed test', 'AssertionError: 1 != 2'],
  ])('but for %s', (_what, output) => {
    expect(missing(output, 1, PATHS)).toBeUndefined()
  })

  test.each([
    ['src/sum.ts', 'at sum (/work/src/sum.ts:3:9)\nat /work/src/sum.test.ts:4'],
    ['src/sum.ts', 'src/sum.ts(3,1): error TS2322'],
    ['src/sum.test.ts', '/work/src/sum.test.ts:3:9 fails; src/sum.ts is there'],
    ['app/views.py', '  File "/work/app/views.py", line 7, in view'],
    [undefined, 'killed, in node_modules/x/src/sum.ts:3 and other-src/sum.ts:3'],
    [undefined, 'something went wrong'],
  ])('%p is to blame', (path, output) => {
    expect(blamed(output, PATHS)).toBe(path)
  })

  test('its excerpt is what stands around the place', () => {
    const lines = Array.from({ length: 100 }, (_, i) => `line ${i}`)
    lines[50] = 'src/sum.ts:3: wrong'
    const excerpt = excerptOf(lines.join('\n'), 'src/sum.ts')
    expect(excerpt).toContain('wrong')
    expect(excerpt.split('\n')).toHaveLength(16)
    expect(excerptOf(lines.join('\n'), undefined)).toEndWith('line 99')
  })
})

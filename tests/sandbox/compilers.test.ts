import { describe, expect, test } from 'bun:test'
import { type Compilers, openCompilers } from '../../src/sandbox/compilers.ts'
import type { RunOptions, Sandbox } from '../../src/sandbox/sandbox.ts'
import { TOOLCHAINS } from '../../src/sandbox/toolchains.ts'
import { COMPILED } from './compiled-samples.ts'
import { testSandbox } from './support.ts'

const NEVER = new AbortController().signal
const SYSTEM = '/usr/local/bin:/usr/bin:/bin:/usr/local/go/bin'
const real = openCompilers({ sandbox: testSandbox(), now: Date.now })
const isHere = (language: string) => TOOLCHAINS[language]!.programs.some((name) => Bun.which(name, { PATH: SYSTEM }))
const checked = async (compilers: Compilers, path: string, text: string) =>
  (await compilers.check([{ path, text }], NEVER)).get(path)

describe('where its toolchain is installed,', () => {
  for (const { language, path, valid, broken, line, text } of COMPILED) {
    test.skipIf(!isHere(language))(`${language}: what is seldom seen, or not there, is no fault`, async () => {
      expect(await checked(real, path, valid)).toEqual([])
    })
    test.skipIf(!isHere(language))(`${language}: an error of form has its line and the line itself`, async () => {
      const [fault] = (await checked(real, path, broken)) ?? []
      expect(fault).toMatchObject({ line, text, message: expect.any(String), column: expect.any(Number) })
    })
  }

  test('many files are checked at once, each by its own name', async () => {
    const sources = Array.from({ length: 60 }, (_, i) => ({
      path: `deep/${i}/it's a “file”; $(touch x).sh`,
      text: i === 57 ? 'if true; then\n' : `echo ${i}\n`,
    }))
    const judged = await real.check(sources, NEVER)
    expect([...judged].filter(([, faults]) => faults.length > 0).map(([path]) => path)).toEqual([sources[57]!.path])
    expect(judged.size).toBe(60)
  })
})

test('every toolchain has a sample', () => {
  expect(COMPILED.map(({ language }) => language).sort()).toEqual(Object.keys(TOOLCHAINS).sort())
})

describe('nothing is judged', () => {
  test('where the sandbox is refused', async () => {
    const compilers = openCompilers({ sandbox: saying({ refused: 'no' }, 0), now: Date.now })
    expect(await checked(compilers, 'a.py', 'def f(:\n')).toBeUndefined()
  })

  test('where a toolchain is missing; and it is not looked for again for five minutes', async () => {
    let at = 0
    const asked: RunOptions[] = []
    const compilers = openCompilers({ sandbox: saying({ kind: 'bubblewrap' }, 127, '', asked), now: () => at })
    for (const pass of [0, 299_000, 2_000]) {
      at += pass
      expect(await checked(compilers, 'a.py', 'def f(:\n')).toBeUndefined()
    }
    expect(asked.length).toBe(2)
  })

  test.each([
    ['a header, which may be of several languages', 'a.h', 'int f( {\n'],
    ['a script of another shell', 'a.sh', '#!/usr/bin/env fish\nif true\nend\n'],
    [
      'a script that hands itself to another interpreter',
      'a.sh',
      '#!/bin/sh\n# \\\nexec tclsh "$0" "$@"\nproc a {} {\n}\n',
    ],
    ['a template', 'a.py', '{% if x %}\ndef f(:\n{% endif %}\n'],
  ])('of %s', async (_, path, text) => {
    const compilers = openCompilers({
      sandbox: saying(
        { kind: 'bubblewrap' },
        0,
        'f0/a.py:2:7: invalid\nf0/a.sh: line 2: no\nf0/a.h:1:8: error: expected ‘)’\n',
      ),
      now: Date.now,
    })
    expect((await checked(compilers, path, text)) ?? []).toEqual([])
  })
})

describe('a compiler that may not know enough is not believed:', () => {
  test.each([
    [
      'a header is missing',
      'a.c',
      '#include <x.h>\nT a = 1\n',
      "f0/a.c:1:10: fatal error: x.h: No such file or directory\nf0/a.c:2:5: error: expected ';'\n",
    ],
    ['it is older than the code', 'a.py', 'type A = int\n', 'f0/a.py:1:6: invalid syntax\n'],
    [
      'it says what is not about the form',
      'a.php',
      '<?php class A extends B {}\n',
      'PHP Fatal error:  Class not found in f0/a.php on line 1\n',
    ],
  ])('%s', async (_, path, text, output) => {
    const compilers = openCompilers({ sandbox: saying({ kind: 'bubblewrap' }, 0, output), now: Date.now })
    expect(await checked(compilers, path, text)).toEqual([])
  })
})

/** A sandbox in which every run ends with one code and one text. */
function saying(
  found: Awaited<ReturnType<Sandbox['available']>>,
  code: number,
  output = '',
  asked: RunOptions[] = [],
): Sandbox {
  return {
    available: async () => found,
    run: async (options) => {
      asked.push(options)
      options.onOutput?.(output, 'stdout')
      return { end: { why: 'exit', code }, durationMs: 1, tail: output, outputBytes: output.length }
    },
  }
}

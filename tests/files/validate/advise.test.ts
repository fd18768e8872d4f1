import { expect, test } from 'bun:test'
import { advise } from '../../../src/files/validate/advise.ts'
import { validate } from '../../../src/files/validate/validate.ts'

/** A broken text of each language that a grammar or a rule advises on: the line, and what stands there. */
const BROKEN: [path: string, text: string, line: number, row: string][] = [
  ['a.py', 'import a\n\ndef f(:\n    pass\n', 3, 'def f(:'],
  ['a.go', 'package a\n\nfunc f( {\n}\n', 3, 'func f( {'],
  ['a.rs', 'fn f() {\n    let = 1;\n}\n', 2, 'let = 1;'],
  ['A.java', 'class A {\n  void f( { }\n}\n', 2, 'void f( { }'],
  ['a.c', 'int f(void) {\n  return 1;\n', 2, 'return 1;'],
  ['a.cpp', 'class A {\n  int f();\n', 1, 'class A {'],
  ['a.php', '<?php\nfunction f( { }\n', 2, 'function f( { }'],
  ['a.rb', 'def f\n  x = )\nend\n', 2, 'x = )'],
  ['a.sh', 'if true; then\n  echo\n', 2, 'echo'],
  ['a.html', '<!doctype html>\n<html>\n<body>\n<p>a</p>\n', 2, '<html>'],
  ['a.md', '# A\n\n```js\nlet a\n', 3, '```js'],
  ['a.sql', 'CREATE TABLE `a` (b INT) ENGINE=InnoDB;\nINSERT INTO `a` VALUES (1,', 2, 'INSERT INTO `a` VALUES (1,'],
]

test.each(BROKEN)('%s: what seems wrong is said with its line, and refuses nothing', async (path, text, line, row) => {
  const hints = await advise(path, text)
  expect(hints).toContainEqual(expect.objectContaining({ line, text: row, column: expect.any(Number) }))
  expect(await validate(path, text)).toEqual([])
})

test.each(BROKEN)('%s: what was there before is not said again', async (path, text) => {
  expect(await advise(path, `${text}\n`, text)).toEqual([])
})

const FINE: [path: string, text: string][] = [
  [
    'a.py',
    'match = {"case": 1}\nmatch match:\n    case {"case": int(x)} if x: ...\n    case _: print(f"{x!r:>{10}}")\n',
  ],
  [
    'a.go',
    'package a\n\ntype A[T ~int | string] struct{ B[T] }\n\nfunc (a *A[T]) f(b ...chan<- int) (c error) { return }\n',
  ],
  [
    'a.rs',
    "fn f<const N: usize>(x: &[u8; N]) -> impl Fn() + '_ { let Some(a) = b else { return }; move || m![a => b] }\n",
  ],
  ['A.java', 'sealed interface A permits B { record R(int... x) { R { } } }\n'],
  ['a.c', '#define BEGIN {\n#define END }\nint f(void) BEGIN return 1; END\nint g(void) { return 2; }\n'],
  ['a.php', '<p><?= $x ?></p>\n<?php $f = fn(int &$x): static => match(true) { default => throw new E };\n'],
  ['a.rb', 'def b(a, *d, c:, **e, &f) = c&.g { _1 + %w[a b].size }\nputs <<~Y\n  end\nY\n'],
  ['a.sh', 'for ((i=0; i<3; i++)); do [[ $a =~ ^(b|c)$ ]] && a[1]+=2; done < <(cat)\n'],
  ['a.html', '<!doctype html><title>x</title><p>one<p>two<ul><li>a<li>b</ul>\n'],
  [
    'page.html',
    '{% extends "base.html" %}\n{% block x %}<p {% if y %}class="a"{% endif %}>{{ z }}</p>{% endblock %}\n',
  ],
  ['a.md', '````md\n```js\n````\n\n- list\n  ```\n  x\n  ```\n'],
  ['a.sql', 'CREATE TABLE `a` (`b` INT UNSIGNED NOT NULL AUTO_INCREMENT, KEY `k` (`b`)) ENGINE=InnoDB;\n'],
  ['a.h', '#ifdef __cplusplus\nextern "C" {\n#endif\n@interface A\n@end\n'],
]

test.each(FINE)('%s: nothing is said of what is only seldom seen', async (path, text) => {
  expect(await advise(path, text)).toEqual([])
})

test('a text that a grammar takes long for is given up, and the server goes on meanwhile', async () => {
  let turns = 0
  const beating = setInterval(() => turns++, 10)
  expect(await advise('a.cpp', '<(['.repeat(160_000))).toEqual(expect.any(Array))
  clearInterval(beating)
  expect(turns).toBeGreaterThan(3)
})

import { describe, expect, test } from 'bun:test'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { validate } from '../../../src/files/validate/validate.ts'
import { temporaryFolder } from '../../support/database.ts'
import { worked } from '../../support/worked.ts'

const VALID: [string, string][] = [
  ['app.js', 'export const a = <p>JSX in .js</p>\nawait 1\n'],
  ['old.js', '#!/usr/bin/env node\nconst x = require("y")\nmodule.exports = { x }\n'],
  ['global.js', 'var a = 1\nvar a = 2\nfunction f() {}\nf()\n'],
  ['app.jsx', 'export default () => <><b>x</b></>\n'],
  [
    'app.ts',
    'enum A { B }\nexport const x = <number>(1 as unknown) satisfies number\n@d class C { constructor(private y: string) {} }\n',
  ],
  ['app.tsx', 'export const A = <T,>(p: { x: T }) => <p>{String(p.x)}</p>\n'],
  ['types.d.ts', 'declare const VERSION: string\nexport const A: "a"\n'],
  ['a.json', '\uFEFF{"a": [1, 2, {"b": null}]}\n'],
  ['tsconfig.json', '{\n  // comments are fine here\n  "strict": true,\n}\n'],
  ['a.jsonl', '{"a":1}\n{"a":2}\n\n'],
  ['a.json5', "{a: 'b',}\n"],
  ['a.yaml', 'a: 1\nb:\n  - x: $\x7B{ github.sha }}\n---\nc: |\n  text\n'],
  ['templates/deploy.yaml', '{{- if .Values.on }}\na: {{ .Values.a }}\n{{- end }}\n'],
  ['a.toml', 'a = 1\n[b.c]\nd = 2026-01-01\n[[e]]\nf = """\nx"""\n'],
  ['a.xml', '<?xml version="1.0"?>\n<!DOCTYPE a>\n<a b="c"><!-- x --><d/>&amp;<![CDATA[<]]></a>\n'],
  ['a.svg', '<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>\n'],
  [
    'a.css',
    '@import "/etc/passwd";\n@import url("missing.css");\n@layer a, b;\n:root { --x: { }; }\n.a { &:hover { color: oklch(0.5 0.1 30); background: url(missing.png) } }\n',
  ],
  ['quotes.css', '/* } { " */ .a::before { content: "}{"; background: url(data:image/png;base64,{{) }\n'],
  ['tailwind.css', '@tailwind base;\n@theme { --c: red }\n.a { @apply p-4; }\n'],
  ['empty.css', ''],
  ['notes.txt', 'The rest of the file is history.\n... existing code ...\n'],
  ['main.py', 'def f(): ...\n\n# ... and so on\n'],
  ['README.md', '# The rest of the code\n\n```js\n// ... rest of the code unchanged\n```\n'],
]

test.each(VALID)('%s is fine', async (path, text) => {
  expect(await validate(path, text)).toEqual([])
})

const BROKEN: [string, string, number | undefined, RegExp][] = [
  ['app.js', 'const a = 1;\nlet b = ;\n', 2, /Unexpected ;/],
  ['app.js', 'const a = 1\nfunction f() {\n', 2, /end of file/],
  ['app.mjs', 'const a = 1\nconst a = 2\n', 2, /already been declared/],
  ['app.ts', 'interface A {\n  b:\n}\n', 3, /Unexpected }/],
  ['app.tsx', 'const a = <div>\n  <p></div>\n', 2, /closing/i],
  ['a.json', '{"a": 1,\n "b": }\n', 2, /Unexpected }/],
  ['a.json', '{"a": 1,\n}\n', 1, /trailing comma/],
  ['a.json', '{"a": [1,\n', 1, /end of file/],
  ['a.json', '', undefined, /./],
  ['a.jsonl', '{"a":1}\n{"a":\n', 2, /Unexpected EOF/],
  ['a.yaml', 'a: 1\nb: [1, 2\nc: 3\n', 3, /Unexpected/],
  ['a.toml', 'a = 1\na = 2\n', undefined, /redefine/],
  ['a.toml', 'b = [1, 2\nc = 3\n', 2, /array/],
  ['a.xml', '<a>\n<b></a>\n', 2, /closing tag/],
  ['a.svg', '<svg><g>', undefined, /closing tag/],
  ['a.css', '.a { color: red }\n}\n.b { color: red }\n', 2, /selector/],
  ['a.css', '.a { color: red }\n@media (width > 1px) {\n.b { color: red }\n', 2, /never closed/],
  ['a.css', '.a { color: red }\n/* the end is miss', 2, /never closed/],
  ['a.css', '.a { content: "abc\n }\n', 1, /Unexpected/],
]

test.each(BROKEN)('%s: %j is broken', async (path, text, line, said) => {
  const [fault] = await validate(path, text)
  expect(fault?.message).toMatch(said)
  if (line !== undefined) expect(fault?.line).toBe(line)
})

const LEFT_OUT: [string, string][] = [
  ['a.js', '// ... rest of the code unchanged'],
  ['a.ts', '  /* … existing imports … */'],
  ['a.tsx', '{/* ... keep the existing markup ... */}'],
  ['a.py', '# ... (rest of the implementation)'],
  ['a.py', '    # The rest of the class remains the same'],
  ['a.html', '<!-- rest of the page stays the same -->'],
  ['a.css', '/* existing styles here */'],
  ['a.sql', '-- remaining functions unchanged'],
  ['a.js', '// existing code...'],
  ['a.go', '// (other methods omitted for brevity)'],
  ['a.md', '[Rest of the chapter continues]'],
  ['a.md', '<!-- ... unchanged ... -->'],
]

test.each(LEFT_OUT)('%s: “%s” stands in for text that was left out', async (path, row) => {
  const faults = await validate(path, `\n${row}\n`)
  expect(faults).toContainEqual(
    expect.objectContaining({ line: 2, message: expect.stringContaining('stands in for text'), text: row.trim() }),
  )
})

test.each([
  ['a.js', '// the rest of the arguments are passed on'],
  ['a.js', '// unchanged values are skipped'],
  ['a.js', '// ... and many more'],
  ['a.js', '// Existing code points are kept in the table'],
  ['a.js', 'const f = (...rest) => rest'],
  ['a.py', '# previous sections is a list of the files that changed'],
  ['a.sh', '# ... remaining stack to main() ...'],
  ['a.py', 'def f():\n    """\n    urls = [\n        # ... the rest of your code goes here ...\n    ]\n    """'],
  ['a.css', '/* same colour as the page */'],
])('%s: “%s” is an ordinary comment', async (path, row) => {
  expect(await validate(path, `${row}\n`)).toEqual([])
})

describe('on real files', () => {
  const SAMPLES = [
    'node_modules/htmx.org/dist/htmx.js',
    'node_modules/elysia/dist/compose.mjs',
    'node_modules/fflate/esm/browser.js',
    'node_modules/eta/package.json',
    'node_modules/zod/package.json',
    'node_modules/drizzle-orm/package.json',
    'node_modules/lucide-static/font/lucide.css',
    'public/code.css',
    'node_modules/@fontsource-variable/inter/index.css',
    'node_modules/elysia/README.md',
    'src/db/writer.ts',
    'biome.json',
    'tsconfig.json',
    'bunfig.toml',
  ]

  test.each(SAMPLES)('%s raises no false alarm', async (path) => {
    const real = join(import.meta.dir, '../../..', path)
    expect(await validate(path, readFileSync(real, 'utf8'))).toEqual([])
  })

  test('style sheets and scripts that end in the middle are noticed', async () => {
    const cut = (path: string) => {
      const text = readFileSync(join(import.meta.dir, '../../..', path), 'utf8')
      return validate(path, text.slice(0, text.indexOf('{', text.length / 2) + 3))
    }
    expect(await cut('public/code.css')).not.toEqual([])
    expect(await cut('node_modules/htmx.org/dist/htmx.js')).not.toEqual([])
    expect(await cut('node_modules/eta/package.json')).not.toEqual([])
  })
})

test('nothing that a text imports is run, not even by the name of a macro', async () => {
  using folder = temporaryFolder()
  const mark = join(folder.path, 'it-ran')
  const macro = join(folder.path, 'macro.ts')
  writeFileSync(macro, `require('node:fs').writeFileSync(${JSON.stringify(mark)}, '')\nexport const go = () => 1\n`)
  const importing = [
    `import { go } from ${JSON.stringify(macro)} with { type: 'macro' }\nexport default go()\n`,
    `import { go } from ${JSON.stringify(`macro:${macro}`)}\nexport default go()\n`,
  ]
  for (const text of importing) for (const path of ['a.js', 'a.ts', 'a.tsx']) await validate(path, text)
  expect(existsSync(mark)).toBe(false)
})

test.each([
  ['a.yaml', '['],
  ['a.json', '['],
  ['a.toml', '['],
  ['a.js', '['],
  ['a.xml', '<a>'],
])('%s of a hundred thousand “%s” is broken, and breaks nothing', async (path, piece) => {
  expect(await validate(path, (path === 'a.toml' ? 'a=' : '') + piece.repeat(100_000))).not.toEqual([])
})

test('a file of blank lines is read in no time', async () => {
  const begun = worked()
  expect(await validate('a.yaml', '\n'.repeat(512 * 1024))).toEqual([])
  expect(worked() - begun).toBeLessThan(1_000)
})

describe('a text that was made to take long is given up in time:', () => {
  const bomb = `WITH t0 AS (SELECT 1 x)${Array.from({ length: 60 }, (_, i) => `, t${i + 1} AS (SELECT 1 x FROM t${i} a, t${i} b)`).join('')} `
  test.each([
    ['a query that names itself a billion times', 'a.sql', `${bomb}SELECT * FROM t60; SELEC`],
    ['a table made of it', 'a.sql', `CREATE TABLE x AS ${bomb}SELECT * FROM t60; SELEC`],
    ['a database named by it', 'a.sql', `ATTACH (${bomb}SELECT 1 FROM t60) AS x; SELEC`],
    ['parentheses without end', 'a.sql', '('.repeat(100_000)],
    ['statements without end', 'a.sql', ';;SELEC '.repeat(50_000)],
    ['a Dockerfile of one line', 'Dockerfile', '#'.repeat(15_900)],
    ['scripts without end', 'a.html', '<script>(</script>'.repeat(50_000)],
    ['tags without end', 'a.html', '<script '.repeat(100_000)],
    ['quotes in quotes', 'a.html', `<a b="<a b='`.repeat(50_000)],
    ['a template without end', 'a.html', `<script>(</script>${'<%'.repeat(100_000)}`],
    ['blocks without end', 'a.scss', 'a{'.repeat(100_000)],
  ])('%s', async (_, path, text) => {
    const begun = worked()
    await validate(path, text)
    expect(worked() - begun).toBeLessThan(1_500)
  })
})

import { describe, expect, test } from 'bun:test'
import { checkLinks } from '../../src/agents/check-rules.ts'
import { demoProject } from '../../src/llm/demo/project.ts'
import { ALL_BRIEFS } from '../llm/demo/briefs.ts'
import { worked } from '../support/worked.ts'

const PATHS = new Set([
  'index.html',
  'über uns.html',
  'blog/index.html',
  'blog/one.html',
  'images/a.png',
  'images/b.png',
  'styles.css',
  'fonts/x.woff2',
  'src/core.ts',
  'src/parts/index.ts',
  'data.json',
])
const said = (path: string, text: string) => {
  const { problems, notes } = checkLinks(path, text, PATHS)
  return [...problems, ...notes].map(({ message }) => message)
}
const gone = (url: string) => `points to ${url}, which is not in the project`

describe('what leads to a file of the project is fine:', () => {
  const fine: [string, string, string][] = [
    ['a page', 'index.html', '<a href="blog/one.html?x=1#top">'],
    ['a page from below', 'blog/one.html', '<a href="../index.html">'],
    ['from the top', 'blog/one.html', '<img src="/images/a.png" alt="">'],
    ['an encoded name', 'index.html', '<a href="%C3%BCber%20uns.html">'],
    ['a folder with an index', 'index.html', '<a href="blog/"><a href="blog"><a href="/"><a href="./">'],
    ['a place on the page', 'index.html', '<a href="#menu"><a href="">'],
    [
      'mail, telephone, data',
      'index.html',
      '<a href="mailto:a@b.c"><a href="tel:1"><img src="data:image/png;base64,xx">',
    ],
    ['candidates', 'index.html', '<img srcset="images/a.png 1x, images/b.png 2x" alt="">'],
    [
      'a sheet inside',
      'index.html',
      '<style>a { background: url(images/a.png) }</style><p style="background:url(&quot;images/b.png&quot;)">',
    ],
    ['a module inside', 'index.html', '<script type="module">import x from "./src/core.ts"</script>'],
    ['what is only in a comment', 'index.html', '<!-- <a href="x.html"> -->'],
    ['what a script says', 'index.html', '<script>const a = "<a href=\'x.html\'>"</script>'],
    ['a sheet', 'styles.css', '@import "styles.css"; a { src: url("fonts/x.woff2") url(#mask); /* url(no.png) */ }'],
    [
      'modules by all their names',
      'src/cli.ts',
      'import "./core.ts"; import "./core.js"; import "./core"; await import("./parts"); import d from "../data.json"',
    ],
    [
      'built-in modules',
      'src/cli.ts',
      'import fs from "node:fs"; import p from "path/posix"; import { test } from "bun:test"; import "bun"',
    ],
    [
      'a document',
      'README.md',
      '[a](index.html "title") ![b](<images/a.png>) [c][d]\n\n[d]: blog/one.html\n<img src="images/b.png"> [src](src)',
    ],
    ['code in a document', 'README.md', '`[a](x.md)`\n\n```md\n[b](y.md)\n```\n\n    fine\n'],
    ['what is filled in later', 'index.html', '<a href="{{ url }}"><a href="<%= x %>">'],
    ['other languages', 'a.py', 'import nothing'],
  ]
  test.each(fine)('%s', (_, path, text) => expect(said(path, text)).toEqual([]))
})

describe('what leads nowhere is a problem:', () => {
  const bad: [string, string, string, string][] = [
    ['a page', 'index.html', '<a href="menu.html">', gone('menu.html')],
    ['another case', 'index.html', '<img src="images/A.png" alt="">', gone('images/A.png')],
    ['relative to its own folder', 'blog/one.html', '<a href="index.css">', gone('index.css')],
    ['a candidate', 'index.html', '<img srcset="images/a.png 1x, images/c.png 2x" alt="">', gone('images/c.png')],
    ['a poster', 'index.html', '<video poster="x.png"></video>', gone('x.png')],
    ['in a sheet inside', 'index.html', '<style>a{b:url(x.png)}</style>', gone('x.png')],
    ['in a style', 'index.html', `<p style="background:url('x.png')">`, gone('x.png')],
    ['in a module inside', 'index.html', '<script type="module">import "./x.js"</script>', gone('./x.js')],
    ['a folder without an index', 'index.html', '<a href="images/">', gone('images/')],
    ['a sheet', 'styles.css', '@import url(x.css);', gone('x.css')],
    ['a module', 'src/cli.ts', 'export * from "./nothing.ts"', gone('./nothing.ts')],
    ['a document', 'README.md', '[a](x(1).md)', gone('x(1).md')],
    [
      'out of the project',
      'index.html',
      '<a href="../secret">',
      'points to ../secret, outside of the project’s folder',
    ],
    ['not an address', 'index.html', '<a href="%ff">', 'points to %ff, which can’t be read as an address'],
  ]
  test.each(bad)('%s', (_, path, text, message) => expect(said(path, text)).toEqual([message]))
})

test('what lies elsewhere is noted, once, and is no problem', () => {
  const text = '<a href="https://example.com/a"><a href="https://example.com/a"><link href="//cdn.example/x.css">'
  expect(checkLinks('index.html', text, PATHS)).toEqual({
    problems: [],
    notes: [
      { path: 'index.html', message: 'points to https://example.com/a, outside of the project' },
      { path: 'index.html', message: 'points to //cdn.example/x.css, outside of the project' },
    ],
  })
  expect(said('src/cli.ts', 'import React from "react"; React()')).toEqual(['needs the package react'])
})

test('in what the demo model makes of any brief, every link leads somewhere and nothing loads from elsewhere', () => {
  for (const brief of ALL_BRIEFS) {
    const { plan, file } = demoProject(brief)
    const paths = new Set(plan.tasks.flatMap(({ path }) => path ?? []))
    for (const { kind, path } of plan.tasks) {
      if (kind !== 'write') continue
      const { problems, notes } = checkLinks(path!, file(path!)!, paths)
      expect([brief, problems, path === 'README.md' ? [] : notes]).toEqual([brief, [], []])
    }
  }
})

const LONGEST = 512 * 1024 // of a file that a model may write

test.each([
  ['a link that is never closed', 'a.md', `](${' '.repeat(LONGEST)}`],
  ['backticks alone', 'a.md', '`'.repeat(LONGEST)],
  ['tildes alone', 'a.md', '~'.repeat(LONGEST)],
  ['ever shorter runs of backticks', 'a.md', Array.from({ length: 1_000 }, (_, i) => '`'.repeat(1_000 - i)).join('a')],
  ['brackets', 'a.md', '](a('.repeat(LONGEST / 4)],
  ['comments that are never closed', 'a.css', '/*'.repeat(LONGEST / 2)],
  ['an address that is never closed', 'a.css', `url(${' '.repeat(LONGEST)}`],
])('references are looked for in no time: %s', (_, path, text) => {
  const begun = worked()
  said(path, text)
  expect(worked() - begun).toBeLessThan(1_000)
})

test('in a document, code is told from prose as readers tell it', () => {
  const document = [
    '`` a ` [x](no-1.html) `` [y](gone-1.html) `[z](no-2.html)`',
    '~~~ [q](no-3.html)',
    '```',
    '[p](no-4.html)',
    '~~~~ ',
    '[n](gone_(3).html "a title") [m]( <gone 4.html> ) ``` [l](gone-5.html)',
  ].join('\n')
  const rest = ['gone-1.html', 'gone_(3).html', 'gone 4.html', 'gone-5.html']
  expect(said('README.md', document)).toEqual(rest.map(gone))
})

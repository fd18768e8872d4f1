import { describe, expect, test } from 'bun:test'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type GateFacts, inspectFile } from '../../src/agents/file-gates.ts'
import { kindOf } from '../../src/files/languages.ts'
import { demoProject } from '../../src/llm/demo/project.ts'

const PARAGRAPH = `${'Bread is baked each morning from flour, water, salt and time. '.repeat(8)}\n`
const PAGE = (body: string) =>
  `<!doctype html>\n<html lang="en">\n<title>Crumb</title>\n<body>\n${body}\n</body>\n</html>\n`
const hashOf = (text: string) => new Bun.CryptoHasher('sha256').update(text).digest('hex')
const facts = (more: Partial<GateFacts> = {}): GateFacts => ({
  prompt: 'A page of the bakery.',
  paths: new Set(['index.html', 'style.css', 'images/oven.png', 'app.js', 'lib/menu.ts', 'README.md']),
  files: [],
  ...more,
})

describe('a file is refused, in words for its model, when', () => {
  const LONG = 'The whole menu with prices, hours, the way to the shop, and what is baked on which day. '.repeat(5)
  const wrong: [string, string, string, RegExp, Partial<GateFacts>?][] = [
    ['it is empty', 'index.html', '', /^it is empty$/],
    ['it is blank', 'app.py', ' \n\n', /^it is empty$/],
    ['its parser does not take it', 'app.js', 'const a = {\n', /^line \d/],
    [
      'something stands in for the rest of it',
      'app.js',
      'a()\n// ... rest of the code unchanged\n',
      /^line 2, column 1: .*left out/,
    ],
    ['an end line is left in it', 'README.md', `# A\n<<<END hearth:x0000001>>>\n`, /^line 2: the end line/],
    ['its lines carry the numbers of a request', 'README.md', '1| # A\n2| text\n', /^line 1: the number/],
    ['words and a fence stand around it', 'index.html', `Here it is:\n\n\`\`\`html\n${PAGE('x')}\`\`\`\n`, /fence/],
    [
      'it is another file under a new name',
      'about.html',
      PAGE(PARAGRAPH),
      /the same, to the letter, as index\.html/,
      {
        files: [{ path: 'index.html', hash: hashOf(PAGE(PARAGRAPH)) }],
      },
    ],
    ['it is far too small for its plan', 'index.html', '<p>Soon.</p>\n', /too little/, { prompt: LONG }],
    ['it is far too big', 'README.md', PARAGRAPH.repeat(1_100), /more than one file should hold/],
    [
      'its page shows a picture that there is not',
      'index.html',
      PAGE('<img src="images/bread.png" alt="">'),
      /images\/bread\.png, which is not/,
    ],
    [
      'its page wants a sheet that there is not',
      'index.html',
      PAGE('<link rel="stylesheet" href="styles.css">'),
      /styles\.css/,
    ],
    [
      'its page leads out of the project',
      'index.html',
      PAGE('<a href="../../etc/passwd.txt">x</a>'),
      /outside of the project/,
    ],
    ['its sheet wants a picture that there is not', 'style.css', 'a { background: url(oven.png) }\n', /oven\.png/],
    ['its script imports what there is not', 'app.js', "import { a } from './lib/menus.js'\na()\n", /lib\/menus\.js/],
  ]
  test.each(wrong.map((row) => [row[0], row] as const))('%s', async (_why, [, path, text, says, more]) => {
    const { problems } = await inspectFile(path, text, facts(more))
    expect(problems.join('\n')).toMatch(says)
    expect(problems).toHaveLength(1)
  })
})

describe('a file is taken, and at most a word said, when', () => {
  const right: [string, string, string, Partial<GateFacts>?][] = [
    ['it is empty by its nature', 'pkg/__init__.py', ''],
    ['it is empty by plan', 'notes.txt', '', { prompt: 'An empty file for notes.' }],
    [
      'it writes about what stands in for code',
      'README.md',
      '# Rules\n\nNever write “... rest of the code unchanged”.\n',
    ],
    ['a document shows an end line in no exact form', 'README.md', 'The mark is `<<<END`.\n'],
    ['it is a numbered list with bars', 'README.md', '# Rates\n\n1| rye | 3\n2| oat | 4\n'],
    ['a document ends with a fence', 'README.md', '# Use\n\n```sh\nhearth serve\n```\n'],
    ['a docstring holds a fence', 'app.py', '"""Use:\n\n```\nrun()\n```\n"""\nrun()\n'],
    [
      'the plan asks for a copy',
      '404.html',
      PAGE(PARAGRAPH),
      {
        prompt: 'The same as index.html, for addresses that are not there.',
        files: [{ path: 'index.html', hash: hashOf(PAGE(PARAGRAPH)) }],
      },
    ],
    [
      'it is the licence once more in another folder',
      'lib/LICENSE',
      PARAGRAPH,
      {
        files: [{ path: 'LICENSE', hash: hashOf(PARAGRAPH) }],
      },
    ],
    [
      'it is a short file that is asked for at length',
      'CNAME',
      'crumb.example\n',
      { prompt: 'The domain. '.repeat(40) },
    ],
    [
      'a page leads to an address that a server may know',
      'index.html',
      PAGE('<a href="/login">in</a><a href="orders">o</a>'),
    ],
    ['a page has a base of its own', 'index.html', PAGE('<base href="/shop/"><a href="cart.html">x</a>')],
    ['a document names a file that is not there', 'README.md', '# A\n\nSee [the notes](docs/notes.md).\n'],
    [
      'a script loads something on condition',
      'app.js',
      "const a = await import('./extra.js').catch(() => null)\na?.go()\n",
    ],
    ['a script imports what a build makes', 'app.js', "import './dist/menu.js'\n"],
    ['a module is imported by the name that it will have', 'app.js', "import { menu } from './lib/menu.js'\nmenu()\n"],
  ]
  test.each(right.map((row) => [row[0], row] as const))('%s', async (_why, [, path, text, more]) => {
    expect((await inspectFile(path, text, facts(more))).problems).toEqual([])
  })
})

test('what is not sure is told, for the one who mends the file, and for people', async () => {
  const { problems, advice } = await inspectFile('README.md', '# A\n\nSee [the notes](docs/notes.md).\n', facts())
  expect([problems, advice]).toEqual([[], ['it points to docs/notes.md, which is not in the project']])
})

/** Packages that come with every checkout, at exact versions: what people have written. */
const SAMPLE = [
  'elysia',
  'eta',
  'zod',
  'croner',
  'drizzle-orm',
  'htmx.org',
  'fflate',
  'fast-check',
  '@anthropic-ai/sdk',
  'gpt-tokenizer',
]
const FILES_EACH = 60

test('of some hundred files of real packages none is refused', async () => {
  let looked = 0
  const refused: string[] = []
  for (const name of SAMPLE) {
    const { paths, texts, picked } = packageFiles(name)
    const files = [...texts].map(([path, text]) => ({ path, hash: hashOf(text) }))
    for (const path of picked) {
      looked++
      const { problems } = await inspectFile(path, texts.get(path)!, { prompt: null, paths, files })
      refused.push(...problems.map((problem) => `${name}/${path}: ${problem}`))
    }
  }
  expect(refused).toEqual([])
  expect(looked).toBeGreaterThan(300)
}, 60_000)

/** Every so manyth text of a package that says something, evenly over all of it. */
function packageFiles(name: string) {
  const root = join(import.meta.dir, '../../node_modules', name)
  const paths = [...new Bun.Glob('**/*').scanSync({ cwd: root, dot: true })]
    .filter((path) => !path.includes('node_modules/'))
    .sort()
  const candidates = paths.filter((path) => {
    const { size } = statSync(join(root, path))
    return kindOf(path) === 'text' && !/\.min\.|\.map$/.test(path) && size > 0 && size < 200_000
  })
  const texts = new Map(candidates.map((path) => [path, readFileSync(join(root, path), 'utf8')]))
  const said = candidates.filter((path) => texts.get(path)!.trim() !== '')
  const every = Math.ceil(said.length / FILES_EACH)
  return { paths: new Set(paths), texts, picked: said.filter((_, i) => i % every === 0) }
}

const BRIEFS = [
  'a landing page for a bakery called Crumb with three pictures',
  'a website for a dentist in Lyon with prices and hours',
  'a CLI that renames photos by their date',
  'a program that converts CSV to JSON',
  'an illustrated story about a lighthouse keeper and a whale',
]

test.each(BRIEFS)('of the demo’s files none is refused, held against its own plan: %s', async (brief) => {
  const { plan, file } = demoProject(brief)
  const written = plan.tasks.filter(({ kind }) => kind === 'write')
  const paths = new Set(plan.tasks.flatMap(({ path }) => path ?? []))
  const files = written.map(({ path }) => ({ path: path!, hash: hashOf(file(path!)!) }))
  for (const { path, prompt } of written) {
    const { problems } = await inspectFile(path!, file(path!)!, { prompt, paths, files })
    expect([path, problems]).toEqual([path, []])
  }
  expect(written.length).toBeGreaterThan(1)
})

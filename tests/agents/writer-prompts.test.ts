import { expect, test } from 'bun:test'
import { failuresInWords } from '../../src/files/edits/failure.ts'
import { FILE_PROMPTS } from '../../src/llm/file-prompts.ts'
import { prompt, promptVersion } from '../../src/llm/prompts.ts'
import { expectGolden, expectTold } from '../support/golden.ts'

const TASKS = [
  { kind: 'note', title: 'Pages', path: null, prompt: null },
  { kind: 'write', title: 'Front page', path: 'index.html', prompt: 'Hours, <b>prices</b> & a map.' },
  {
    kind: 'write',
    title: 'Styles',
    path: 'style.css',
    prompt: null,
    promises: [
      { heading: 'exports', entries: ['.card', '.card > h2'] },
      { heading: 'pictures', entries: ['images/oven.png (top)'] },
    ],
  },
  { kind: 'render', title: 'Oven', path: 'images/oven.png', prompt: 'An oven at dawn.' },
  { kind: 'render', title: 'Fire', path: 'clips/fire.mp4', prompt: 'A fire that is lit.' },
]

/** What each prompt of the writer is given here. */
const GIVEN: Record<string, object> = {
  writer: {},
  'plan-context': {
    brief: 'A page for a “bakery” <Crumb>',
    title: 'Crumb',
    summary: 'A page. For guests.',
    tasks: TASKS,
  },
  'project-map': { map: 'price.js:\n  export function price(item)\n\nimages/oven.png' },
  'file-question': {
    path: 'index.html',
    title: 'Front page',
    prompt: 'Hours & a map.',
    sources: [
      { path: 'style.css', text: 'main {\n  color: <%= red %>;\n}\n' },
      { path: 'menu.json', text: '["rye"]\n' },
    ],
  },
  repair: {
    path: 'menu.json',
    text: '["rye",]\n',
    problems: ['line 1: unexpected ]', 'it names <none>'],
    sources: [{ path: 'bread.json', text: '["<rye>"]\n' }],
  },
  'block-rules': { path: 'index.html', sentinel: '<<<END hearth:00000001>>>' },
  'diff-rules': { path: 'index.html', sentinel: '<<<END hearth:00000001>>>' },
  'continue-edits': {
    lines: '11| =======\n12| <h1>Crumb & Co</h1>',
    last: 12,
    sentinel: '<<<END hearth:00000001>>>',
  },
  'edits-refused': {
    path: 'index.html',
    failures: failuresInWords([
      { reason: 'not_found', block: 2, message: 'these lines do not stand there.', near: [{ line: 3, text: '<h1>' }] },
      { reason: 'no_anchor', block: 3, message: 'nothing says where.' },
    ]),
  },
  'file-rules': { path: 'index.html', sentinel: '<<<END hearth:00000001>>>' },
  continue: { lines: '11| <main>\n12|   <h1>Crumb</h1>', last: 12, sentinel: '<<<END hearth:00000001>>>' },
}

test.each(Object.keys(GIVEN))('what the prompt %s says is the text of its version, to the letter', (name) => {
  expectGolden(import.meta.dir, name, GIVEN[name])
})

/** Those that ask for the whole file or for edits of it. */
const BOTH: Record<string, object> = {
  repair: GIVEN.repair!,
  'mend-question': { path: 'index.html', prompt: '- It lacks a <main>.', text: '<p>1</p>\n', sources: [] },
}
test.each(Object.keys(BOTH))('%s asks for edits in words of its own', (name) => {
  const file = `${promptVersion(name).replace('@', '.v')}.edits.txt`
  expectTold(import.meta.dir, file, prompt(name, { ...BOTH[name], edits: true }))
})

test('every prompt that asks for a file tells its version', () => {
  for (const name of [...FILE_PROMPTS, 'writer', 'edits-refused']) expect(promptVersion(name)).toMatch(/^[a-z-]+@\d+$/)
})

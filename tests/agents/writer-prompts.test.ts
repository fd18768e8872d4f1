import { expect, test } from 'bun:test'
import { FILE_PROMPTS } from '../../src/llm/file-prompts.ts'
import { promptVersion } from '../../src/llm/prompts.ts'
import { expectGolden } from '../support/golden.ts'

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
  'file-rules': { path: 'index.html', sentinel: '<<<END hearth:00000001>>>' },
  continue: { lines: '11| <main>\n12|   <h1>Crumb</h1>', last: 12, sentinel: '<<<END hearth:00000001>>>' },
}

test.each(Object.keys(GIVEN))('what the prompt %s says is the text of its version, to the letter', (name) => {
  expectGolden(import.meta.dir, name, GIVEN[name])
})

test('every prompt that asks for a file tells its version', () => {
  for (const name of [...FILE_PROMPTS, 'writer']) expect(promptVersion(name)).toMatch(/^[a-z-]+@\d+$/)
})

import { expect, test } from 'bun:test'
import { prompt, promptVersion } from '../../src/llm/prompts.ts'
import { expectGolden, expectTold } from '../support/golden.ts'

const OUTLINE = {
  brief: 'A page for a “bakery” <Crumb>',
  title: 'Crumb',
  summary: 'A page. For guests.',
  parts: [
    { id: 'pages', title: 'Pages', holds: 'index.html & menu.html' },
    { id: 'pictures', title: 'Pictures', holds: '' },
  ],
}
const TASKS = [
  { id: 'home', parent: 'pages', title: 'Home', kind: 'write', path: 'index.html', prompt: 'Hours.', contract: null },
  { id: 'oven', parent: 'pictures', title: 'Oven', kind: 'render', path: 'images/oven.png', prompt: '<oven>' },
]

/** What each prompt of the planner, of the checker and of its repairs is given here. */
const GIVEN: Record<string, object> = {
  'planner-outline': {},
  'planner-question': OUTLINE,
  'planner-tasks': {},
  'planner-brief': OUTLINE,
  'planner-critique': {},
  'planner-review': { ...OUTLINE, tasks: TASKS },
  checker: {},
  'checker-project': {
    ...OUTLINE,
    tasks: [{ ...TASKS[0], promises: [{ heading: 'links to', entries: ['menu.html'] }] }],
    problems: [{ path: 'index.html', message: 'points to x.html, which is not in the project' }],
    files: [
      { path: 'index.html', text: '<p>1 & 2</p>\n', left: 0 },
      { path: 'main.js', text: 'a()\n…\nz()\n', left: 40 },
    ],
  },
  'mend-question': {
    path: 'index.html',
    prompt: '- It lacks a <main>.',
    text: '<p>1</p>\n',
    sources: [{ path: 'style.css', text: 'p { color: red }\n' }],
  },
  replan: { problems: ['“a” needs a path.', 'tasks.0.title: too big'] },
}

test.each(Object.keys(GIVEN))('what the prompt %s says is the text of its version, to the letter', (name) => {
  expect(promptVersion(name)).toMatch(/^[a-z-]+@\d+$/)
  expectGolden(import.meta.dir, name, GIVEN[name])
})

test.each(['planner-question', 'planner-brief', 'planner-review'])('what %s says where clips can be made', (name) => {
  const file = `${promptVersion(name).replace('@', '.v')}.clips.txt`
  expectTold(import.meta.dir, file, prompt(name, { ...GIVEN[name], clips: true }))
})

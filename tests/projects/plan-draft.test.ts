import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { draftedTasks as drafted } from '../../src/projects/plan-draft.ts'

const draftedTasks = (text: string, data = {}) => drafted({ text, data })

const plan = {
  title: 'A "quoted" {brace} [bracket]',
  summary: 'tasks',
  tasks: [
    { id: 'a', title: 'Say “}” and \\ and "x"', kind: 'write', path: 'a.md', dependsOn: [] },
    { id: 'b', title: 'Pictures', kind: 'note', path: null, dependsOn: ['a'] },
  ],
}

test('a plan that is cut anywhere shows the tasks that are whole, and never others', () => {
  const json = JSON.stringify(plan)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: json.length }), (cut) => {
      const shown = draftedTasks(json.slice(0, cut))
      expect(plan.tasks.slice(0, shown.length).map(({ title, kind, path }) => ({ title, kind, path }))).toEqual(
        shown as never,
      )
    }),
  )
  expect(draftedTasks(json)).toHaveLength(2)
})

test('text that is no plan shows nothing and never throws', () => {
  fc.assert(fc.property(fc.string(), (text) => Array.isArray(draftedTasks(text))))
  expect(draftedTasks('{"tasks":[{"title":1,"kind":"write"},{"kind":"dance","title":"x"}]}')).toEqual([])
})

test('until the first task is whole, the parts of the outline are shown', () => {
  const parts = [
    { id: 'pages', title: 'Pages', holds: 'index.html' },
    { id: 'pictures', title: 'Pictures', holds: '' },
  ]
  const outline = JSON.stringify({ title: 'x', summary: 'y', parts })
  const shown = [{ title: 'Pages', kind: 'note', path: null }]
  expect(draftedTasks(outline.slice(0, outline.indexOf('"Pictures"')))).toEqual(shown as never)
  expect(draftedTasks('{"tasks":[{"title":"Ho', { parts: parts.slice(0, 1) })).toEqual(shown as never)
  expect(draftedTasks(JSON.stringify(plan), { parts })).toHaveLength(2)
  expect(draftedTasks('', { parts: [null, 3, { title: 4 }] })).toEqual([])
})

test('of a plan that goes on for ever, no more is read than a plan may have', () => {
  const text = `{"tasks":[${'{"title":"Again","kind":"note","path":null},'.repeat(1_000)}`
  expect(draftedTasks(text)).toHaveLength(200)
})

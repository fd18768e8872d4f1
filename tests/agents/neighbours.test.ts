import { expect, test } from 'bun:test'
import { inspectFile } from '../../src/agents/file-gates.ts'
import { openTwins } from '../../src/files/duplicates/nearly-equal.ts'
import { impactOf } from '../../src/files/impact/impact.ts'
import { demoProject } from '../../src/llm/demo/project.ts'
import { leapingApp } from '../support/app.ts'
import { planOf, scriptedModel } from '../support/scripted-model.ts'
import { house } from './conversation/house.ts'

const CART = 'export function total(items) {\n  return items.length\n}\nexport const TAX = 0.19\n'
const APP = "import { total } from './cart.js'\ntotal([])\n"
const paths = new Set(['cart.js', 'app.js', 'style.css', 'index.html', 'src/a.js'])
const facts = { prompt: 'A module of its own.', paths, files: [] }
const long = (from: number) =>
  Array.from({ length: 40 }, (_, i) => `export const f${from + i} = (a) => a * ${from * 31 + i} + a.v${i}\n`).join('')

test('a file that nearly equals another is told once, with its share and the file, unless the plan asks for a copy', async () => {
  const near = { path: 'src/a.js', likeness: 0.975 }
  const { problems, urges } = await inspectFile('src/b.js', long(1), { ...facts, near })
  expect([problems, urges]).toEqual([
    [],
    ['it is 97 % the same as src/a.js: refer to that file instead of repeating it'],
  ])
  const wanted = await inspectFile('src/b.js', long(1), { ...facts, prompt: 'The same as a.js, for B.', near })
  expect([wanted.urges, wanted.advice]).toEqual([[], [expect.stringContaining('97 % the same')]])
  const less = await inspectFile('src/b.js', long(1), { ...facts, near: { ...near, likeness: 0.9 } })
  expect([less.urges, less.advice]).toEqual([[], [expect.stringContaining('90 % the same')]])
})

test('an import that is left without its export refuses the file; what else is broken is told once', async () => {
  const before = new Map([
    ['cart.js', CART],
    ['app.js', APP],
    ['late.cjs', "const { TAX } = require('./cart.js')\n"],
  ])
  const text = 'export const sum = (items) => items.length\n'
  const broken = impactOf(before, new Map(before).set('cart.js', text))
  const { problems, urges } = await inspectFile('cart.js', text, { ...facts, broken })
  expect(problems).toEqual(['total is no longer exported by cart.js, but app.js:1 still refers to it'])
  expect(urges).toEqual(['TAX is no longer exported by cart.js, but late.cjs:1 still refers to it'])
})

test('the writer of a copy is told, writes again, and a second copy is taken with a word', async () => {
  const plan = planOf([
    { id: 'a', path: 'src/a.js' },
    { id: 'b', path: 'src/b.js', dependsOn: ['a'], prompt: 'What B needs.' },
  ])
  const copy = long(1).replace('a * 31', 'a * 1_000')
  const model = scriptedModel({ plan: [plan], files: { 'src/a.js': [long(1)], 'src/b.js': [copy] } })
  await using app = await leapingApp({ providers: [model] })
  const { project } = await app.make('two modules')
  expect(await app.settled(project.id)).toBe('done')
  const asked = model.asked.filter(({ task }) => JSON.stringify(task).includes('src/b.js'))
  expect(asked).toHaveLength(2)
  expect(JSON.stringify(asked[1]!.messages)).toMatch(/9\d % the same as src\/a\.js: refer to that file/)
  const { tasks } = await app.json(`/api/projects/${project.id}`)
  const { job } = await app.json(`/api/jobs/${tasks.find(({ path }: { path: string }) => path === 'src/b.js').job}`)
  expect(job.result.advice.join()).toContain('% the same as src/a.js')
})

test('in a conversation an edit is told what it breaks, and whoever is asked sees it', async () => {
  await using it = await house([
    {
      says: 'Two files.',
      calls: [
        ['write_file', { path: 'cart.js', content: CART }],
        ['write_file', { path: 'app.js', content: APP }],
      ],
    },
    {
      says: 'I rename it.',
      calls: [['edit_file', { path: 'cart.js', blocks: [{ search: 'total', replace: 'sum' }] }]],
    },
    { says: 'It goes.', calls: [['delete_file', { path: 'cart.js' }]] },
    'Gone.',
  ])
  await it.say('Try.')
  const { rounds } = await it.until('asking')
  expect(rounds[1]!.calls[0]!.result).toContain(
    'To note: total is no longer exported by cart.js, but app.js:1 still refers to it.',
  )
  expect(rounds[2]!.calls[0]!.question!.notes).toEqual(['the file cart.js is gone, but app.js:1 still refers to it'])
})

test('no file of the demo nearly equals another of its project', async () => {
  for (const brief of [
    'a website for a dentist in Lyon with prices and hours',
    'a program that converts CSV to JSON',
  ]) {
    const { plan, file } = demoProject(brief)
    const files = plan.tasks
      .filter(({ kind }) => kind === 'write')
      .map(({ path }) => ({ path: path!, text: file(path!)! }))
      .map((each) => ({ ...each, hash: Bun.hash(each.text).toString(), bytes: Buffer.byteLength(each.text) }))
    const twins = openTwins()
    for (const { path, text } of files) {
      const twin = await twins.nearest(
        path,
        text,
        files,
        async (of) => files.find((each) => each.path === of.path)!.text,
      )
      expect([path, twin]).toEqual([path, undefined])
    }
  }
})

import { expect, test } from 'bun:test'
import { planProblems, Tasks } from '../../src/agents/plan.ts'
import { systemClock } from '../../src/clock.ts'
import { demoProject } from '../../src/llm/demo/project.ts'
import { Contract } from '../../src/projects/contract.ts'
import { ALL_BRIEFS } from '../llm/demo/briefs.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'
import { until } from '../support/jobs.ts'
import {
  type Answer,
  planOf,
  type Script,
  type ScriptedModel,
  scriptedModel,
  subject,
} from '../support/scripted-model.ts'

const EMPTY = Contract.parse({})
const TASKS = [
  { id: 'styles', path: 'styles.css', contract: { exports: ['.card'] } },
  {
    id: 'index',
    path: 'index.html',
    dependsOn: ['styles'],
    contract: { needs: [{ from: 'styles.css', names: ['card'] }] },
  },
  { id: 'readme', path: 'README.md', dependsOn: ['index'] },
]
TASKS[1]!.contract!.needs![0]!.names = ['.card']
const PLAN = planOf(TASKS)
const PAGE = '<!doctype html>\n<html lang="en"><body><p class="card">Hello</p></body></html>\n'
const FILES = {
  'styles.css': ['.card { color: red }\n'],
  'index.html': [PAGE],
  'README.md': ['# Hello\n'],
  'menu.html': [PAGE],
  'a.md': ['A\n'],
  'b.md': ['B\n'],
}

const stages = ({ asked }: ScriptedModel) => asked.map(subject)
const planning = (model: ScriptedModel) => stages(model).filter((stage) => /^(outline|plan|critique)$/.test(stage))
const row = (task: object) => JSON.parse(planOf([{ id: 'x', ...task }])).tasks[0]
const critique = (...changes: object[]) =>
  JSON.stringify({ changes: changes.map((each) => ({ id: '', why: 'It was wrong.', task: null, ...each })) })

interface Made {
  status: string
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the API
  tasks: any[]
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the API
  told: any[]
}

async function made(app: TestApp): Promise<Made> {
  const { project } = await app.make('a small thing')
  const status = await app.settled(project.id)
  const { tasks } = await app.json(`/api/projects/${project.id}`)
  using reading = await app.follow(`/api/projects/${project.id}/events?follow=false`)
  await reading.over
  return { status, tasks, told: reading.durable() }
}

async function planned(script: Script): Promise<Made & { model: ScriptedModel }> {
  const model = scriptedModel({ files: FILES, ...script })
  await using app = await testApp({ providers: [model], clock: { ...systemClock, random: () => 0 } })
  return { model, ...(await made(app)) }
}

test('a plan is made in three passes, each told what the one before it found', async () => {
  const parts = [{ id: 'pages', title: 'Pages', holds: 'index.html' }]
  const outline = JSON.stringify({ title: 'Crumb', summary: 'A bakery.', parts })
  const { model, status, tasks, told } = await planned({
    outline: [outline],
    plan: [planOf(TASKS.map((task) => ({ ...task, parent: 'pages' })))],
  })
  expect(status).toBe('done')
  expect(planning(model)).toEqual(['outline', 'plan', 'critique'])
  const [first, second, third] = model.asked.map(({ messages }) => (messages.at(-1) as { content: string }).content)
  expect(first).toBe('a small thing')
  expect(second).toContain('- pages: Pages. index.html')
  expect(third).toContain('The plan: Crumb. A bakery.')
  expect(third).toContain('"exports":[".card"]')
  expect(tasks.map(({ key }) => key)).toEqual(['pages', 'styles', 'index', 'readme'])
  expect(tasks[1]).toMatchObject({ parent: tasks[0].id, contract: { ...EMPTY, exports: ['.card'] } })
  expect(told.find(({ type }) => type === 'plan.proposed')).toMatchObject({ title: 'Crumb', summary: 'A bakery.' })
  expect(
    told
      .filter(({ type }) => type === 'job.phase')
      .map(({ phase }) => phase)
      .slice(0, 3),
  ).toEqual(['outlining', 'planning', 'reviewing'])
  expect(told.find(({ type }) => type === 'plan.reviewed')).toMatchObject({ verdict: 'stands', changes: [] })
})

test('what a writer is told of the plan holds the contracts of all files', async () => {
  const { model } = await planned({ plan: [PLAN] })
  const { context } = model.asked.find((request) => subject(request) === 'README.md')!
  expect(context).toContain('exports: .card')
  expect(context).toContain('uses: .card from styles.css')
})

test('a plan of one or two files is not looked over: nothing in it could disagree', async () => {
  const { model, told } = await planned({
    plan: [
      planOf([
        { id: 'a', path: 'a.md' },
        { id: 'b', path: 'b.md' },
      ]),
    ],
  })
  expect(planning(model)).toEqual(['outline', 'plan'])
  expect(told.some(({ type }) => type === 'plan.reviewed')).toBe(false)
})

const MENDED: [string, object[], RegExp][] = [
  [
    'tasks that wait for each other',
    [
      { id: 'a', path: 'a.md', dependsOn: ['b'] },
      { id: 'b', path: 'b.md', dependsOn: ['a'] },
    ],
    /wait for each other: a → b → a/,
  ],
  [
    'a name that nobody exports',
    [TASKS[0]!, { id: 'b', path: 'b.md', contract: { needs: [{ from: 'styles.css', names: ['.row(x)'] }] } }],
    /“b” needs “\.row” from styles\.css, whose contract does not export it/,
  ],
  [
    'a file that nobody makes',
    [{ id: 'b', path: 'b.md', contract: { needs: [{ from: 'c.md', names: [] }] } }],
    /needs “c\.md”, which is no file of the plan/,
  ],
  [
    'a picture that nobody renders',
    [{ id: 'b', path: 'b.md', contract: { pictures: [{ path: 'images/x.png', place: 'top' }] } }],
    /shows the picture “images\/x\.png”, which no render task makes/,
  ],
  [
    'a link to a page that is not planned',
    [{ id: 'b', path: 'b.md', contract: { links: ['menu.html#soup'] } }],
    /links to “menu\.html#soup”, which is no file of the plan/,
  ],
]

test.each(MENDED)('%s is shown to the model, which mends it', async (_, tasks, words) => {
  const { model, status } = await planned({ plan: [planOf(tasks as never), PLAN] })
  expect(status).toBe('done')
  const [, , second] = model.asked
  expect(subject(second!)).toBe('plan')
  expect((second!.messages.at(-1) as { content: string }).content).toMatch(words)
})

test('a critique changes the plan once: it adds, changes and removes', async () => {
  const changes = [
    { action: 'add', task: row({ id: 'menu', path: 'menu.html' }) },
    {
      action: 'change',
      id: 'index',
      task: row({ id: 'index', title: 'Home', path: 'index.html', dependsOn: ['menu'] }),
    },
    { action: 'remove', id: 'styles' },
  ]
  const { model, status, tasks, told } = await planned({ plan: [PLAN], critique: [critique(...changes)] })
  expect(status).toBe('done')
  expect(planning(model)).toEqual(['outline', 'plan', 'critique'])
  expect(tasks.map(({ key, title }) => [key, title])).toEqual([
    ['index', 'Home'],
    ['readme', 'readme'],
    ['menu', 'menu'],
  ])
  const reviewed = told.find(({ type }) => type === 'plan.reviewed')
  expect(reviewed).toMatchObject({
    verdict: 'changed',
    changes: [{ action: 'add', id: 'menu', why: 'It was wrong.' }, { id: 'index' }, { id: 'styles' }],
  })
})

const USELESS: Record<string, Answer> = {
  'that is garbage': 'I like it.',
  'that would break the plan': critique({ action: 'add', task: row({ id: 'more', path: 'styles.css' }) }),
  'whose model is away': { fails: { status: 529 } },
  'that is refused': { fails: { status: 400 } },
}

for (const [what, answer] of Object.entries(USELESS))
  test(`a critique ${what} leaves the plan as it is, and says so`, async () => {
    const { status, tasks, told } = await planned({ plan: [PLAN], critique: [answer] })
    expect(status).toBe('done')
    expect(tasks.map(({ key }) => key)).toEqual(['styles', 'index', 'readme'])
    expect(told.find(({ type }) => type === 'plan.reviewed')).toMatchObject({
      verdict: 'failed',
      changes: [],
      problem: expect.any(String),
    })
    expect(told.filter(({ type, kind }) => type === 'job.retrying' && kind === 'plan')).toEqual([])
  })

test('whatever pass the server dies in, no pass that was whole is asked for again', async () => {
  const STALLS: [keyof Script, string[]][] = [
    ['plan', ['plan', 'critique']],
    ['critique', ['critique']],
  ]
  for (const [stage, left] of STALLS) {
    using folder = temporaryFolder()
    const first = scriptedModel({ files: FILES, plan: [PLAN], [stage]: [{ stall: '{"ta' }] })
    let project: string
    {
      await using app = await testApp({ data: folder.path, providers: [first] })
      project = (await app.make('a small thing')).project.id
      await until(() => planning(first).at(-1) === stage && first.busy === 1, `the pass ${stage}`)
    }
    const second = scriptedModel({ files: FILES, plan: [PLAN] })
    await using app = await testApp({ data: folder.path, providers: [second] })
    expect(await app.settled(project)).toBe('done')
    expect(planning(second)).toEqual(left)
  }
}, 60_000)

test('the plan comes to the page task by task, and stays there while it is looked over', async () => {
  const cut = PLAN.indexOf('"readme"')
  const parts = [{ id: 'p', title: 'The pages', holds: '' }]
  const outline = { stall: `{"title":"x","summary":"y","parts":[${JSON.stringify(parts[0])}` }
  const script: [Script, string[], RegExp][] = [
    [{ outline: [outline] }, ['The pages'], /outlining/],
    [{ plan: [{ stall: PLAN.slice(0, cut) }] }, ['styles', 'index'], /planning/],
    [{ plan: [PLAN], critique: [{ stall: '{"changes"' }] }, ['styles', 'index', 'readme'], /reviewing/],
  ]
  for (const [stage, titles, phase] of script) {
    const model = scriptedModel({ files: FILES, ...stage })
    await using app = await testApp({ providers: [model] })
    const { project } = await app.make('a small thing')
    const page = async () => (await app.request(`/projects/${project.id}`)).text()
    await until(
      async () => phase.test(await page()) && (await page()).includes('tree drafted'),
      `a plan on the page (${phase})`,
    )
    const html = await page()
    const tree = html.slice(html.indexOf('id="tree"'), html.indexOf('id="preview"'))
    expect([...tree.matchAll(/class="name" dir="auto">([^<]*)</g)].map(([, title]) => title)).toEqual(titles)
  }
}, 60_000)

test.each(ALL_BRIEFS.map((brief) => [brief.slice(0, 60), brief]))(
  'what the demo model plans keeps the rules, and its contracts say which picture goes where: %s',
  (_, brief) => {
    const { plan } = demoProject(brief)
    const { tasks } = Tasks.parse({ tasks: plan.tasks })
    expect(planProblems(tasks)).toEqual([])
    const shown = new Set(tasks.flatMap(({ contract }) => contract?.pictures.map(({ path }) => path) ?? []))
    for (const { kind, path } of tasks) if (kind === 'render') expect(shown).toContain(path!)
  },
)

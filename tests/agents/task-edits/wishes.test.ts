import { expect, test } from 'bun:test'
import type { WishView } from '../../../src/agents/task-edits/wishes.ts'
import { type TestApp, testApp } from '../../support/app.ts'
import { type Answer, NO_WISH, planOf, type ScriptedModel, scriptedModel } from '../../support/scripted-model.ts'

const PLAN = planOf([
  { id: 'pages', kind: 'note', title: 'Pages', prompt: null },
  { id: 'menu', title: 'Menu', path: 'menu.html', parent: 'pages' },
  { id: 'gallery', title: 'Gallery', path: 'gallery.html', parent: 'pages' },
  { id: 'home', title: 'Front page', path: 'index.html', dependsOn: ['gallery'] },
])
const op = (more: object) => ({ ...NO_WISH, ...more })
const answer = (operations: object[], note = '') => JSON.stringify({ note, operations })

const SPLIT = answer([
  op({ do: 'edit', task: 'menu', due: '2026-11-27' }),
  op({ do: 'edit', task: 'gallery', title: 'Gallery: breads', path: 'breads.html' }),
  op({
    do: 'create',
    task: 'cakes',
    kind: 'write',
    title: 'Gallery: cakes',
    path: 'cakes.html',
    prompt: 'Cakes.',
    parent: 'pages',
  }),
  op({
    do: 'create',
    task: 'people',
    kind: 'write',
    title: 'Gallery: people',
    path: 'people.html',
    prompt: 'People.',
    parent: 'pages',
    dependsOn: ['cakes'],
  }),
])

test('a wish in words becomes a diff; nothing changes before it is applied, and then it is one group, undone at once', async () => {
  await using it = await plan([SPLIT])
  const before = await it.tasks()
  const wish = await it.wish('Move the deadline of the menu to Friday and split the gallery in three')
  const view = await it.until(wish, 'proposed')
  expect(view.rows.map(({ what, title }) => `${what} ${title}`)).toEqual([
    'added Gallery: cakes',
    'added Gallery: people',
    'changed Menu',
    'changed Gallery: breads',
  ])
  expect(view.rows[2]!.fields).toEqual([{ name: 'due', before: null, after: '2026-11-27' }])
  expect(view.rows[3]!.fields).toEqual([
    { name: 'title', before: 'Gallery', after: 'Gallery: breads' },
    { name: 'file', before: 'gallery.html', after: 'breads.html' },
  ])
  expect(await it.tasks()).toEqual(before)

  expect((await it.post(`/api/task-wishes/${wish}/application`)).status).toBe(201)
  const after = await it.tasks()
  expect(after.find(({ key }) => key === 'menu')!.dueAt).toBe(Date.UTC(2026, 10, 28) - 1)
  expect(after.map(({ title }) => title)).toContain('Gallery: people')
  expect((await it.until(wish, 'applied')).standing).toBe(1)
  const page = await (await it.request(`/projects/${it.project}`)).text()
  expect(page).toContain('due Fri 27 Nov 2026')

  expect((await it.post(`/api/task-wishes/${wish}/reversal`)).status).toBe(201)
  expect((await it.tasks()).map(facts)).toEqual(before.map(facts))
  expect((await it.post(`/api/task-wishes/${wish}/reversal`)).status).toBe(409)
})

test('the model is told today’s date and the plan, and days are its to work out', async () => {
  await using it = await plan([SPLIT])
  await it.until(await it.wish('The menu by Friday'), 'proposed')
  const asked = it.model.asked.find(({ task }) => task.kind === 'plan' && task.stage === 'edit')!
  const { content } = asked.messages[0] as { content: string }
  expect(content).toMatch(/Today is (Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, \d{4}-\d\d-\d\d \(.+\)\./)
  expect(content).toContain('{"key":"gallery","title":"Gallery","kind":"write","path":"gallery.html","parent":"pages"')
  expect(content).toEndWith('What the person wants:\nThe menu by Friday')
})

test('operations that break the rules of the tree are shown to the model, which mends them', async () => {
  const cycle = answer([op({ do: 'edit', task: 'gallery', dependsOn: ['home'] })])
  const unknown = answer([op({ do: 'finish', task: 'cellar' })])
  await using it = await plan(['{"note": 3}', `${unknown}`, SPLIT])
  const wish = await it.wish('Split it')
  expect((await it.until(wish, 'proposed')).rows).toHaveLength(4)
  const asked = it.model.asked.filter(({ task }) => task.kind === 'plan' && task.stage === 'edit')
  expect(JSON.stringify(asked[1]!.messages)).toContain('operations: ')
  expect(JSON.stringify(asked[2]!.messages)).toContain('There is no task “cellar”.')

  it.script.push(cycle, cycle, cycle)
  const second = await it.wish('Turn it around')
  while ((await it.view(second)).error === null) await Bun.sleep(20)
  expect((await it.view(second)).error).toContain('wait for each other')
})

test('a proposal is for the plan as it was: when one of its tasks has changed since, it is refused in words', async () => {
  await using it = await plan([SPLIT])
  const wish = await it.wish('Split it')
  await it.until(wish, 'proposed')
  const gallery = (await it.tasks()).find(({ key }) => key === 'gallery')!
  await it.request(`/api/tasks/${gallery.id}`, {
    method: 'PATCH',
    body: JSON.stringify({ title: 'Pictures' }),
    headers: { 'content-type': 'application/json' },
  })
  expect((await it.view(wish)).isStale).toBe(true)
  const refused = await it.post(`/api/task-wishes/${wish}/application`)
  expect([refused.status, (await refused.json()).code]).toEqual([409, 'version_conflict'])
  expect((await it.tasks()).map(({ title }) => title)).not.toContain('Gallery: cakes')
  expect((await it.post(`/api/task-wishes/${wish}/dismissal`)).status).toBe(201)
  expect((await it.post(`/api/task-wishes/${wish}/application`)).status).toBe(409)
})

test('a task may be replaced by one that makes the same file; undone as a whole, it is there again', async () => {
  await using it = await plan([
    answer([
      op({ do: 'create', task: 'breads', kind: 'write', title: 'Breads', path: 'gallery.html', prompt: 'Breads.' }),
      op({ do: 'edit', task: 'home', dependsOn: ['breads'] }),
      op({ do: 'remove', task: 'gallery' }),
    ]),
  ])
  const before = (await it.tasks()).map(facts)
  const wish = await it.wish('Breads instead of the gallery')
  await it.until(wish, 'proposed')
  expect((await it.post(`/api/task-wishes/${wish}/application`)).status).toBe(201)
  expect((await it.tasks()).map(({ title }) => title)).not.toContain('Gallery')
  expect((await it.post(`/api/task-wishes/${wish}/reversal`)).status).toBe(201)
  expect((await it.tasks()).map(facts)).toEqual(before)
})

test('what can’t be done is said, and a plan that would not change is no proposal to apply', async () => {
  await using it = await plan([answer([], 'There is no cellar in this plan.')])
  const view = await it.until(await it.wish('Paint the cellar'), 'proposed')
  expect(view).toMatchObject({ note: 'There is no cellar in this plan.', rows: [] })
})

test('tasks are moved, finished and removed, and only what is meant is shown', async () => {
  await using it = await plan([
    answer([
      op({ do: 'move', task: 'gallery', parent: 'pages', before: 'menu' }),
      op({ do: 'remove', task: 'home' }),
      op({ do: 'finish', task: 'menu' }),
    ]),
  ])
  const wish = await it.wish('Gallery first, no front page, the menu is done')
  const { rows } = await it.until(wish, 'proposed')
  expect(rows.map(({ what, title, fields }) => [what, title, fields.map(({ name }) => name)])).toEqual([
    ['changed', 'Menu', ['state', 'order']],
    ['changed', 'Gallery', ['order']],
    ['removed', 'Front page', expect.arrayContaining(['file'])],
  ] as never)
})

test('the demo can’t change a plan, and says so', async () => {
  await using app = await testApp()
  const { project } = await app.make(undefined, { autorun: false })
  await app.settled(project.id)
  await app.post(`/api/projects/${project.id}/task-wishes`, { text: 'More pictures' })
  await app.settled(project.id)
  const { items } = await app.json(`/api/projects/${project.id}/task-wishes`)
  expect(items[0].error).toContain('ANTHROPIC_API_KEY')
  expect((await app.json(`/api/projects/${project.id}`)).project.status).toBe('ready')
})

interface Planned extends TestApp {
  model: ScriptedModel
  project: string
  script: Answer[]
  wish(text: string): Promise<string>
  view(wish: string): Promise<WishView>
  until(wish: string, state: WishView['state']): Promise<WishView>
  tasks(): Promise<{ id: string; key: string; title: string; dueAt: number | null; version: number }[]>
}

/** A project whose plan waits for a person, and a model that edits it by a script. */
async function plan(edit: Answer[]): Promise<Planned> {
  const model = scriptedModel({ plan: [PLAN], edit })
  const app = await testApp({ providers: [model] })
  const { project } = await app.make('a page for a bakery', { autorun: false })
  await app.settled(project.id)
  const view = async (wish: string) => {
    const { items } = await app.json(`/api/projects/${project.id}/task-wishes`)
    return (items as WishView[]).find(({ id }) => id === wish)!
  }
  return {
    ...app,
    model,
    script: edit,
    project: project.id,
    view,
    async wish(text) {
      const response = await app.post(`/api/projects/${project.id}/task-wishes`, { text })
      if (response.status !== 201) throw new Error(await response.text())
      return (await response.json()).wish
    },
    async until(wish, state) {
      for (const late = Date.now() + 20_000; Date.now() < late; await Bun.sleep(20)) {
        const seen = await view(wish)
        if (seen.state === state) return seen
        if (seen.error) throw new Error(seen.error)
      }
      throw new Error(`never ${state}`)
    },
    tasks: async () => (await app.json(`/api/projects/${project.id}`)).tasks,
  }
}

/** A task without what an undo may change too. */
function facts({ version: _, createdAt: __, ...task }: { version: number; createdAt?: number }) {
  return task
}

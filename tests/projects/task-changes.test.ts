import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Change } from '../../src/changes/tables.ts'
import { jobsOf } from '../../src/jobs/jobs.ts'
import { leapingApp, type TestApp, testApp } from '../support/app.ts'
import { planOf, scriptedModel } from '../support/scripted-model.ts'

const PLAN = planOf([
  { id: 'pages', kind: 'note' },
  { id: 'styles', path: 'styles.css' },
  { id: 'index', parent: 'pages', path: 'index.html', dependsOn: ['styles'] },
  { id: 'menu', parent: 'pages', path: 'menu.html', dependsOn: ['styles'] },
])
const PAGE = '<!doctype html>\n<html lang="en"><body><p>Hello</p></body></html>\n'
const FILES = {
  'styles.css': ['p { color: red }\n'],
  'index.html': [PAGE],
  'menu.html': [PAGE],
  'css/look.css': ['p { color: red }\n'],
  'extra.md': ['# Extra\n'],
}

let app: TestApp
beforeAll(async () => {
  app = await testApp({ providers: [scriptedModel({ plan: [PLAN], files: FILES })] })
})
afterAll(() => app[Symbol.asyncDispose]())

/** A project whose plan waits for a person. */
async function ready() {
  const { project } = await app.make('a small site', { autorun: false })
  expect(await app.settled(project.id)).toBe('ready')
  return project.id
}

const tasksOf = async (project: string) => (await app.json(`/api/projects/${project}`)).tasks
const named = async (project: string, title: string) =>
  // biome-ignore lint/suspicious/noExplicitAny: JSON of the API
  (await tasksOf(project)).find((task: any) => task.title === title)

function send(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const json = { 'content-type': 'application/json', ...headers }
  return app.request(path, { method, headers: json, ...(body ? { body: JSON.stringify(body) } : {}) })
}

test('a plan that waits can be edited, and is carried out as it was left', async () => {
  const project = await ready()
  const [styles, menu] = [await named(project, 'styles'), await named(project, 'menu')]
  expect((await send('DELETE', `/api/tasks/${menu.id}`)).status).toBe(200)
  const edit = await send('PATCH', `/api/tasks/${styles.id}`, { title: 'Look', path: 'css/look.css', baseVersion: 1 })
  expect([edit.status, edit.headers.get('etag')]).toEqual([200, '"2"'])
  const made = await send('POST', `/api/projects/${project}/tasks`, {
    kind: 'write',
    title: 'Extra',
    path: 'extra.md',
    dependsOn: [styles.id],
  })
  expect(made.status).toBe(201)
  expect((await send('POST', `/api/projects/${project}/runs`)).status).toBe(201)
  await app.settled(project)
  const { files } = await app.json(`/api/projects/${project}`)
  expect(files.map(({ path }: { path: string }) => path)).toEqual(['css/look.css', 'extra.md', 'index.html'])
})

test('an edit is one change, however many tasks it touches: undone, the plan is as it was', async () => {
  const project = await ready()
  const before = await tasksOf(project)
  const styles = await named(project, 'styles')
  const { change } = await (await send('DELETE', `/api/tasks/${styles.id}`)).json()
  expect((await tasksOf(project)).map(({ dependsOn }: { dependsOn: string[] }) => dependsOn)).toEqual([[], [], []])
  expect((await app.post(`/api/changes/${change}/reversal`)).status).toBe(201)
  const plain = (tasks: object[]) => tasks.map((task) => ({ ...task, version: 0, createdAt: 0 }))
  expect(plain(await tasksOf(project))).toEqual(plain(before))
})

test('who edits a version that is no more is told so, and nothing is changed', async () => {
  const project = await ready()
  const { id } = await named(project, 'styles')
  await send('PATCH', `/api/tasks/${id}`, { title: 'Mine' }, { 'if-match': '"1"' })
  const seen = { 'if-match': '"1"' }
  for (const [status, late] of [
    [412, await send('PATCH', `/api/tasks/${id}`, { title: 'Yours' }, seen)],
    [409, await send('PATCH', `/api/tasks/${id}`, { title: 'Yours', baseVersion: 1 })],
    [412, await send('DELETE', `/api/tasks/${id}`, undefined, seen)],
  ] as const) {
    expect(late.status).toBe(status)
    expect(await late.json()).toMatchObject({
      code: 'version_conflict',
      detail: expect.stringMatching(/^The task changed/),
      contests: [{ entity: 'task', id, seen: 1, version: 2 }],
    })
  }
  expect((await app.json(`/api/tasks/${id}`)).task).toMatchObject({ title: 'Mine', version: 2 })
  expect((await send('PATCH', `/api/tasks/${id}`, { title: 'x' }, { 'if-match': 'W/x' })).status).toBe(422)
})

test('two edits of one task merge by fields and lines; of what both changed the second hears both sides, and chooses', async () => {
  const project = await ready()
  const { id } = await named(project, 'styles')
  const write = (body: object, seen: number) => send('PATCH', `/api/tasks/${id}`, body, { 'if-match': `"${seen}"` })
  await write({ prompt: 'one\ntwo\nthree\nfour' }, 1)
  await write({ prompt: 'ONE\ntwo\nthree\nfour', title: 'Theirs' }, 2)
  expect((await write({ prompt: 'one\ntwo\nthree\nFOUR' }, 2)).status).toBe(200)
  expect((await app.json(`/api/tasks/${id}`)).task).toMatchObject({
    title: 'Theirs',
    prompt: 'ONE\ntwo\nthree\nFOUR',
    version: 4,
  })

  const mine = { prompt: '1\ntwo\nthree\nfour', title: 'Mine' }
  const refused = await write(mine, 2)
  const { contests } = await refused.json()
  expect([refused.status, contests[0].fields.map(({ field }: { field: string }) => field)]).toEqual([
    412,
    ['title', 'prompt'],
  ])
  expect(contests[0].fields[0]).toMatchObject({ mine: 'Mine', theirs: 'Theirs' })
  expect(contests[0].fields[1].merge.places).toEqual([
    { place: 0, line: 1, base: 'one\n', mine: '1\n', theirs: 'ONE\n' },
  ])
  const choice = { entity: 'task', id, version: 4, seen: 2 }
  const choices = [
    { ...choice, field: 'title', side: 'theirs' },
    { ...choice, field: 'prompt', place: 0, side: 'both' },
  ]
  expect((await write({ ...mine, choices: choices.slice(0, 1) }, 2)).status).toBe(412)
  expect((await write({ ...mine, choices }, 2)).status).toBe(200)
  expect((await app.json(`/api/tasks/${id}`)).task).toMatchObject({
    title: 'Theirs',
    prompt: '1\nONE\ntwo\nthree\nFOUR',
  })
})

test('edits that would break the plan are refused in words, also when they come as an undo', async () => {
  const project = await ready()
  const [styles, index, menu] = [
    await named(project, 'styles'),
    await named(project, 'index'),
    await named(project, 'menu'),
  ]
  const cycle = await send('PATCH', `/api/tasks/${styles.id}`, { dependsOn: [index.id] })
  expect([cycle.status, (await cycle.json()).detail]).toEqual([422, expect.stringMatching(/wait for each other/)])
  await send('PATCH', `/api/tasks/${index.id}`, { path: 'home.html' })
  await send('PATCH', `/api/tasks/${menu.id}`, { path: 'index.html' })
  const { items } = await app.json(`/api/projects/${project}/changes`)
  const renaming = items.find(({ operations }: Change) => operations.some(({ entityId }) => entityId === index.id))
  const undo = await app.post(`/api/changes/${renaming.id}/reversal`)
  expect([undo.status, (await undo.json()).detail]).toEqual([422, expect.stringMatching(/both make “index\.html”/)])
  expect((await named(project, 'index')).path).toBe('home.html')
})

test('a task that a person has done needs no work, and what waited for it goes on', async () => {
  const project = await ready()
  const { id } = await named(project, 'styles')
  expect((await send('POST', `/api/tasks/${id}/completion`)).status).toBe(201)
  await send('POST', `/api/projects/${project}/runs`)
  expect(await app.settled(project)).toBe('done')
  const { files } = await app.json(`/api/projects/${project}`)
  expect(files.map(({ path }: { path: string }) => path)).toEqual(['index.html', 'menu.html'])
})

test('a task is marked as done with a form, and that is undone on the page like any other change', async () => {
  const project = await ready()
  const { id, version } = await named(project, 'styles')
  const page = await (await app.request(`/tasks/${id}`)).text()
  expect(page).toContain(`action="/tasks/${id}/completion"`)
  const form = (path: string, fields = {}) =>
    app.request(path, { method: 'POST', body: new URLSearchParams(fields), redirect: 'manual' })
  expect((await form(`/tasks/${id}/completion`, { version: String(version + 1) })).status).toBe(409)
  const made = await form(`/tasks/${id}/completion`, { version: String(version) })
  expect([made.status, made.headers.get('location')]).toEqual([303, `/projects/${project}#task-${id}`])
  expect((await named(project, 'styles')).status).toBe('done')
  expect(await (await app.request(`/tasks/${id}`)).text()).not.toContain('/completion')

  const plan = await (await app.request(`/projects/${project}`)).text()
  const [, undo] = /action="(\/changes\/[\w-]+\/reversal)"/.exec(plan)!
  expect((await form(undo!)).status).toBe(303)
  expect((await named(project, 'styles')).status).toBe('todo')
})

test('a failed task that is removed, or done by hand, lets the project end well', async () => {
  const plan = [
    planOf([
      { id: 'note', path: 'note.md' },
      { id: 'data', path: 'data.json' },
    ]),
  ]
  const files = { 'note.md': ['# Hi\n'], 'data.json': ['{ nope'] }
  await using studio = await leapingApp({ providers: [scriptedModel({ plan, files })] })
  for (const [method, noun] of [
    ['DELETE', ''],
    ['POST', '/completion'],
  ] as const) {
    const { project } = await studio.make('a small thing')
    expect(await studio.settled(project.id)).toBe('failed')
    const { tasks } = await studio.json(`/api/projects/${project.id}`)
    const data = tasks.find(({ title }: { title: string }) => title === 'data')
    const page = await (await studio.request(`/projects/${project.id}`)).text()
    expect(page).toContain(`action="/tasks/${data.id}/completion"`)
    expect((await studio.request(`/api/tasks/${data.id}${noun}`, { method })).ok).toBe(true)
    expect(await studio.settled(project.id)).toBe('done')
    const jobs = await jobsOf(studio.app.db.read, project.id)
    expect(jobs.filter(({ kind }) => kind === 'check')).toHaveLength(1)
  }
})

test('the day by which a task is due is one that a calendar can tell', async () => {
  const project = await ready()
  const { id } = await named(project, 'styles')
  const due = async (dueAt: number) => (await send('PATCH', `/api/tasks/${id}`, { dueAt })).status
  expect([await due(8.64e15), await due(8.64e15 + 1)]).toEqual([200, 422])
})

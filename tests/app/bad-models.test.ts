import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { ModelRequest } from '../../src/llm/provider.ts'
import { leapingApp, type TestApp, testApp } from '../support/app.ts'
import type { WireLine } from '../support/client.ts'
import { temporaryFolder } from '../support/database.ts'
import {
  type Answer,
  modelPerBrief,
  ONE_FILE,
  planOf,
  type Script,
  type ScriptedModel,
  scriptedModel,
  subject,
} from '../support/scripted-model.ts'

const models = new Map<string, ScriptedModel>()
let app: TestApp
beforeAll(async () => {
  app = await leapingApp({ providers: [modelPerBrief(models)] })
})
afterAll(() => app[Symbol.asyncDispose]())

/** A project with a model of its own. */
async function begin(script: Script) {
  const brief = `project ${models.size + 1}`
  const model = scriptedModel(script)
  models.set(brief, model)
  return { model, ...(await app.make(brief)) }
}

const GOOD = { 'note.md': ['# Hello\n'] }
const DEEP = Array.from({ length: 7 }, (_, i) => ({
  id: `level-${i + 1}`,
  parent: i === 0 ? null : `level-${i}`,
  kind: i === 6 ? 'write' : 'note',
  path: i === 6 ? 'deep.md' : null,
}))

/** Plans that can't be carried out, and what a person must be told of each. */
const BAD_PLANS: Record<string, [Answer, RegExp]> = {
  'no plan': ['I would rather talk about the weather.', /JSON/i],
  'nothing at all': ['', /JSON/i],
  'half a plan': [{ cut: ONE_FILE.slice(0, 60) }, /ended early/],
  'a plan that is cut behind its last bracket': [{ cut: ONE_FILE }, /ended early/],
  'a plan of another shape': ['{"title":"x","steps":[]}', /tasks/],
  'a plan without work': [planOf([{ id: 'group', kind: 'note' }]), /makes nothing/],
  'a plan of too many tasks': [
    planOf(Array.from({ length: 201 }, (_, i) => ({ id: `t${i}`, path: `f${i}.md` }))),
    /201 tasks; at most 200/,
  ],
  'a cycle': [
    planOf([
      { id: 'a', path: 'a.md', dependsOn: ['b'] },
      { id: 'b', path: 'b.md', dependsOn: ['a'] },
    ]),
    /wait for each other: a → b → a/,
  ],
  'a task that waits for itself': [planOf([{ id: 'a', path: 'a.md', dependsOn: ['a'] }]), /wait for each other/],
  'a group that is its own parent': [
    planOf([
      { id: 'a', kind: 'note', parent: 'b' },
      { id: 'b', kind: 'note', parent: 'a' },
      { id: 'c', path: 'c.md' },
    ]),
    /./,
  ],
  '7 levels': [planOf(DEEP), /7 levels deep; at most 6/],
  'an id twice': [
    planOf([
      { id: 'a', path: 'a.md' },
      { id: 'a', path: 'b.md' },
    ]),
    /used twice/,
  ],
  'a path twice': [
    planOf([
      { id: 'a', path: 'a.md' },
      { id: 'b', path: 'a.md' },
    ]),
    /both make/,
  ],
  'paths that differ by case alone': [
    planOf([
      { id: 'a', path: 'README.md' },
      { id: 'b', path: 'readme.MD' },
    ]),
    /both make/,
  ],
  'a file where another needs a folder': [
    planOf([
      { id: 'a', path: 'docs' },
      { id: 'b', path: 'docs/index.md' },
    ]),
    /makes a file where “b” needs a folder/,
  ],
  'an unknown dependency': [planOf([{ id: 'a', path: 'a.md', dependsOn: ['z'] }]), /no task of the plan/],
  'a path that leaves the project': [planOf([{ id: 'a', path: '../x' }]), /leaves the project/],
  'a path that leaves it further in': [planOf([{ id: 'a', path: 'a/../../x' }]), /leaves the project/],
  'an absolute path': [planOf([{ id: 'a', path: '/etc/passwd' }]), /absolute/],
  'a path with NUL': [planOf([{ id: 'a', path: 'a\u0000.md' }]), /control or invisible/],
  'a reserved name': [planOf([{ id: 'a', path: 'aux.md' }]), /keeps for a device/],
  'a drive letter': [planOf([{ id: 'a', path: 'C:/x.md' }]), /drive letter/],
  'Git’s own folder': [planOf([{ id: 'a', path: '.git/config' }]), /Git/],
  'a picture that is no .png': [planOf([{ id: 'a', kind: 'render', path: 'a.gif' }]), /\.png/],
}

for (const [what, [bad, says]] of Object.entries(BAD_PLANS)) {
  test(`a model that answers with ${what} is shown why, and mends it`, async () => {
    const { model, project, job } = await begin({ plan: [bad, bad, ONE_FILE], files: GOOD })
    expect(await app.settled(project.id)).toBe('done')
    const { attempts } = await app.json(`/api/jobs/${job.id}`)
    expect(attempts).toHaveLength(1)
    const [, second] = planned(model)
    expect(lastOf(second)).toMatch(says)
  })

  test(`a model that answers with ${what} for ever fails its job with plan_unusable, in words`, async () => {
    const { model, project, job } = await begin({ plan: [bad] })
    expect(await app.settled(project.id)).toBe('failed')
    const { error } = await terminal(job.id, 'job.failed')
    expect(error.code).toBe('plan_unusable')
    expect(error.message).toMatch(/^The model’s plan can’t be carried out: .+ Try again, or say more in the brief\.$/)
    expect(error.message).toMatch(says)
    expect(error.message).not.toMatch(/\n|at .+\.ts:/)
    expect(planned(model)).toHaveLength(3 * 5)
    expect(model.asked).toHaveLength(3 * 5 + 1) // the outline was good, and is not asked for again
    const { project: after, tasks, files } = await app.json(`/api/projects/${project.id}`)
    expect([after.status, tasks, files]).toEqual(['failed', [], []])
  })
}

const ONE_SCRIPT = planOf([{ id: 'main', path: 'main.js' }])

test('a model whose file is broken is shown the parser’s words, and mends it', async () => {
  const { model, project } = await begin({
    plan: [ONE_SCRIPT],
    files: { 'main.js': ['const a = {\n', 'let b = ;\n', 'export const a = 1\n'] },
  })
  expect(await app.settled(project.id)).toBe('done')
  expect(await (await app.request(`/api/projects/${project.id}/files/main.js`)).text()).toBe('export const a = 1\n')
  expect(model.asked.map(({ task }) => task.kind)).toEqual(['plan', 'plan', 'write', 'repair', 'repair'])
  expect(lastOf(model.asked[3])).toMatch(/line \d/)
})

test('a model whose file stays broken fails its job with file_invalid; no broken file is kept', async () => {
  const { project } = await begin({ plan: [ONE_SCRIPT], files: { 'main.js': ['const a = {\n'] } })
  expect(await app.settled(project.id)).toBe('failed')
  const { files, tasks } = await app.json(`/api/projects/${project.id}`)
  expect(files).toEqual([])
  const { error } = await terminal(tasks[0].job, 'job.failed')
  expect(error).toMatchObject({
    code: 'file_invalid',
    message: expect.stringMatching(/main\.js has an error.*another model/),
  })
})

test('a model whose file is whole, but none of this project, is told why, and mends it', async () => {
  const plan = planOf([
    { id: 'page', path: 'index.html', prompt: 'The front page.' },
    { id: 'more', path: 'about.html', prompt: 'Who we are.', dependsOn: ['page'] },
  ])
  const page = (body: string) => `<!doctype html>\n<html lang="en">\n<body>\n${body}\n</body>\n</html>\n`
  const front = page(`<p>${'We bake. '.repeat(40)}</p>`)
  const { model, project } = await begin({
    plan: [plan],
    files: {
      'index.html': [page('<img src="oven.png" alt="">'), page('<!-- rest of the page unchanged -->'), front],
      'about.html': [front, page('<p>Two bakers.</p>')],
    },
  })
  expect(await app.settled(project.id)).toBe('done')
  const told = model.asked.filter(({ task }) => task.kind === 'repair').map((request) => lastOf(request))
  expect(told).toEqual([
    expect.stringContaining('- it points to oven.png, which is not in the project'),
    expect.stringMatching(/- line 4, column \d+: .* stands in for text that was left out/),
    expect.stringContaining('- it is the same, to the letter, as index.html'),
  ])
})

test('a model that is cut in the middle of a file goes on from its last whole line', async () => {
  const cut = { cut: 'export const a = 1\nexport const b = 2\nexport con' }
  const rest = 'export const b = 2\nexport const c = 3\n'
  const { project } = await begin({ plan: [ONE_SCRIPT], files: { 'main.js': [cut, rest] } })
  expect(await app.settled(project.id)).toBe('done')
  const text = await (await app.request(`/api/projects/${project.id}/files/main.js`)).text()
  expect(text).toBe('export const a = 1\nexport const b = 2\nexport const c = 3\n')
})

test('a model that never brings its file to an end fails the job with model_cut_off', async () => {
  const { project } = await begin({ plan: [ONE_SCRIPT], files: { 'main.js': [{ cut: 'export con' }] } })
  expect(await app.settled(project.id)).toBe('failed')
  const { tasks, files } = await app.json(`/api/projects/${project.id}`)
  const { error } = await terminal(tasks[0].job, 'job.failed')
  expect(error).toMatchObject({
    code: 'model_cut_off',
    message: expect.stringMatching(/did not bring main\.js to an end/),
  })
  expect(files).toEqual([])
})

test('a job that failed can be retried, and the project goes on', async () => {
  const bad: Answer[] = Array.from({ length: 15 }, () => 'no')
  const { project, job } = await begin({ plan: [...bad, ONE_FILE], files: GOOD })
  expect(await app.settled(project.id)).toBe('failed')
  expect((await app.post(`/api/jobs/${job.id}/retry`)).status).toBe(202)
  expect(await app.settled(project.id)).toBe('done')
})

test('a project whose model is set up no more can still be read and watched', async () => {
  using folder = temporaryFolder()
  const providers = [scriptedModel({ plan: [ONE_FILE], files: GOOD })]
  let path: string
  {
    await using before = await testApp({ data: folder.path, providers })
    const { project } = await before.make()
    path = `/projects/${project.id}`
    expect(await before.settled(project.id)).toBe('done')
  }
  await using after = await testApp({ data: folder.path })
  const page = await after.request(path)
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('written by scripted')])
  const reader = (await after.request(`${path}/stream`)).body!.getReader()
  expect(new TextDecoder().decode((await reader.read()).value)).toContain('written by scripted')
  await reader.cancel()
}, 60_000)

async function terminal(job: string, type: string): Promise<WireLine> {
  using reading = await app.follow(`/api/jobs/${job}/events`)
  await reading.over
  expect(reading.lines.at(-1)!.type).toBe(type)
  return reading.lines.at(-1)!
}

/** What was asked of the pass that plans the tasks. */
function planned({ asked }: ScriptedModel): ModelRequest[] {
  return asked.filter((request) => subject(request) === 'plan')
}

function lastOf(request: ModelRequest | undefined): string {
  return (request!.messages.at(-1) as { content: string }).content
}

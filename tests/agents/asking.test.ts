import { afterAll, beforeAll, expect, test } from 'bun:test'
import { eq } from 'drizzle-orm'
import type { Choice } from '../../src/llm/models.ts'
import type { ModelRequest } from '../../src/llm/provider.ts'
import { projects } from '../../src/projects/tables.ts'
import { leapingApp, type TestApp } from '../support/app.ts'
import { type Answer, ONE_FILE, planOf, type ScriptedModel, scriptedModel } from '../support/scripted-model.ts'

/** A chain that a test puts together: what the planner and the writer ask. */
let chain: Choice[] = []
let app: TestApp
beforeAll(async () => {
  app = await leapingApp({ providers: [first.through, second.through] })
  const around = app.app.models.providers()
  app.app.models.chain = () => chain
  chain = around.map((provider) => ({ provider, model: provider.defaultModel }))
})
afterAll(() => app[Symbol.asyncDispose]())

/** A provider that plays another script in each test. */
function swappable(name: string) {
  const model = { now: scriptedModel({}) as ScriptedModel }
  const through = {
    ...scriptedModel({}),
    name,
    label: name[0]!.toUpperCase() + name.slice(1),
    demo: false,
    defaultModel: `${name}-1`,
    models: [`${name}-1`],
    takes: () => true,
    stream: (request: ModelRequest, signal: AbortSignal) => model.now.stream(request, signal),
  }
  return Object.assign(model, { through })
}

const first = swappable('one')
const second = swappable('two')
const LINES = Array.from({ length: 12 }, (_, i) => `line ${i + 1}\n`)
const OVERLOADED: Answer = { fails: { status: 529, type: 'overloaded_error' } }

async function made(files: Answer[], other: Answer[] = ['Nothing.\n']) {
  first.now = scriptedModel({ plan: [ONE_FILE], files: { 'note.md': files } })
  second.now = scriptedModel({ plan: [ONE_FILE], files: { 'note.md': other } })
  const { project } = await app.make(`a note ${crypto.randomUUID()}`)
  const notes: string[] = []
  const status = await app.settled(project.id)
  const { tasks } = await app.json(`/api/projects/${project.id}`)
  const events = await eventsOf(project.id)
  const { job, attempts } = await app.json(`/api/jobs/${tasks[0].job}`)
  return { project, status, events, job, attempts, notes, tasks }
}

/** What was told of models, by all jobs of a project or by one. */
async function eventsOf(project: string, job?: string) {
  using reading = await app.follow(`/api/projects/${project}/events?follow=false`)
  await reading.over
  return reading.lines.filter((line) => line.type.startsWith('model.') && (!job || line.job === job))
}

test('a file whose model fails in the middle is finished by the next, and the log, the attempt and the result say so', async () => {
  const { project, status, events, job, attempts } = await made(
    [{ cut: LINES.slice(0, 8).join('') }, OVERLOADED],
    [LINES.slice(7).join('')],
  )
  expect(status).toBe('done')
  expect(await (await app.request(`/api/projects/${project.id}/files/note.md`)).text()).toBe(LINES.join(''))
  expect(attempts).toHaveLength(1)
  expect(attempts[0]).toMatchObject({ provider: 'two', model: 'two-1' })
  expect(job.result).toMatchObject({
    provider: 'two',
    parts: [
      { provider: 'one', model: 'one-1', bytes: LINES.slice(0, 8).join('').length },
      { provider: 'two', model: 'two-1', bytes: LINES.slice(8).join('').length },
    ],
    prompts: expect.arrayContaining(['writer@3', 'continue@1']),
  })
  expect(events).toMatchObject([
    { type: 'model.continued', provider: 'one', model: 'one-1', reason: 'closed', line: 9 },
    { type: 'model.retrying', provider: 'one', model: 'one-1', error: { code: 'model_overloaded' }, delayMs: 500 },
    { type: 'model.retrying', provider: 'one', delayMs: 1000 },
    {
      type: 'model.switched',
      from: { provider: 'one', model: 'one-1' },
      to: { provider: 'two', model: 'two-1' },
      error: { code: 'model_overloaded' },
      line: 9,
    },
  ])
}, 60_000)

test('a file that is mended is mended by the model that wrote it, not by the one that has failed', async () => {
  const both = planOf([{ id: 'data', path: 'data.json' }])
  first.now = scriptedModel({ plan: [both], files: { 'data.json': [{ fails: { status: 401 } }] } })
  second.now = scriptedModel({ plan: [both], files: { 'data.json': ['[1,]\n', '[1]\n'] } })
  const { project } = await app.make('some data')
  expect(await app.settled(project.id)).toBe('done')
  const kinds = ({ now }: typeof first) =>
    now.asked.map(({ task }) => task.kind).filter((kind) => kind === 'write' || kind === 'repair')
  expect([kinds(first), kinds(second)]).toEqual([['write'], ['write', 'repair']])
}, 60_000)

test('when all of the chain fail the job waits for the one that may come back', async () => {
  const { attempts, status } = await made(
    [{ fails: { status: 401 } }],
    [OVERLOADED, OVERLOADED, OVERLOADED, LINES.join('')],
  )
  expect(status).toBe('done')
  expect(
    attempts.map(({ outcome, error }: { outcome: string; error?: { code: string } }) => [outcome, error?.code]),
  ).toEqual([
    ['retried', 'model_overloaded'],
    ['succeeded', undefined],
  ])
}, 60_000)

test('while a call waits for another try the page says so in words, and no more once the model answers', async () => {
  const [asked, release, answered, end] = Array.from({ length: 4 }, () => Promise.withResolvers<void>())
  first.now = scriptedModel({ plan: [ONE_FILE], files: { 'note.md': [OVERLOADED, 'the last line\n'] } })
  const { stream } = first.now
  let writes = 0
  first.now.stream = async function* (request, signal) {
    if (request.task.kind === 'plan' || ++writes === 1) return yield* stream(request, signal)
    asked!.resolve()
    await release!.promise
    yield { type: 'text', text: 'the first line\n' }
    answered!.resolve()
    await end!.promise
    yield* stream(request, signal)
  }
  const { project } = await app.make('a slow note')
  const page = async () => (await app.request(`/projects/${project.id}`)).text()
  await asked!.promise
  expect(await page()).toContain('One is overloaded: trying again in 1 s')
  release!.resolve()
  await answered!.promise
  using reading = await app.follow(`/api/projects/${project.id}/events`)
  await reading.until(({ text }) => typeof text === 'string' && text.includes('first line'), 'its text')
  expect(await page()).not.toContain('trying again in')
  end!.resolve()
  expect(await app.settled(project.id)).toBe('done')
}, 60_000)

test('a plan whose model fails in the middle is made anew by the next', async () => {
  first.now = scriptedModel({ plan: [{ fails: { status: 402 } }] })
  second.now = scriptedModel({ plan: ['{"tasks": 1}', ONE_FILE], files: { 'note.md': [LINES.join('')] } })
  const { project, job } = await app.make('a plan')
  expect(await app.settled(project.id)).toBe('done')
  const { attempts } = await app.json(`/api/jobs/${job.id}`)
  expect(attempts).toMatchObject([{ outcome: 'succeeded', provider: 'two', model: 'two-1' }])
  const passes = ({ now }: typeof first) => now.asked.filter(({ task }) => 'stage' in task && task.stage === 'tasks')
  expect([passes(first).length, passes(second).length]).toEqual([1, 2]) // the one that failed is not asked to mend
}, 60_000)

const NOTHING_TO_DO = JSON.stringify({ note: 'All is well.', operations: [] })

/** Asks for edits of a plan that somebody else has made. */
async function wished(text: string) {
  const { project } = await app.make(`a plan ${crypto.randomUUID()}`, { autorun: false })
  await app.settled(project.id)
  await app.app.db.write((tx) =>
    tx.update(projects).set({ createdBy: 'person:ann' }).where(eq(projects.id, project.id)),
  )
  const response = await app.post(`/api/projects/${project.id}/task-wishes`, { text })
  return { project, job: ((await response.json()) as { job: { id: string } }).job.id }
}

const edits = (models: (typeof first)[]) =>
  models.map(({ now }) => now.asked.filter(({ task }) => 'stage' in task && task.stage === 'edit').length)

test('a wish whose model fails is told on the way, and mended by the model that answers, which the result names', async () => {
  first.now = scriptedModel({ plan: [ONE_FILE], edit: [OVERLOADED] })
  second.now = scriptedModel({ plan: [ONE_FILE], edit: ['{"note": 3}', NOTHING_TO_DO] })
  const { stream } = second.now
  const [asked, release, end] = Array.from({ length: 3 }, () => Promise.withResolvers<void>())
  let asks = 0
  second.now.stream = async function* (request, signal) {
    if (asks++ > 0) return yield* stream(request, signal)
    asked!.resolve()
    await release!.promise
    for await (const chunk of stream(request, signal)) {
      yield chunk
      if (chunk.type === 'text') await end!.promise
    }
  }
  const { project, job } = await wished('Is all well?')
  const pulse = async () =>
    /<section[^>]* id="pulse".*?<\/section>/s.exec(await (await app.request(`/projects/${project.id}`)).text())![0]
  await asked!.promise
  expect(await pulse()).toContain('One is overloaded: goes on with two-1')
  release!.resolve()
  while (!(await pulse()).includes('11 bytes')) await Bun.sleep(5)
  expect(await pulse()).not.toContain('goes on with')
  end!.resolve()
  expect(await app.settled(project.id)).toBe('ready')

  expect(edits([first, second])).toEqual([3, 2])
  const { job: done, attempts } = await app.json(`/api/jobs/${job}`)
  expect(done).toMatchObject({ state: 'succeeded', result: { edits: 0, provider: 'two', model: 'two-1' } })
  expect(attempts).toMatchObject([{ provider: 'two', model: 'two-1' }])
  expect(await eventsOf(project.id, job)).toMatchObject([
    { type: 'model.retrying', provider: 'one', error: { code: 'model_overloaded' }, delayMs: 500 },
    { type: 'model.retrying', provider: 'one', delayMs: 1000 },
    { type: 'model.switched', from: { provider: 'one' }, to: { provider: 'two', model: 'two-1' } },
  ])
  for (const { account } of second.now.asked) expect(account).toMatchObject({ person: 'person:local', job }) // who wished
}, 60_000)

test('the shortening of a long conversation is told on the way like any other question', async () => {
  const long = `${'A long story about bread. '.repeat(700)}END`
  first.now = scriptedModel({ plan: [ONE_FILE], chat: [long], summarise: [OVERLOADED] })
  second.now = scriptedModel({ summarise: ['They talked about bread.'] })
  const { project } = await app.make(`a talk ${crypto.randomUUID()}`, { autorun: false })
  await app.settled(project.id)
  const say = async (text: string) => {
    const { job } = (await (await app.post(`/api/projects/${project.id}/messages`, { text })).json()) as {
      job: { id: string }
    }
    await app.settled(project.id)
    return job.id
  }
  await say('Tell me.')
  await say('More.')
  const job = await say('And now?')
  expect(await eventsOf(project.id, job)).toMatchObject([
    { type: 'model.retrying', provider: 'one', error: { code: 'model_overloaded' } },
    { type: 'model.retrying', provider: 'one' },
    { type: 'model.switched', from: { provider: 'one' }, to: { provider: 'two', model: 'two-1' } },
  ])
  const { attempts } = await app.json(`/api/jobs/${job}`)
  expect(attempts).toMatchObject([{ provider: 'one', model: 'one-1' }]) // who answers, in the end
  expect(first.now.asked.at(-1)).toMatchObject({ context: expect.stringContaining('They talked about bread.') })
}, 60_000)

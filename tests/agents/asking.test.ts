import { afterAll, beforeAll, expect, test } from 'bun:test'
import type { Choice } from '../../src/llm/models.ts'
import type { ModelRequest } from '../../src/llm/provider.ts'
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
  using reading = await app.follow(`/api/projects/${project.id}/events?follow=false`)
  await reading.over
  const events = reading.lines.filter(({ type }) => type.startsWith('model.'))
  const { job, attempts } = await app.json(`/api/jobs/${tasks[0].job}`)
  return { project, status, events, job, attempts, notes, tasks }
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
    prompts: expect.arrayContaining(['writer@1', 'continue@1']),
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
}, 15_000)

test('a file that is mended is mended by the model that wrote it, not by the one that has failed', async () => {
  const both = planOf([{ id: 'data', path: 'data.json' }])
  first.now = scriptedModel({ plan: [both], files: { 'data.json': [{ fails: { status: 401 } }] } })
  second.now = scriptedModel({ plan: [both], files: { 'data.json': ['[1,]\n', '[1]\n'] } })
  const { project } = await app.make('some data')
  expect(await app.settled(project.id)).toBe('done')
  const kinds = ({ now }: typeof first) =>
    now.asked.map(({ task }) => task.kind).filter((kind) => kind === 'write' || kind === 'repair')
  expect([kinds(first), kinds(second)]).toEqual([['write'], ['write', 'repair']])
}, 15_000)

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
}, 15_000)

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
}, 15_000)

test('a plan whose model fails in the middle is made anew by the next', async () => {
  first.now = scriptedModel({ plan: [{ fails: { status: 402 } }] })
  second.now = scriptedModel({ plan: ['{"tasks": 1}', ONE_FILE], files: { 'note.md': [LINES.join('')] } })
  const { project, job } = await app.make('a plan')
  expect(await app.settled(project.id)).toBe('done')
  const { attempts } = await app.json(`/api/jobs/${job.id}`)
  expect(attempts).toMatchObject([{ outcome: 'succeeded', provider: 'two', model: 'two-1' }])
  const passes = ({ now }: typeof first) => now.asked.filter(({ task }) => 'stage' in task && task.stage === 'tasks')
  expect([passes(first).length, passes(second).length]).toEqual([1, 2]) // the one that failed is not asked to mend
}, 15_000)

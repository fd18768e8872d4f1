import { expect, test } from 'bun:test'
import type { Cli } from '../../src/cli/io.ts'
import { run as jobCommand } from '../../src/cli/job.ts'
import { run as jobsCommand } from '../../src/cli/jobs.ts'
import { readConfig } from '../../src/config.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'
import { until } from '../support/jobs.ts'
import { ONE_FILE, ONE_PICTURE, scriptedModel } from '../support/scripted-model.ts'

test('a job is asked for with its attempts, its checkpoints and why it waits', async () => {
  const model = scriptedModel({ plan: [ONE_FILE], files: { 'note.md': ['Hello.\n'] } })
  await using app = await testApp({ providers: [model] })
  const { project, job } = await app.make()
  await app.settled(project.id)
  const shown = await app.json(`/api/jobs/${job.id}`)
  expect(shown).toMatchObject({
    job: { id: job.id, state: 'succeeded' },
    attempts: [{ attempt: 1, outcome: 'succeeded', provider: model.name, stack: null }],
    checkpoints: [
      { name: 'outline', attempt: 1 },
      { name: 'plan', attempt: 1 },
    ],
    wait: null,
  })
  const [{ firstByteAt, startedAt, endedAt, queuedAt }] = shown.attempts
  expect([queuedAt <= startedAt, startedAt <= firstByteAt, firstByteAt <= endedAt]).toEqual([true, true, true])
})

test('a picture’s attempt names its engine and its device', async () => {
  await using app = await testApp({ providers: [scriptedModel({ plan: [ONE_PICTURE] })] })
  const { project } = await app.make()
  await app.settled(project.id)
  const { items } = await app.json(`/api/jobs?project=${project.id}&state=succeeded`)
  const { id } = items.find(({ kind }: { kind: string }) => kind === 'render')
  expect((await app.json(`/api/jobs/${id}`)).attempts).toMatchObject([
    { engine: 'sketch', device: 'cpu', provider: null, firstByteAt: expect.any(Number) },
  ])
})

test('a picture that is begun from scratch passes over the checkpoints of the attempts before', async () => {
  await using app = await testApp({
    providers: [scriptedModel({ plan: [ONE_PICTURE] })],
    settings: { HEARTH_SKETCH_STEP_MS: '60' },
  })
  const { project } = await app.make()
  using reading = await app.follow(`/api/projects/${project.id}/events`)
  const { job } = await reading.until(({ step }) => step === 7, 'step 7')
  await app.post(`/api/jobs/${job}/cancellation`)
  const response = await app.post(`/api/jobs/${job}/retry`, { fromScratch: true })
  expect(await response.json()).toMatchObject({ job: { state: 'queued', freshAfter: 1 } })
  using again = await app.follow(`/api/jobs/${job}/events`)
  const first = await again.until(({ attempt, type, step }) => attempt === 2 && type === 'progress' && step > 0)
  expect(first.step).toBeLessThan(5)
})

test('an order about an attempt that is over is refused in words, and one with a bad body too', async () => {
  await using app = await testApp({ work: false })
  const { job } = await app.make()
  const moved = await app.post(`/api/jobs/${job.id}/cancellation`, { attempt: 3 })
  expect(moved.status).toBe(409)
  expect(await moved.json()).toMatchObject({ code: 'job_changed', context: { attempt: 0 } })
  for (const body of [{ attempt: 'x' }, { attempt: 1.5 }, [1], 'x'])
    expect((await app.post(`/api/jobs/${job.id}/cancellation`, body)).status).toBe(422)
  expect((await app.post(`/api/jobs/${job.id}/retry`, { fromScratch: 'yes' })).status).toBe(422)
  expect((await app.post(`/api/jobs/${job.id}/cancellation`, { attempt: 0 })).status).toBe(202)
})

test('a job’s priority is raised over HTTP: to 10, or as said', async () => {
  await using app = await testApp({ work: false })
  const { job } = await app.make()
  const path = `/api/jobs/${job.id}/priority`
  expect(await (await app.post(path)).json()).toMatchObject({ job: { priority: 10 } })
  expect(await (await app.post(path, { priority: -3 })).json()).toMatchObject({ job: { priority: -3 } })
  expect((await app.post(path, { priority: 5, attempt: 3 })).status).toBe(409)
  expect((await app.json(`/api/jobs/${job.id}`)).job.priority).toBe(-3)
  for (const priority of [101, 0.5, '1']) expect((await app.post(path, { priority })).status).toBe(422)
})

test('hearth jobs lists them, and moves all of a project', async () => {
  await using app = await testApp({ work: false })
  const { project, job } = await app.make()
  const other = await app.make()
  const listed = terminal(app)
  expect(await jobsCommand([], listed.io)).toBe(0)
  expect(listed.said.map((line) => line.split('  ')[0])).toEqual([other.job.id, job.id])
  const stopped = terminal(app)
  expect(await jobsCommand(['cancel', project.id], stopped.io)).toBe(0)
  expect(stopped.said).toEqual(['1 job moved.', expect.stringMatching(new RegExp(`^${job.id} .*cancelled`))])
  const queued = terminal(app)
  expect(await jobsCommand(['--state', 'queued'], queued.io)).toBe(0)
  expect(queued.said).toHaveLength(1)
  const unknown = terminal(app)
  expect(await jobsCommand(['nobody'], unknown.io)).toBe(1)
  expect(unknown.complained).toEqual([expect.stringMatching(/no project/)])
})

test('hearth job shows one with its attempts, and moves it', async () => {
  const model = scriptedModel({ plan: [ONE_FILE], files: { 'note.md': [{ stall: 'One.\nTwo.\nx' }, 'Hello.\n'] } })
  await using app = await testApp({ providers: [model] })
  const { project } = await app.make()
  using reading = await app.follow(`/api/projects/${project.id}/events`)
  const { job } = await reading.until(({ type, kind }) => type === 'delta' && kind === 'write')
  const told = async (...args: string[]) => {
    const { io, said, complained } = terminal(app)
    const code = await jobCommand(args, io)
    return { code, text: [...said, ...complained].join('\n') }
  }
  expect(await told('pause', job!)).toMatchObject({ code: 0, text: expect.stringMatching(/paused +try 1/) })
  expect(await told(job!)).toMatchObject({
    text: expect.stringMatching(/It is paused[\s\S]+try 1 .*paused.*by script/),
  })
  expect(await told('raise', job!, '--to', '7')).toMatchObject({ text: expect.stringMatching(/priority 7/) })
  expect(await told('raise', job!, '--attempt', '9')).toMatchObject({
    code: 1,
    text: expect.stringMatching(/Look again/),
  })
  expect(await told('cancel', job!, '--attempt', '9')).toMatchObject({
    code: 1,
    text: expect.stringMatching(/Look again/),
  })
  expect(await told('cancel', job!)).toMatchObject({ text: expect.stringMatching(/cancelled/) })
  await until(() => model.busy === 0)
  expect(await told('retry', job!, '--from-scratch')).toMatchObject({ code: 0, text: expect.stringMatching(/queued/) })
  expect(await app.settled(project.id)).toBe('done')
  expect(await (await app.request(`/api/projects/${project.id}/files/note.md`)).text()).toBe('Hello.\n')
  expect(await told('resume', job!)).toMatchObject({ code: 1, text: expect.stringMatching(/paused/) })
})

test.each([
  [[]],
  [['cancel']],
  [['a', 'b']],
  [['cancel', 'a', 'b']],
  [['cancel', 'a', '--from-scratch']],
  [['raise', 'a', '--to', 'high']],
  [['x', '--what']],
])('hearth job %p is answered with how it is used', async (args) => {
  using folder = temporaryFolder()
  const { io, complained } = terminal({ data: folder.path })
  expect(await jobCommand(args, io)).toBe(2)
  expect(complained).toEqual([expect.stringMatching(/^usage: hearth job ID/)])
})

test('without a server the command says what to do', async () => {
  using folder = temporaryFolder()
  const { io, complained } = terminal({ data: folder.path })
  expect(await jobsCommand([], io)).toBe(1)
  expect(complained).toEqual([expect.stringMatching(/Run hearth serve/)])
})

function terminal({ data }: Pick<TestApp, 'data'>) {
  const said: string[] = []
  const complained: string[] = []
  const io: Cli = {
    out: (text) => void said.push(text),
    err: (text) => void complained.push(text),
    config: readConfig({ HEARTH_DATA: data, HEARTH_LOG: 'silent' }),
    stdin: async () => '',
    isTty: false,
  }
  return { io, said, complained }
}

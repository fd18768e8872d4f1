import { expect, test } from 'bun:test'
import { goneAfter, rendererOf } from '../crash/studio.ts'
import { type TestApp, type TestAppOptions, testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'
import { until } from '../support/jobs.ts'
import { ONE_FILE, ONE_PICTURE, planOf, scriptedModel } from '../support/scripted-model.ts'

const GONE_MS = 1_500

const LARGE_PICTURE = planOf([
  { id: 'big', kind: 'render', path: 'big.png', prompt: 'a lighthouse', width: 768, height: 768 },
])

/** Ways in which a running job is interrupted, to go on later. */
const INTERRUPTED = {
  async 'it is paused'(app: TestApp, job: string) {
    await app.post(`/api/jobs/${job}/pause`)
    await until(() => app.app.devices.counts().busy === 0, 'that the device is free')
    await app.post(`/api/jobs/${job}/resumption`)
    return app
  },
  async 'the server is stopped'(app: TestApp, _job: string, options: TestAppOptions) {
    await app[Symbol.asyncDispose]()
    return testApp(options)
  },
}

test('a queued job is cancelled at once, once, and can be retried', async () => {
  await using app = await testApp({ work: false })
  const { project, job } = await app.make()
  await expectCancelled(app, job.id)
  expect(await statusOf(app, project.id)).toBe('cancelled')
  expect((await app.post(`/api/jobs/${job.id}/retry`)).status).toBe(202)
  expect(await statusOf(app, project.id)).toBe('working')
})

test('a job that plans lets go of its model when it is cancelled, and plans when it is retried', async () => {
  const model = scriptedModel({ plan: [{ stall: '{"title"' }, ONE_FILE], files: { 'note.md': ['Hello.\n'] } })
  await using app = await testApp({ providers: [model] })
  const { project, job } = await app.make()
  await until(() => model.busy === 1)
  await expectCancelled(app, job.id)
  await until(() => model.busy === 0, 'that the model is let go')
  expect(await statusOf(app, project.id)).toBe('cancelled')
  await app.post(`/api/jobs/${job.id}/retry`)
  expect(await app.settled(project.id)).toBe('done')
})

test('a job that writes lets go of its model when it is cancelled, and goes on from its draft when it is retried', async () => {
  const model = scriptedModel({
    plan: [ONE_FILE],
    files: { 'note.md': [{ stall: 'One.\nTwo.\nx' }, 'Two.\nThree.\n'] },
  })
  await using app = await testApp({ providers: [model] })
  const { project } = await app.make()
  using reading = await app.follow(`/api/projects/${project.id}/events`)
  const { job } = await reading.until(({ type, kind }) => type === 'delta' && kind === 'write')
  await expectCancelled(app, job!)
  await until(() => model.busy === 0, 'that the model is let go')
  await reading.over
  expect(reading.durable().filter(({ type }) => type === 'job.cancelled')).toHaveLength(1)
  await app.post(`/api/jobs/${job}/retry`)
  expect(await app.settled(project.id)).toBe('done')
  const file = await app.request(`/api/projects/${project.id}/files/note.md`)
  expect(await file.text()).toBe('One.\nTwo.\nThree.\n')
})

test('a job that renders ends its child when it is cancelled, and renders when it is retried', async () => {
  const model = scriptedModel({ plan: [ONE_PICTURE] })
  await using app = await testApp({ providers: [model], settings: { HEARTH_SKETCH_STEP_MS: '60' } })
  const { project } = await app.make()
  using reading = await app.follow(`/api/projects/${project.id}/events`)
  const { job } = await reading.until(({ step }) => step === 4, 'step 4')
  const renderer = rendererOf(app.data, job!, 1)
  await expectCancelled(app, job!)
  expect(await goneAfter(renderer)).toBeLessThan(GONE_MS)
  await app.post(`/api/jobs/${job}/retry`)
  expect(await app.settled(project.id)).toBe('done')
})

for (const [how, resume] of Object.entries(INTERRUPTED))
  test(`a job that renders writes a checkpoint when ${how}, frees its device, and goes on from that very step`, async () => {
    using folder = temporaryFolder()
    const options = {
      providers: [scriptedModel({ plan: [LARGE_PICTURE] })], // its steps are all work: there is no idle moment to stop in
      data: folder.path,
    }
    let app = await testApp(options)
    await using _ = { [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() }
    const { project } = await app.make()
    using reading = await app.follow(`/api/projects/${project.id}/events`)
    const { job } = await reading.until(({ step }) => step === 8, 'step 8')
    const renderer = rendererOf(app.data, job!, 1)
    app = await resume(app, job!, options)
    expect(await goneAfter(renderer)).toBe(0)
    using again = await app.follow(`/api/jobs/${job}/events`)
    const first = await again.until(({ attempt, type, step }) => attempt === 2 && type === 'progress' && step > 0)
    expect(first.step).toBeGreaterThan(8)
    expect(await app.settled(project.id)).toBe('done')
  }, 60_000)

test('a project is cancelled as a whole, once, and its jobs can be retried to the end', async () => {
  const plan = planOf([
    { id: 'a', path: 'a.md' },
    { id: 'b', path: 'b.md' },
    { id: 'c', path: 'c.md', dependsOn: ['a', 'b'] },
  ])
  const files = { 'a.md': [{ stall: 'a' }, 'A.\n'], 'b.md': [{ stall: 'b' }, 'B.\n'], 'c.md': ['C.\n'] }
  const model = scriptedModel({ plan: [plan], files })
  await using app = await testApp({ providers: [model] })
  const { project } = await app.make()
  await until(() => model.asked.length === 5 && model.busy === 2)
  const response = await app.post(`/api/projects/${project.id}/cancellation`)
  expect(response.status).toBe(200)
  const { jobs } = (await response.json()) as { jobs: { id: string }[] }
  expect(jobs).toHaveLength(2)
  await until(() => model.busy === 0, 'that the model is let go')
  expect(await statusOf(app, project.id)).toBe('cancelled')

  const second = await app.post(`/api/projects/${project.id}/cancellation`)
  expect(second.status).toBe(409)
  expect(await second.json()).toMatchObject({
    code: 'not_allowed',
    detail: expect.stringMatching(/Nothing of the project/),
  })
  for (const { id } of jobs) expect((await app.post(`/api/jobs/${id}/retry`)).status).toBe(202)
  expect(await app.settled(project.id)).toBe('done')
})

async function expectCancelled(app: TestApp, job: string): Promise<void> {
  const first = await app.post(`/api/jobs/${job}/cancellation`)
  expect(first.status).toBe(202)
  expect(await first.json()).toMatchObject({ job: { state: 'cancelled' } })
  const second = await app.post(`/api/jobs/${job}/cancellation`)
  expect(second.status).toBe(409)
  expect(await second.json()).toMatchObject({ code: 'not_allowed', detail: expect.stringMatching(/cancelled/) })
}

async function statusOf(app: TestApp, project: string): Promise<string> {
  return (await app.json(`/api/projects/${project}`)).project.status
}

import { expect, test } from 'bun:test'
import { scanAll } from '../../src/files/scan/all.ts'
import { DEFAULT_POLICY } from '../../src/files/scan/policy.ts'
import { MADE } from '../files/scan/corpus.ts'
import { leapingApp, type TestApp } from '../support/app.ts'
import { planOf, scriptedModel } from '../support/scripted-model.ts'

const PLAN = planOf([
  { id: 'tools', kind: 'note', title: 'Tools', prompt: null },
  { id: 'tool', title: 'The tool', path: 'tool.js', parent: 'tools' },
])
const CALM = "import { execFile } from 'node:child_process'\nexport const zip = (f) => execFile('zip', ['a.zip', f])\n"
const RISKY = `import { exec } from 'node:child_process'\nexport const zip = (file) => exec(\`zip a.zip \${file}\`)\n`
const KEY = MADE.stripe!()
const LEAKY = `export const pay = () => new Stripe('${KEY}')\n`

async function made(answers: string[]) {
  const model = scriptedModel({ plan: [PLAN], files: { 'tool.js': answers }, demo: true })
  const app = await leapingApp({ providers: [model] })
  const { project } = await app.make('a tool')
  return { app, model, project: project.id }
}

async function heldJob(app: TestApp, project: string) {
  using reading = await app.follow(`/api/projects/${project}/events`)
  const line = await reading.until(({ type }) => type === 'job.held', 'a question')
  return (await app.json(`/api/jobs/${line.job}`)).job
}

const logOf = async (app: TestApp, project: string) =>
  (await app.request(`/api/projects/${project}/events?follow=false`)).text()

test('a file with a secret is not taken: the model is told rule, line and reason, and writes again', async () => {
  const { app, model, project } = await made([LEAKY, CALM])
  await using _ = app
  expect(await app.settled(project)).toBe('done')
  expect(await (await app.request(`/api/projects/${project}/files/tool.js`)).text()).toBe(CALM)
  const asked = JSON.stringify(model.asked.at(-1)!.messages)
  expect(asked).toContain('line 1: A Stripe live key stands in the file')
  expect(asked).toContain('(secret-stripe-key)')
  const log = await logOf(app, project)
  expect(log).not.toContain(KEY)
})

test('a model that insists on a secret fails, and the secret is in no error, event or page', async () => {
  const { app, project } = await made([LEAKY, LEAKY, LEAKY, LEAKY, LEAKY, LEAKY, LEAKY, LEAKY, LEAKY])
  await using _ = app
  expect(await app.settled(project)).not.toBe('done')
  expect(await (await app.request(`/projects/${project}`)).text()).not.toContain(KEY)
  const log = await logOf(app, project)
  expect(log).toContain('secret-stripe-key')
  expect(log).not.toContain(KEY)
})

test('what a policy asks about is mended once; then a person decides, and to try again takes the file as it is', async () => {
  const { app, model, project } = await made([RISKY, RISKY])
  await using _ = app
  const job = await heldJob(app, project)
  expect(job.error).toMatchObject({ code: 'danger_found', context: { path: 'tool.js' } })
  expect(job.error.message).toContain('line 2: A shell reads a command that is put together from values')
  expect(job.error.context.findings).toMatchObject([{ rule: 'shell-from-input', severity: 'high', line: 2 }])
  const questions = model.asked.length
  expect((await app.post(`/api/jobs/${job.id}/retry`)).status).toBe(202)
  expect(await app.settled(project)).toBe('done')
  expect(model.asked).toHaveLength(questions)
  expect(await (await app.request(`/api/projects/${project}/files/tool.js`)).text()).toBe(RISKY)
  const { job: done } = await app.json(`/api/jobs/${job.id}`)
  expect(done.result.findings).toMatchObject([{ rule: 'shell-from-input' }])
  const page = await (await app.request(`/projects/${project}`)).text()
  expect(page).toContain('line 2: A shell reads a command that is put together from values')
})

test('a model that mends what a policy asks about is taken without a question', async () => {
  const { app, project } = await made([RISKY, CALM])
  await using _ = app
  expect(await app.settled(project)).toBe('done')
  expect(await (await app.request(`/api/projects/${project}/files/tool.js`)).text()).toBe(CALM)
})

test('all files of a project are looked at before something is run', async () => {
  const files = [
    { path: 'tool.js', text: RISKY },
    { path: 'calm.js', text: CALM },
    { path: 'pay.js', text: LEAKY },
  ]
  const { blocks, asks, notes } = await scanAll(files, DEFAULT_POLICY)
  expect(blocks).toMatchObject([{ path: 'pay.js', line: 1, rule: 'secret-stripe-key' }])
  expect(asks).toMatchObject([{ path: 'tool.js', line: 2, rule: 'shell-from-input' }])
  expect(notes).toEqual([])
  const controller = new AbortController()
  controller.abort(new Error('stop'))
  const many = Array.from({ length: 3_000 }, (_, i) => ({ path: `f${i}.js`, text: RISKY.repeat(20) }))
  await expect(scanAll(many, DEFAULT_POLICY, controller.signal)).rejects.toThrow('stop')
})

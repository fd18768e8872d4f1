import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestApp, testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'
import { SHAPES, safetensors } from '../support/weights.ts'

const PASSWORD = 'tea with the neighbours'
const WRITE_ONLY = 'an owner’s token that may write alone'
const WHO = ['member', WRITE_ONLY, 'viewer'] as const
const VERBS = ['cancellation', 'retry', 'pause', 'resumption', 'priority'] as const
const MODEL = `
family = "sd15"
format = "safetensors"
engines = ["diffusers"]
[licence]
id = "free"
name = "Free"
[[models]]
id = "sd15/one"
label = "One"
[[models.files]]
path = "one.safetensors"
part = "checkpoint"
url = "http://127.0.0.1:9/one"
[models.tiers.low]
vramBytes = 1000
`
const SCHEDULED = ['attempts', 'backup', 'collection', 'purge', 'retention']

const folder = temporaryFolder()
const secrets: Record<string, string> = {}
/** A job of each kind, waiting. */
const jobs: Record<string, string> = {}
let app: TestApp

beforeAll(async () => {
  mkdirSync(join(folder.path, 'catalogue'), { recursive: true })
  writeFileSync(join(folder.path, 'catalogue/own.toml'), MODEL)
  mkdirSync(join(folder.path, 'models/sd15'), { recursive: true })
  writeFileSync(join(folder.path, 'models/sd15/there.safetensors'), safetensors(SHAPES.sd15))
  app = await testApp({ work: false, data: folder.path, settings: { HEARTH_MODEL_HOSTS: '127.0.0.1:9' } })
  for (const [role, email] of Object.entries({
    owner: 'o@example.com',
    member: 'm@example.com',
    viewer: 'v@example.com',
  }))
    await send('POST', '/api/accounts', { email, password: PASSWORD, role })
  for (const [who, account] of Object.entries({
    member: 'm@example.com',
    viewer: 'v@example.com',
    [WRITE_ONLY]: 'o@example.com',
  }))
    secrets[who] = (
      await send('POST', '/api/tokens', { name: who, account, scopes: [who === 'viewer' ? 'read' : 'write'] })
    ).body.secret
  await startEach()
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

// biome-ignore lint/suspicious/noExplicitAny: the answers of many routes
async function send(method: string, path: string, body?: object, who?: string): Promise<{ status: number; body: any }> {
  const authorization: Record<string, string> = who ? { authorization: `Bearer ${secrets[who]}` } : {}
  const headers = { 'content-type': 'application/json', ...authorization }
  const response = await app.request(path, { method, headers, ...(body && { body: JSON.stringify(body) }) })
  const text = await response.text()
  return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : text }
}

async function form(path: string, fields: Record<string, string>, who: string) {
  const headers = { authorization: `Bearer ${secrets[who]}` }
  return (await app.request(path, { method: 'POST', headers, body: new URLSearchParams(fields) })).status
}

async function startEach() {
  await send('POST', '/api/gpu/models/looks')
  const { items } = (await send('GET', '/api/gpu/models')).body
  const there = items.find(({ installed }: { installed: object | null }) => installed)
  jobs['fetch-model'] = (await send('POST', '/api/gpu/models/sd15/one/download', { acceptLicence: true })).body.job.id
  jobs['check-model'] = (await send('POST', `/api/gpu/models/${there.id}/check`)).body.job.id
  for (const schedule of (await send('GET', '/api/schedules')).body.items)
    jobs[schedule.kind] ??= (await send('POST', `/api/schedules/${schedule.id}/runs`)).body.job.id
  for (const kind of SCHEDULED)
    if (!jobs[kind]) {
      const asked = { name: kind, kind, cron: '0 3 * * *', timezone: 'UTC' }
      const { id } = (await send('POST', '/api/schedules', asked)).body.schedule
      jobs[kind] = (await send('POST', `/api/schedules/${id}/runs`)).body.job.id
    }
}

const state = async (id: string) => (await send('GET', `/api/jobs/${id}`)).body.job.state

test('who may not start a job of the machine may not stop, retry, pause, raise or move it either, by API or page', async () => {
  expect(Object.keys(jobs).sort()).toEqual(['fetch-model', 'check-model', ...SCHEDULED].sort())
  for (const who of WHO)
    for (const [kind, id] of Object.entries(jobs)) {
      for (const verb of VERBS) {
        const api = await send('POST', `/api/jobs/${id}/${verb}`, {}, who)
        expect([who, kind, verb, api.status, api.body.code]).toEqual([
          who,
          kind,
          verb,
          403,
          who === 'viewer' ? 'viewer_reads_only' : 'owner_only',
        ])
        expect([who, kind, verb, await form(`/jobs/${id}/${verb}`, { page: 'job' }, who)]).toEqual([
          who,
          kind,
          verb,
          403,
        ])
      }
      expect((await send('POST', `/api/jobs/${id}/place`, { before: null }, who)).status).toBe(403)
      for (const way of ['first', 'last']) expect(await form('/queue/moves', { job: id, way }, who)).toBe(403)
      expect(await state(id)).toBe('queued')
    }
})

test('the owner may, and a member may with jobs of projects, whoever made them', async () => {
  const { project, job } = await app.make()
  for (const [verb, then] of [
    ['pause', 'paused'],
    ['resumption', 'queued'],
    ['cancellation', 'cancelled'],
    ['retry', 'queued'],
  ] as const) {
    expect((await send('POST', `/api/jobs/${job.id}/${verb}`, {}, 'member')).status).toBe(202)
    expect(await state(job.id)).toBe(then)
    expect((await send('POST', `/api/jobs/${jobs['fetch-model']}/${verb}`, {})).status).toBe(202)
    expect(await state(jobs['fetch-model']!)).toBe(then)
  }
  const asked = { request: { prompt: 'a harbour' } }
  const render = (await send('POST', `/api/projects/${project.id}/renders`, asked)).body.job
  expect((await send('POST', `/api/jobs/${render.id}/place`, { before: null }, 'member')).status).toBe(202)
  expect((await send('POST', `/api/jobs/${render.id}/place`, { before: null }, 'viewer')).status).toBe(403)
})

test('what is not there is not there, whoever asks', async () => {
  for (const verb of [...VERBS, 'place'])
    expect((await send('POST', `/api/jobs/nothing/${verb}`, { before: null }, 'member')).status).toBe(404)
})

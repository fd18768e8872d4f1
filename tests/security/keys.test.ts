import { afterAll, beforeAll, expect, test } from 'bun:test'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readServer } from '../../src/accounts/local.ts'
import { run as restore } from '../../src/cli/restore.ts'
import { readConfig } from '../../src/config.ts'
import { redactor } from '../../src/redact.ts'
import { testApp } from '../support/app.ts'
import { type Client, openClient } from '../support/client.ts'
import { dataDirectory, type RunningServer, startServer } from '../support/server.ts'

/** Without the marks that a key is known by: it has to be known by value. */
const KEY = 'Zq7wV2xK9mR4tL8pN3sJ6hB1'
const FORGOTTEN = 'Gd5yF0cU7eA2iO9qW4nM8kT6'
const FORMS = [KEY, FORGOTTEN].flatMap((key) => [
  key,
  Buffer.from(key).toString('base64').slice(0, -4),
  Buffer.from(key).toString('hex'),
])

let data: ReturnType<typeof dataDirectory>
let vendor: ReturnType<typeof Bun.serve>
let server: RunningServer
let client: Client
const logs: string[] = []

const env = () => ({ ANTHROPIC_BASE_URL: `http://127.0.0.1:${vendor.port}`, HEARTH_LOG: 'debug' })

beforeAll(async () => {
  data = dataDirectory()
  vendor = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: echo })
  await start()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  vendor.stop(true)
  data[Symbol.dispose]()
})

/** A vendor, or a proxy before it, that sends back all that it was sent: by turns as a refused request and a refused key. */
let turns = 0
function echo(request: Request): Response {
  const sent = JSON.stringify(Object.fromEntries(request.headers))
  const type = turns++ % 2 === 0 ? 'invalid_request_error' : 'authentication_error'
  const body = { type: 'error', error: { type, message: `bad ${sent} ${KEY} ${FORGOTTEN}` } }
  return Response.json(body, { status: 400, headers: { 'request-id': `req ${KEY}`.replaceAll(' ', '-') } })
}

async function start(): Promise<void> {
  server = await startServer({ data: data.path, env: env() })
  const { url, secret } = readServer(data.path)!
  client = openClient(url, secret)
}

const put = (key: string) =>
  client.request('/api/models/providers/anthropic/key', {
    method: 'PUT',
    body: JSON.stringify({ key }),
    headers: { 'content-type': 'application/json' },
  })

test('a typed key shows up in no answer, page, event, log line, error, database or backup', async () => {
  const said: [string, string][] = []
  const hear = async (name: string, response: Response) => said.push([name, await response.text()])
  await hear('keep', await put(FORGOTTEN))
  await hear('forget', await client.request('/api/models/providers/anthropic/key', { method: 'DELETE' }))
  await hear('keep again', await put(KEY))
  await hear('a key that is none', await put(`${KEY} ${KEY}`))
  await hear(
    'broken',
    await client.request('/api/models/providers/anthropic/key', {
      method: 'PUT',
      body: `{"key":"${KEY}`,
      headers: { 'content-type': 'application/json' },
    }),
  )
  await hear('try', await client.post('/api/models/providers/anthropic/tries'))
  await hear('form', await typedInto('/models/providers/anthropic/key', { key: KEY }))
  await hear('form refused', await typedInto('/models/providers/anthropic/key', { key: `${KEY} ${KEY}` }))
  await hear('server refused', await typedInto('/models/providers', { name: 'demo', baseUrl: 'http://x', key: KEY }))

  const project = await failedProject()
  await restarted()
  const another = await failedProject()
  await client.post('/api/schedules/backup/runs')
  await backedUp()
  const { paths } = await client.json('/api/openapi.json')
  const plain = Object.keys(paths).filter((path) => paths[path].get && !path.includes('{'))
  const projects = [project, another].flatMap((id) => [
    `/api/projects/${id}`,
    `/api/projects/${id}/events?follow=false`,
    `/projects/${id}`,
  ])
  for (const path of [...plain, ...projects, '/', '/models', '/schedules', '/usage', '/metrics'])
    await hear(path, await client.request(path, { headers: { accept: path.startsWith('/api') ? '*/*' : 'text/html' } }))
  expect(said.length).toBeGreaterThan(20)
  expect(said.find(([name]) => name === '/models')![1]).toContain('ends in …6hB1')

  logs.push(server.errors())
  for (const [name, text] of [...said, ['log', logs.join('\n')] as const])
    expect([name, FORMS.filter((form) => text.includes(form))]).toEqual([name, []])
  const files = everyFile(data.path)
  expect(files.some((path) => path.endsWith('.tar'))).toBe(true)
  for (const path of files) {
    const bytes = readFileSync(path)
    expect([path, FORMS.filter((form) => bytes.includes(form))]).toEqual([path, []])
  }
})

test('the file of the key is its owner’s alone, and travels in no backup', () => {
  const path = join(data.path, 'keys.key')
  expect((statSync(path).mode & 0o777).toString(8)).toBe('600')
  const key = readFileSync(path)
  const tars = everyFile(join(data.path, 'backups')).filter((name) => name.endsWith('.tar'))
  expect(tars).toHaveLength(1)
  for (const tar of tars) {
    const bytes = readFileSync(tar)
    expect(bytes.includes('keys.key')).toBe(false)
    expect(bytes.includes(key)).toBe(false)
  }
})

test('after a restore elsewhere the page says that the key must be typed again, and the server works on', async () => {
  using elsewhere = dataDirectory()
  const [tar] = everyFile(join(data.path, 'backups')).filter((name) => name.endsWith('.tar'))
  const config = readConfig({ HEARTH_DATA: elsewhere.path, HEARTH_LOG: 'silent' })
  const quiet = { out: () => {}, err: () => {}, config, stdin: async () => '', isTty: false }
  expect(await restore([tar!], quiet)).toBe(0)
  await using app = await testApp({ data: elsewhere.path, work: false, settings: env() })
  const page = await (await app.request('/models')).text()
  expect(page).toContain('keys.key is not in the data directory, as after a restore. Type it again.')
  expect(app.app.models.providers().map(({ name }) => name)).toEqual(['demo'])
})

test('a secret that is learned while it is in use is blotted out from then on, and none is forgotten', () => {
  const redact = redactor(['the first one'])
  expect(redact(`x ${KEY}`)).toContain(KEY)
  redact.learn(KEY)
  redact.learn('a/b c+d/e')
  expect(redact(`${KEY} the first one a%2Fb%20c%2Bd%2Fe`)).toBe('[secret] [secret] [secret]')
})

async function failedProject(): Promise<string> {
  const { project } = (await (await client.post('/api/projects', { brief: 'a poem', model: 'anthropic' })).json()) as {
    project: { id: string }
  }
  using reading = await client.follow(`/api/projects/${project.id}/events`)
  await reading.until(({ type }) => type === 'job.failed' || type === 'end', 'its failure')
  return project.id
}

async function restarted(): Promise<void> {
  logs.push(server.errors())
  await server.kill()
  await start()
}

async function backedUp(): Promise<void> {
  const finished = () =>
    readdirSync(data.path).includes('backups') &&
    readdirSync(join(data.path, 'backups')).some((name) => name.endsWith('.tar'))
  while (!finished()) await Bun.sleep(20)
}

function typedInto(path: string, fields: Record<string, string>): Promise<Response> {
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  return client.request(path, { method: 'POST', headers, body: new URLSearchParams(fields).toString() })
}

function everyFile(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
}

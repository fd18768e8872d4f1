import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join } from 'node:path'
import { Validator } from '@seriousme/openapi-schema-validator'
import { type App, createApp } from '../../src/app.ts'
import { run as openapi } from '../../src/cli/openapi.ts'
import { readConfig } from '../../src/config.ts'
import { temporaryFolder } from '../support/database.ts'

const CPU = { id: 'cpu', name: 'CPU', kind: 'cpu', totalBytes: 8e9, freeBytes: 8e9 } as const

// biome-ignore lint/suspicious/noExplicitAny: a document is whatever JSON it is; the validator says whether it is a good one
type Document = any

let folder: ReturnType<typeof temporaryFolder>
let app: App
let document: Document

beforeAll(async () => {
  folder = temporaryFolder()
  app = await createApp(readConfig({ HEARTH_DATA: folder.path, HEARTH_LOG: 'silent' }), { devices: [CPU] })
  document = await (await ask('/api/openapi.json')).json()
})

afterAll(async () => {
  await app[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

function ask(path: string, method = 'GET', body?: object): Promise<Response> {
  const headers = { authorization: `Bearer local_${app.localSecret}`, 'content-type': 'application/json' }
  return app.app.handle(
    new Request(`http://localhost${path}`, { method, headers, body: body ? JSON.stringify(body) : null }),
  )
}

test('the document is valid OpenAPI 3.1', async () => {
  const validator = new Validator()
  const result = await validator.validate(structuredClone(document))
  expect(result.errors).toBeUndefined()
  expect([result.valid, validator.version]).toEqual([true, '3.1'])
})

test('every route under /api is in it, and nothing else', () => {
  const routes = app.app.routes
    .filter(({ path }) => path.startsWith('/api/'))
    .map(
      ({ method, path }) =>
        `${method} ${path
          .replace(/(.)\/$/, '$1')
          .replace(/:(\w+)/g, '{$1}')
          .replace('*', '{path}')}`,
    )
  const told = Object.entries(document.paths as Document).flatMap(([path, operations]) =>
    Object.keys(operations as object).map((method) => `${method.toUpperCase()} ${path}`),
  )
  expect(told.sort()).toEqual(routes.sort())
  for (const route of [
    'POST /api/projects',
    'GET /api/projects/{id}/files/{path}',
    'POST /api/jobs/{id}/resumption',
    'GET /api/openapi.json',
  ])
    expect(told).toContain(route)
})

test('each operation has a name of its own, a summary, a good answer and the form of its errors', () => {
  const all: Document[] = Object.values(document.paths).flatMap((path) => Object.values(path as object))
  const names = all.map(({ operationId }) => operationId)
  expect(new Set(names).size).toBe(names.length)
  for (const { operationId, summary, tags, responses } of all) {
    expect([operationId, typeof summary, tags.length]).toEqual([operationId, 'string', 1])
    expect(Object.keys(responses).some((status) => /^2\d\d$/.test(status))).toBe(true)
    expect(responses.default).toEqual({ $ref: '#/components/responses/Problem' })
  }
  expect(Object.keys(document.components.responses.Problem.content)).toEqual(['application/problem+json'])
  expect(document.components.securitySchemes.token).toMatchObject({ type: 'http', scheme: 'bearer' })
})

test('requests are told as they are read: what must be there, what may be left out, what it is then', () => {
  const { post, get } = document.paths['/api/projects']
  const body = post.requestBody.content['application/json'].schema
  expect(body.required).toEqual(['brief'])
  expect(body.properties.autorun).toEqual({ default: true, type: 'boolean' })
  const limit = get.parameters.find(({ name }: Document) => name === 'limit')
  expect(limit).toEqual({
    name: 'limit',
    in: 'query',
    required: false,
    schema: { default: 50, type: 'integer', minimum: 1, maximum: 200 },
  })
})

test('streams are told as NDJSON, with the form of a line', () => {
  for (const path of ['/api/projects/{id}/events', '/api/jobs/{id}/events'])
    expect(document.paths[path].get.responses['200'].content).toEqual({
      'application/x-ndjson': { schema: { $ref: '#/components/schemas/Line' } },
    })
})

test('what the server answers has the form that the document gives', async () => {
  const made = await ask('/api/projects', 'POST', { brief: 'A bakery', autorun: false })
  const { project, job } = await shaped(made, '/api/projects', 'post')
  await shaped(await ask('/api/projects?limit=1'), '/api/projects', 'get')
  await shaped(await ask(`/api/projects/${project.id}`), '/api/projects/{id}', 'get')
  await shaped(await ask(`/api/projects/${project.id}/changes`), '/api/projects/{id}/changes', 'get')
  await shaped(await ask(`/api/jobs/${job.id}`), '/api/jobs/{id}', 'get')
  await shaped(await ask(`/api/jobs/${job.id}/pause`, 'POST'), '/api/jobs/{id}/pause', 'post')
  const tasks = `/api/projects/${project.id}/tasks`
  expect((await ask(tasks, 'POST', { kind: 'note', title: 'x' })).status).toBe(409)
  await ask(`/api/jobs/${job.id}/cancellation`, 'POST')
  const wish = { kind: 'write', title: 'Note', path: 'note.md' }
  const { task } = await shaped(await ask(tasks, 'POST', wish), '/api/projects/{id}/tasks', 'post')
  await shaped(await ask(`/api/tasks/${task.id}`), '/api/tasks/{id}', 'get')
  await shaped(await ask(`/api/tasks/${task.id}`, 'PATCH', { title: 'A note' }), '/api/tasks/{id}', 'patch')
  await ask(tasks, 'POST', { ...wish, path: 'more.md' })
  await shaped(await ask(`/api/tasks/${task.id}/completion`, 'POST'), '/api/tasks/{id}/completion', 'post')
  await shaped(await ask(`/api/tasks/${task.id}`, 'DELETE'), '/api/tasks/{id}', 'delete')
  const uploads = `/api/projects/${project.id}/uploads`
  const { files } = await shaped(await ask(`${uploads}?name=a.json`, 'POST', {}), '/api/projects/{id}/uploads', 'post')
  const said = `/api/projects/${project.id}/messages`
  const message = { text: 'What is it?', attach: [files[0].path] }
  await shaped(await ask(said, 'POST', message), '/api/projects/{id}/messages', 'post')
  await shaped(await ask(said), '/api/projects/{id}/messages', 'get')
  const account = { email: 'ada@example.com', password: 'tea with the neighbours' }
  await shaped(await ask('/api/accounts', 'POST', account), '/api/accounts', 'post')
  await shaped(await ask('/api/tokens', 'POST', { name: 'x', account: account.email }), '/api/tokens', 'post')
  await shaped(await ask('/api/tokens'), '/api/tokens', 'get')
  await shaped(await ask('/api/me'), '/api/me', 'get')
  await shaped(await ask('/api/doctor'), '/api/doctor', 'get')
  await shaped(await ask('/api/usage?by=project'), '/api/usage', 'get')
  await shaped(await ask('/api/budgets'), '/api/budgets', 'get')
  await shaped(await ask('/api/budgets/house', 'PUT', { limitUsd: 5 }), '/api/budgets/house', 'put')
  expect(fits((await (await ask('/api/jobs/x')).json()) as Document, { $ref: '#/components/schemas/Problem' })).toEqual(
    [],
  )
})

test('hearth openapi prints the same with no server and leaves nothing behind', async () => {
  const said: string[] = []
  const config = readConfig({ HEARTH_DATA: `${folder.path}/none`, HEARTH_LOG: 'silent' })
  const io = { out: (text: string) => void said.push(text), err: () => {}, config, stdin: async () => '', isTty: false }
  expect(await openapi([], io)).toBe(0)
  expect(JSON.parse(said.join('\n'))).toEqual(document)
  expect(await Bun.file(`${folder.path}/none/hearth.db`).exists()).toBe(false)
  expect(await openapi(['x'], io)).toBe(2)
})

test('strangers do not get it', async () => {
  expect((await app.app.handle(new Request('http://localhost/api/openapi.json'))).status).toBe(401)
})

/** The answer, once it has been held against the document. */
async function shaped(answer: Response, path: string, method: string): Promise<Document> {
  const body = await answer.json()
  const { schema } = document.paths[path][method].responses[String(answer.status)].content['application/json']
  expect([path, fits(body, schema)]).toEqual([path, []])
  return body
}

/** What of a value is not as its schema says; as much of JSON Schema as the document uses. */
function fits(value: Document, schema: Document, at = ''): string[] {
  if (schema.$ref) return fits(value, document.components.schemas[schema.$ref.split('/').at(-1)], at)
  if (schema.anyOf)
    return schema.anyOf.some((one: Document) => fits(value, one).length === 0) ? [] : [`${at}: none of anyOf`]
  if (schema.enum && !schema.enum.includes(value)) return [`${at}: ${value} is not one of ${schema.enum}`]
  const types = [schema.type ?? []].flat()
  if (types.length > 0 && !types.includes(typeOf(value, types)))
    return [`${at}: ${JSON.stringify(value)} is no ${schema.type}`]
  if (schema.type === 'array')
    return value.flatMap((one: Document, i: number) => fits(one, schema.items, `${at}[${i}]`))
  if (schema.type !== 'object' || !schema.properties) return []
  const missing = (schema.required ?? [])
    .filter((name: string) => !(name in value))
    .map((name: string) => `${at}.${name} is missing`)
  const extra = Object.keys(value).filter(
    (name) => schema.additionalProperties === false && !(name in schema.properties),
  )
  const inside = Object.entries(schema.properties).flatMap(([name, one]) =>
    name in value ? fits(value[name], one, `${at}.${name}`) : [],
  )
  return [...missing, ...extra.map((name) => `${at}.${name} is not told`), ...inside]
}

function typeOf(value: unknown, wanted: string[]): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (wanted.includes('integer') && Number.isInteger(value)) return 'integer'
  return typeof value
}

test('the whole document reaches a reader of a pipe that is slower than the command', async () => {
  const src = join(import.meta.dir, '../../src/main.ts')
  // a pipe holds 64 KB: all beyond is still in the command when it has nothing left to do
  const slow = Bun.spawn(['sh', '-c', '"$0" "$1" openapi | (head -c 1; sleep 0.3; cat)', process.execPath, src], {
    env: { PATH: process.env.PATH, HEARTH_DATA: folder.path },
    stdout: 'pipe',
  })
  expect(JSON.parse(await new Response(slow.stdout).text()).paths).toEqual(document.paths)
})

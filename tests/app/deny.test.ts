import { afterAll, beforeAll, expect, test } from 'bun:test'
import { insertAccount } from '../../src/accounts/accounts.ts'
import { openHasher } from '../../src/accounts/hasher.ts'
import { createToken } from '../../src/accounts/tokens.ts'
import { type TestApp, testApp } from '../support/app.ts'

/** What is open to everybody. `/api/…` is never. */
const PUBLIC = /^\/(assets\/\*|health\/(live|ready)|setup|sign-in|favicon\.ico|robots\.txt)$/
/** A request with a body that a route might look at before it looks at who asks. */
const BODY = JSON.stringify({ brief: 'a poem', email: 'a@example.org', password: 'hunter2hunter2' })

let app: TestApp
beforeAll(async () => {
  app = await testApp({ work: false })
})
afterAll(() => app[Symbol.asyncDispose]())

test('every route but the public ones asks who is there, whatever is sent', async () => {
  const open: string[] = []
  const routes = app.app.app.routes.filter(({ path }) => !PUBLIC.test(path))
  expect(routes.length).toBeGreaterThan(30)
  for (const { method, path } of routes)
    for (const body of method === 'GET' ? [undefined] : [undefined, BODY, '{"half', 'brief=x']) {
      const { status, location, text } = await asNobody(method, path, body)
      const closed = path.startsWith('/api/')
        ? status === 401
        : status === 401 || (status === 303 && /^\/sign-in/.test(location))
      if (!closed || /hunter2|at .+\.ts:\d/.test(text)) open.push(`${method} ${path} ${status} ${text.slice(0, 80)}`)
    }
  expect(open).toEqual([])
})

test('a wrong token opens nothing', async () => {
  for (const token of ['x', 'local_', 'local_x', `local_${'0'.repeat(43)}`, 'hearth_x', ' '])
    for (const path of ['/api/projects', '/api/me', '/metrics']) {
      const response = await fetch(`${app.url}${path}`, { headers: { authorization: `Bearer ${token}` } })
      expect(response.status).toBe(401)
    }
})

test('an unknown id is 404 on every route that names one, and never done', async () => {
  const wrong: string[] = []
  const routes = app.app.app.routes.filter(({ path }) => path.includes(':') && !PUBLIC.test(path))
  expect(routes.length).toBeGreaterThan(15)
  for (const { method, path } of routes)
    for (const id of ['nobody-knows-this', '%00', '..%2f..%2fetc%2fpasswd', 'x'.repeat(5_000)]) {
      const response = await app.request(concrete(path, id), {
        method,
        ...(method !== 'GET' && { body: '{}', headers: { 'content-type': 'application/json' } }),
        signal: AbortSignal.timeout(5_000),
      })
      const text = await response.text()
      if (response.status !== 404 || /"done"|node_modules|at .+\.ts:\d/.test(text))
        wrong.push(`${method} ${path} ${id.slice(0, 20)} ${response.status} ${text.slice(0, 100)}`)
    }
  expect(wrong).toEqual([])
})

async function asNobody(method: string, path: string, body?: string) {
  const type = body?.startsWith('brief') ? 'application/x-www-form-urlencoded' : 'application/json'
  const response = await fetch(`${app.url}${concrete(path, 'some-id')}`, {
    method,
    redirect: 'manual',
    ...(body !== undefined && { body, headers: { 'content-type': type } }),
  })
  return { status: response.status, location: response.headers.get('location') ?? '', text: await response.text() }
}

function concrete(path: string, id: string): string {
  return path.replace(/:\w+/g, id).replace('*', 'index.html')
}

test('whoever may only look changes nothing by any route', async () => {
  const deps = { ...app.app, hasher: openHasher() }
  for (const role of ['owner', 'viewer'] as const)
    await app.app.db.write((tx) =>
      insertAccount(deps, tx, { email: `${role}@example.com`, passwordHash: '$argon2id$x', role }),
    )
  const { secret } = await createToken(app.app, { name: 'looks', account: 'viewer@example.com' })
  const { project } = await app.make('a poem', { autorun: false })
  const allowed: string[] = []
  const routes = app.app.app.routes.filter(({ method, path }) => !/GET|HEAD|OPTIONS/.test(method) && !PUBLIC.test(path))
  expect(routes.length).toBeGreaterThan(30)
  for (const { method, path } of routes) {
    const { status } = await fetch(`${app.url}${concrete(path, project.id)}`, {
      method,
      redirect: 'manual',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: '{}',
    })
    if (status !== 403) allowed.push(`${method} ${path} ${status}`)
  }
  expect(allowed.map((each) => each.split(' ')[1])).toEqual(['/sign-out', '/git/:repository/git-upload-pack']) // which is reading
})

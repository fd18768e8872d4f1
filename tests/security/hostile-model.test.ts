import { afterAll, beforeAll, expect, test } from 'bun:test'
import { disposition } from '../../src/workspace/urls.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { scriptedModel } from '../support/scripted-model.ts'

const MARK = `"'><img src=x hx-get=/api/me hx-trigger=load></pre></hx-partial></script><script>alert(1)</script>`
const FIELDS = '\r\revent: ended\rdata: taken over\r\r'
const HALF = '\ud83d'
const PATH = "a'&`{}$.html"

const plan = JSON.stringify({
  title: `T${MARK.slice(0, 60)}\r\nx: y${HALF}`,
  summary: MARK + FIELDS,
  tasks: [
    { id: `t${MARK.slice(0, 70)}`, title: `W${MARK}${FIELDS}`.slice(0, 160), kind: 'write', path: PATH, prompt: MARK },
    { id: 'dot', title: `${MARK}`, kind: 'write', path: 'b.svg', prompt: FIELDS },
    { id: 'pic', title: MARK, kind: 'render', path: 'p.png', prompt: MARK + FIELDS, width: 64, height: 64 },
  ].map((task) => ({ parent: null, dependsOn: [], width: null, height: null, ...task })),
})

let app: TestApp
let project: string
let cookie: string
let preview: string

beforeAll(async () => {
  const files = {
    [PATH]: [`<!doctype html><p>${MARK}</p>${FIELDS}<script>fetch('/api/me')</script>\n`],
    'b.svg': [`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>\n`],
  }
  app = await testApp({ providers: [scriptedModel({ plan: [plan], files })] })
  project = (await app.make(`brief ${MARK}`)).project.id
  await app.settled(project)
  cookie = await signedIn()
  const page = await (await get(`/projects/${project}`)).text()
  preview = /<iframe src="([^"]+)"/.exec(page)![1]!.replaceAll('&#x27;', "'").replaceAll('&amp;', '&')
})
afterAll(() => app[Symbol.asyncDispose]())

async function signedIn(): Promise<string> {
  const account = { email: 'ada@example.com', password: 'plain words do well', role: 'owner' }
  await app.post('/api/accounts', account)
  const answer = await fetch(`${app.url}/sign-in`, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams(account),
  })
  return answer.headers.get('set-cookie')!.split(';')[0]!
}

function get(path: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(new URL(path, app.url), { headers: { cookie, ...headers }, redirect: 'manual' })
}

/** What the page itself does not write, so that it can only come from the model's text. */
function expectTame(html: string): void {
  expect(html).not.toMatch(/<img src=x|<script>|hx-get=\/api(?![^<>]*&)/)
  expect(html).toContain('&lt;')
}

test('no page lets a model’s words become elements', async () => {
  const paths = ['/', `/projects/${project}`, `/projects/${project}/files/${encodeURIComponent(PATH)}`]
  for (const path of [...paths, '/?brief=%3Cscript%3E%22%3E%3Cimg%20src=x%3E']) {
    const answer = await get(path)
    expect(answer.status).toBe(200)
    expectTame(await answer.text())
    expectTame(await (await get(path, { 'hx-request-type': 'partial' })).text())
  }
})

test('an address that is not there does not come back as elements', async () => {
  for (const path of [`/projects/${encodeURIComponent(MARK)}`, `/${encodeURIComponent(MARK)}`])
    expect(await (await get(path)).text()).not.toMatch(/<img src=x|<script>/)
})

test('the live page’s stream has no field and no element of a model’s making', async () => {
  const answer = await get(`/projects/${project}/stream`)
  const reader = answer.body!.getReader()
  const first = new TextDecoder().decode((await reader.read()).value)
  await reader.cancel()
  expectTame(first)
  expect(first).not.toContain('\r')
  for (const line of first.split('\n')) expect(line).toMatch(/^(id: \d+|data: .*|data:|:.*|)$/)
})

test('the files of a project can’t act on the app’s own origin', async () => {
  for (const path of [PATH, 'b.svg']) {
    const answer = await get(`/api/projects/${project}/files/${encodeURIComponent(path)}`)
    expect(answer.headers.get('content-security-policy')).toStartWith('sandbox;')
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff')
    const asText = answer.headers.get('content-type')!.startsWith('text/plain')
    expect(asText || answer.headers.get('content-disposition')!.startsWith('attachment')).toBe(true)
  }
})

const ASKED: [string, RequestInit][] = [
  ['as it is', {}],
  ['that is known', { headers: { 'if-none-match': '"1"' } }],
  ['in part', { headers: { range: 'bytes=0-3' } }],
  ['by its head', { method: 'HEAD' }],
  ['by a form', { method: 'POST', body: 'x' }],
  ['with a session', { headers: { cookie: 'hearth_session=x' } }],
]

test.each(ASKED)('a previewed page asked for %s stays in its sandbox', async (_, init) => {
  for (const path of ['', 'nothing', '../../etc/passwd', '%2e%2e%2f', '%00', '..%5c', '%E0%A4%A', 'x/'.repeat(900)]) {
    const url = path === '' ? preview : preview.replace(/[^/]*$/, path)
    const answer = await fetch(url, { redirect: 'manual', ...init })
    expect(answer.status).toBeLessThan(500)
    expect(answer.headers.get('content-security-policy')).toStartWith('sandbox allow-scripts')
    expect(answer.headers.get('content-security-policy')).not.toContain('allow-same-origin')
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    expect(answer.headers.get('set-cookie')).toBeNull()
  }
})

test('the app’s own addresses are not on the preview’s origin', async () => {
  for (const path of ['/api/me', '/sign-in', '/', '/health/ready', `/projects/${project}`])
    expect((await fetch(new URL(path, preview), { headers: { cookie } })).status).toBe(404)
})

test('a zip of a project with a hostile title can be downloaded', async () => {
  const answer = await get(`/projects/${project}/zip`)
  expect(answer.status).toBe(200)
  expect(answer.headers.get('x')).toBeNull()
  expect(answer.headers.get('content-disposition')).toMatch(
    /^attachment; filename="[^"]+"; filename\*=UTF-8''[\w.~%!-]+$/,
  )
})

const NAMES: [string, string][] = [
  ['half a character', `a${HALF}.zip`],
  ['a mark that turns the text', 'gnp.\u202Eexe.zip'],
  ['line ends and quotes', 'a"\r\nset-cookie: x=1;.zip'],
]

test.each(NAMES)('a download’s name is harmless: %s', (_, name) => {
  const header = disposition('attachment', name)
  expect(header).toMatch(/^[\x20-\x7E]+$/)
  expect(decodeURIComponent(header.split("''")[1]!)).not.toMatch(/[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069"]/u)
})

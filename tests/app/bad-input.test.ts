import { afterAll, beforeAll, expect, test } from 'bun:test'
import { type TestApp, testApp } from '../support/app.ts'

let app: TestApp
beforeAll(async () => {
  app = await testApp({ work: false })
})
afterAll(() => app[Symbol.asyncDispose]())

/** A word that must not come back in an answer. */
const CANARY = 'zebracanary'

interface Case {
  what: string
  body: unknown
  status: number
  code: string
  /** What the sentence must say. */
  says: RegExp
}

const CASES: Case[] = [
  { what: 'an empty brief', body: { brief: '' }, status: 422, code: 'brief_empty', says: /Say in a sentence/ },
  {
    what: 'a brief of white space',
    body: { brief: ' \n\t\u00a0\u2003 ' },
    status: 422,
    code: 'brief_empty',
    says: /Say/,
  },
  { what: 'a brief of marks alone', body: { brief: '... !?! -- ""' }, status: 422, code: 'brief_empty', says: /Say/ },
  {
    what: 'a brief of invisible characters',
    body: { brief: '\u200b\ufeff\u200d' },
    status: 422,
    code: 'brief_empty',
    says: /Say/,
  },
  {
    what: 'a brief of a little too many characters',
    body: { brief: 'x'.repeat(20_001) },
    status: 422,
    code: 'brief_too_long',
    says: /20001 characters.*Shorten/,
  },
  {
    what: 'a brief of 1 MB',
    body: { brief: 'word '.repeat(209_715) },
    status: 413,
    code: 'too_large',
    says: /at most 1 MB/,
  },
  {
    what: 'a brief of 900 KB',
    body: { brief: 'word '.repeat(184_320) },
    status: 422,
    code: 'brief_too_long',
    says: /Shorten/,
  },
  {
    what: 'a brief with NUL',
    body: { brief: `a ${CANARY}\u0000 site` },
    status: 422,
    code: 'brief_unreadable',
    says: /control characters/,
  },
  {
    what: 'a brief with an escape sequence',
    body: { brief: `a ${CANARY} \u001b[31msite` },
    status: 422,
    code: 'brief_unreadable',
    says: /plain text/,
  },
  {
    what: 'a brief with half a character',
    body: { brief: `a ${CANARY} \ud800 site` },
    status: 422,
    code: 'brief_unreadable',
    says: /plain text/,
  },
  {
    what: 'an unknown model',
    body: { brief: CANARY, model: 'gpt-12' },
    status: 422,
    code: 'unknown_model',
    says: /There is: demo/,
  },
  {
    what: 'an unknown model of a known provider',
    body: { brief: CANARY, model: 'demo/large' },
    status: 422,
    code: 'unknown_model',
    says: /no model/,
  },
  {
    what: 'an unknown tier',
    body: { brief: CANARY, tier: 'ultra' },
    status: 422,
    code: 'unknown_tier',
    says: /low.*standard.*high.*premium/,
  },
  { what: 'no brief', body: {}, status: 422, code: 'invalid_input', says: /brief/ },
  {
    what: 'a brief that is a number',
    body: { brief: 7 },
    status: 422,
    code: 'invalid_input',
    says: /brief: takes a text/,
  },
  { what: 'a brief that is a list', body: { brief: [CANARY] }, status: 422, code: 'invalid_input', says: /brief/ },
  {
    what: 'a model that is null',
    body: { brief: CANARY, model: null },
    status: 422,
    code: 'invalid_input',
    says: /model/,
  },
  {
    what: 'an autorun that is no boolean',
    body: { brief: CANARY, autorun: CANARY },
    status: 422,
    code: 'invalid_input',
    says: /autorun/,
  },
  { what: 'a list for a body', body: [CANARY], status: 422, code: 'invalid_input', says: /./ },
  { what: 'null for a body', body: null, status: 422, code: 'invalid_input', says: /./ },
  { what: 'a text for a body', body: CANARY, status: 422, code: 'invalid_input', says: /./ },
]

for (const { what, body, status, code, says } of CASES)
  test(`${what} is refused with ${code} and makes nothing`, async () => {
    await expectRefused(await app.post('/api/projects', body), { status, code, says })
  })

const UNREADABLE = ['{"brief": ', '{"brief": "half', 'brief=x', `{${CANARY}}`, '\u0000', '{"brief":"a"}}', '']
for (const body of UNREADABLE)
  test(`a body that is no JSON is refused: ${JSON.stringify(body)}`, async () => {
    const response = await app.request('/api/projects', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    })
    const empty = { status: 422, code: 'invalid_input', says: /./ }
    await expectRefused(response, body === '' ? empty : { status: 400, code: 'bad_json', says: /not valid JSON/ })
  })

test('a body of a type that nobody reads is refused', async () => {
  const response = await app.request('/api/projects', {
    method: 'POST',
    body: CANARY,
    headers: { 'content-type': 'text/csv' },
  })
  await expectRefused(response, { status: 400, code: 'bad_body', says: /./ })
})

test('a list that is asked for badly is refused', async () => {
  for (const query of ['limit=0', 'limit=x', 'limit=1e9', 'status=finished', 'cursor=x', `sort=${CANARY}`]) {
    const response = await app.request(`/api/projects?${query}`)
    expect(response.status).toBe(422)
    expect((await response.json()).code).toBe(query.startsWith('cursor') ? 'bad_cursor' : 'invalid_input')
  }
})

test('a file path that leaves the project is never a file', async () => {
  const { project } = await app.make()
  const paths = [
    '..%2f..%2fhearth.db',
    '%2e%2e/%2e%2e/server.json',
    '%2fetc%2fpasswd',
    'a%00b',
    'CON',
    'C:%5cx',
    '....//x',
  ]
  for (const path of paths) {
    const response = await app.request(`/api/projects/${project.id}/files/${path}`)
    expect([404, 422]).toContain(response.status)
    expect(await response.text()).not.toMatch(/SQLite|root:|secret/)
  }
})

test('a brief in the page’s form that can’t be used comes back with its sentence, and is kept', async () => {
  const response = await app.request('/projects', {
    method: 'POST',
    body: new URLSearchParams({ brief: '  ?? ' }),
    headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
  })
  expect(response.status).toBe(422)
  const page = await response.text()
  expect(page).toContain('Say in a sentence or more what you want to make.')
  expect(page).toContain('??')
})

test('a brief may be short, long, of any script, or of pictures', async () => {
  for (const brief of ['🦊', 'Ein Gedicht', '一个网站', 'x', `${'word '.repeat(3_999)}end`, 'a\r\nb\tc', '5 + 5']) {
    const response = await app.post('/api/projects', { brief })
    expect(response.status).toBe(201)
  }
})

async function expectRefused(
  response: Response,
  { status, code, says }: Pick<Case, 'status' | 'code' | 'says'>,
): Promise<void> {
  const text = await response.text()
  expect([response.status, JSON.parse(text).code]).toEqual([status, code])
  expect(response.headers.get('content-type')).toContain('application/problem+json')
  const { detail, context } = JSON.parse(text)
  expect(detail).toMatch(says)
  expect(detail).toMatch(/^\S.{8,300}$/)
  expect(context).toBeObject()
  expect(text).not.toContain(CANARY)
  expect(text).not.toMatch(/node_modules|at .+\.ts:\d|TypeError|ZodError/)
  expect((await app.json(`/api/projects?q=${CANARY}`)).items).toEqual([])
}

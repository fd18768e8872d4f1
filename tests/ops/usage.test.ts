import { afterAll, beforeAll, expect, test } from 'bun:test'
import { sql } from 'drizzle-orm'
import { modelCalls } from '../../src/llm/tables.ts'
import { type TestApp, testApp } from '../support/app.ts'
import { temporaryFolder } from '../support/database.ts'
import { until } from '../support/jobs.ts'
import { type PaidVendor, paidVendor } from '../support/paid-vendor.ts'

const KEY = 'sk-ant-test-0123456789'
/** By the vendor's counts and the table's prices (2, 10, cached 0.1 a million), US dollars. */
const CALL_USD = (600 * 2 + 400 * 0.1 + 500 * 10) / 1e6

let vendor: PaidVendor
let app: TestApp
let ada: string

beforeAll(async () => {
  vendor = await paidVendor()
  app = await testApp({
    settings: { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: vendor.url, HEARTH_MODEL: 'anthropic/claude-sonnet-5-5' },
  })
  await send('POST', '/api/accounts', { email: 'owner@example.com', password: 'tea with the neighbours' })
  await send('POST', '/api/accounts', { email: 'ada@example.com', password: 'tea with the neighbours' })
  ada = (await send('POST', '/api/tokens', { name: 'x', account: 'ada@example.com', scopes: ['write'] })).secret
})
afterAll(async () => {
  await app[Symbol.asyncDispose]()
  await vendor[Symbol.asyncDispose]()
})

// biome-ignore lint/suspicious/noExplicitAny: the answers of many routes
async function send(method: string, path: string, body?: object, token?: string): Promise<any> {
  const authorization: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {}
  const response = await app.request(path, {
    method,
    ...(body ? { body: JSON.stringify(body) } : {}),
    headers: { 'content-type': 'application/json', ...authorization },
  })
  return { status: response.status, ...((await response.json()) as object) }
}

/** A page, without its markup. */
async function words(path: string): Promise<string> {
  const html = await (await app.request(path)).text()
  return html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ')
}

async function made(brief: string, token?: string): Promise<string> {
  const { project } = await send('POST', '/api/projects', { brief }, token)
  return project.id
}

/** The job of one of the project's files. */
async function writing(project: string) {
  const { items } = await app.json(`/api/jobs?project=${project}`)
  return items.find(({ kind }: { kind: string }) => kind === 'write')
}

test('what a project took is told by day, person, project, job and model, from the provider’s own counts', async () => {
  const before = vendor.asked
  const project = await made('two notes about rain', ada)
  expect(await app.settled(project)).toBe('done')
  const calls = vendor.asked - before
  for (const by of ['day', 'person', 'project', 'job', 'model']) {
    const { items, total } = await app.json(`/api/usage?by=${by}&project=${project}`)
    expect(total).toMatchObject({ calls, inputTokens: calls * 1_000, cachedTokens: calls * 400, estimated: 0 })
    expect(total).toMatchObject({ outputTokens: calls * 500, cachedPercent: 40, unpriced: 0, keptAnswers: 0 })
    expect(total.costUsd).toBeCloseTo(calls * CALL_USD, 8)
    expect(items.reduce((sum: number, row: { calls: number }) => sum + row.calls, 0)).toBe(calls)
  }
  const label = async (by: string) => (await app.json(`/api/usage?by=${by}&project=${project}`)).items[0].label
  expect(await label('person')).toBe('ada@example.com')
  expect(await label('project')).toBe('Two notes')
  expect(await label('model')).toBe('anthropic/claude-sonnet-5-5')
  expect(await label('day')).toMatch(/^\d{4}-\d\d-\d\d$/)
  expect(await label('job')).toMatch(/\(Two notes\)$/)

  expect(await words(`/projects/${project}`)).toMatch(/Cost so far 0\.\d+ USD , 40 % of the input from the cache/)
  const job = await writing(project)
  expect(await words(`/jobs/${job.id}`)).toContain('anthropic/claude-sonnet-5-5 whole 1,000 400 500 0.0062')
})

test('a member sees what is theirs, and may set the budget of what they made and nothing else', async () => {
  const [mine, others] = [await made('two notes about snow', ada), await made('two notes about hail')]
  await Promise.all([app.settled(mine), app.settled(others)])
  const { items } = await send('GET', '/api/usage?by=project', undefined, ada)
  const keys = items.map(({ key }: { key: string }) => key)
  expect(keys).toContain(mine)
  expect(keys).not.toContain(others)

  const limit = { limitUsd: 3, limitTokens: 1_000_000 }
  const put = (path: string, token?: string) => send('PUT', `/api/budgets/${path}`, limit, token)
  expect(await put(`projects/${mine}`, ada)).toMatchObject({ status: 200, budget: { ...limit, kind: 'project' } })
  const { id } = (await send('GET', '/api/me', undefined, ada)).account
  for (const path of ['house', `people/${id}`, `projects/${others}`])
    expect(await put(path, ada)).toMatchObject({ status: 403, code: 'owner_only' })
  const shown = (await send('GET', '/api/budgets', undefined, ada)).items
  expect(shown.map(({ kind }: { kind: string }) => kind)).toEqual(['house', 'person', 'project'])
  expect(shown[0]).toMatchObject({ limitUsd: 20, isSet: false })

  expect(await put(`people/${id}`)).toMatchObject({ status: 200, budget: { id: `person:${id}`, limitUsd: 3 } })
  for (const path of ['people/nobody', 'projects/none']) expect(await put(path)).toMatchObject({ status: 404 })
  const all = (await app.json('/api/budgets')).items as { id: string }[]
  expect(all.map((each) => each.id)).toEqual(expect.arrayContaining(['', `person:${id}`, mine]))
  expect(await words('/usage')).toContain('ada@example.com, a month')
})

test('a form may say amounts as people write them, and says in words what it can’t read', async () => {
  const post = (usd: string) =>
    app.request('/budgets/house', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ usd }).toString(),
    })
  const limit = async () => (await app.json('/api/budgets')).items[0].limitUsd
  for (const [typed, read] of [
    ['1,500', 1500],
    ['2,50', 2.5],
    [' 1 000.5 ', 1000.5],
    ['', null],
    ['0', 0],
    ['20', 20],
  ] as const) {
    expect((await post(typed)).status).toBe(303)
    expect(await limit()).toBe(read)
  }
  for (const typed of ['much', '-1', '1e9', 'NaN', '1000000001', '9'.repeat(30)]) {
    const refused = await post(typed)
    expect([refused.status, await limit()]).toEqual([422, 20])
    expect(await refused.text()).toContain('A budget is an amount')
  }
  expect(await send('PUT', '/api/budgets/house', { limitUsd: 1e12 })).toMatchObject({ status: 422 })
  expect(await send('PUT', '/api/budgets/house', { limitUsd: 1e9, limitTokens: 1e12 })).toMatchObject({ status: 200 })
  expect(await limit()).toBe(1e9)
  expect((await post('20')).status).toBe(303)
})

test('at the limit a project is held with a question on its page, and goes on to its end when that is answered', async () => {
  await send('PUT', '/api/budgets/house', { limitUsd: 0 })
  const before = vendor.asked
  const project = await made('two notes about fog', ada)
  expect(await app.settled(project)).toBe('held')
  expect(vendor.asked).toBe(before)
  const html = await (await app.request(`/projects/${project}`)).text()
  expect(html).toContain('Raise the budget?')
  const [, action, rest] = /<form class="for-the-owner" method="post" action="([^"]+)"([\s\S]+?)<\/form>/.exec(html)!
  const usd = /name="usd"[^>]*value="([^"]+)"/.exec(rest!)![1]!
  expect(Number(usd)).toBeGreaterThan(0)

  const answer = await app.request(action!, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ usd: '20', project }).toString(),
  })
  expect([answer.status, answer.headers.get('location')]).toEqual([303, `/projects/${project}`])
  expect(await app.settled(project)).toBe('done')
  expect(await (await app.request(`/projects/${project}`)).text()).not.toContain('Raise the budget?')
  const log = await (await app.request(`/api/projects/${project}/events?follow=false`)).text()
  const told = log.split('\n').flatMap((line) => (/"type":"budget/.test(line) ? [JSON.parse(line)] : []))
  expect(told).toMatchObject([{ type: 'budget.reached', budget: { kind: 'house' }, limit: 0, kind: 'plan' }])
})

test('a call that was under way when the server died is told as lost after the next start, with what was set aside for it', async () => {
  using folder = temporaryFolder()
  {
    await using dying = await testApp({ data: folder.path, work: false })
    await dying.app.db.write((tx) =>
      tx.run(sql`insert into model_calls (id, purpose, provider, model, opened_at, estimated, priced, input_tokens, output_tokens, cost_micros)
        values ('cut', 'write', 'anthropic', 'claude-sonnet-5-5', ${Date.now()}, 1, 1, 100, 6000, 60200)`),
    )
  }
  await using next = await testApp({ data: folder.path, work: false })
  const [call] = await next.app.db.read.select().from(modelCalls)
  expect(call).toMatchObject({ ended: 'lost', costMicros: 60_200, estimated: true })
  expect((await next.json('/api/usage')).total).toMatchObject({ calls: 1, costUsd: 0.0602, estimated: 1 })
})

test('a job that a limit of the settings held goes on after a start with a higher one', async () => {
  using folder = temporaryFolder()
  const started = (usd: string) =>
    testApp({
      data: folder.path,
      settings: { ANTHROPIC_API_KEY: KEY, ANTHROPIC_BASE_URL: vendor.url, HEARTH_DAILY_BUDGET_USD: usd },
    })
  let project: string
  {
    await using poor = await started('0')
    project = (await poor.make('two notes about frost')).project.id
    expect(await poor.settled(project)).toBe('held')
  }
  await using rich = await started('20')
  await until(async () => (await rich.json(`/api/projects/${project}`)).project.status !== 'held')
  expect(await rich.settled(project)).toBe('done')
})

test('the same brief once more is answered from what was kept, and says so on the page and in the job', async () => {
  await app.settled(await made('two notes about dew', ada))
  const before = vendor.asked
  const again = await made('two notes about dew', ada)
  expect(await app.settled(again)).toBe('done')
  expect(vendor.asked).toBe(before)
  const { total } = await app.json(`/api/usage?project=${again}`)
  expect(total.costUsd).toBe(0)
  expect(total.keptAnswers).toBe(total.calls)
  expect(await words(`/projects/${again}`)).toMatch(/Cost so far 0\.00 USD , \d answers kept from before/)
  const job = await writing(again)
  expect(job.result.usage.keptAnswers).toBe(1)
  expect(await words(`/jobs/${job.id}`)).toContain('kept from before')
})

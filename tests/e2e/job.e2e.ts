import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import type { RunningServer } from '../support/server.ts'
import { freshServer, looksRightAnew, make, ONE_VIEW, ownersPage } from './support.ts'

const SERVER = ['bun', join(import.meta.dirname, '../support/trying-server.ts')]

test.describe.configure({ mode: 'serial' }) // the jobs of one server, gone on with

let server: RunningServer
let page: Page

test.beforeAll(async ({ browser }) => {
  server = await freshServer({ command: SERVER })
  page = await ownersPage(browser, server)
})

test.afterAll(async () => {
  await page.context().close()
  await server[Symbol.asyncDispose]()
})

test('one job, from its page: seen at work, paused, resumed, waiting with its reason, raised, stopped, tried again and started over', async () => {
  await make(page, 'A note, and another one')
  await page.getByRole('link', { name: 'details of note.md' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('note.md')
  await expect(head()).toContainText('At work')
  await expect(head()).toContainText('try 1')
  await expect(now()).toContainText(/\d bytes/)
  await looksRightAnew(page, 'at-work', ONE_VIEW)

  await press('Pause')
  await expect(head()).toContainText('Paused')
  await expect(now()).toContainText('It is paused, until somebody lets it go on.')
  await opened(1)
  await expect(attempt(1)).toContainText('The second <b>line</b>.')
  await press('Go on')

  await expect(head()).toContainText('Waiting')
  await expect(now()).toContainText('It failed once and is tried again by itself.')
  const due = await now().locator('time').getAttribute('datetime')
  expect(Date.parse(due!) - Date.now()).toBeGreaterThan(9 * 60_000)
  await expect(attempt(2)).toContainText('failed, worth another try')
  await expect(attempt(2)).toContainText('Scripted asks to slow down.')
  await opened(2)
  await expect(attempt(2)).toContainText('model_rate_limited')
  await expect(attempt(2)).toContainText('"status":429')
  await expect(attempt(2)).toContainText('Where it broke')
  await looksRightAnew(page, 'waiting')

  await press('Let it go first')
  await expect(head()).toContainText('priority 10')
  await press('Stop')
  await expect(head()).toContainText('Stopped')
  await press('Try again')
  await expect(head()).toContainText('try 3')
  await expect(now()).toContainText(/[45]\d bytes/) // it goes on from what there was
  await press('Stop')
  await expect(head()).toContainText('Stopped')
  await looksRightAnew(page, 'stopped', ONE_VIEW)
  await press('Start over')
  await expect(head()).toContainText('Done')
  await expect(attempt(4)).toContainText('25 bytes')
  await expect(page.locator('#job-attempts > ol > li')).toHaveCount(4)
  await looksRightAnew(page, 'done', ONE_VIEW)
})

test('the plan’s page shows the checkpoint that no other try makes again', async () => {
  await page.goto(await pageOfJob(({ kind }) => kind === 'plan'))
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The plan')
  await expect(page.locator('#job-checkpoints')).toContainText('plan')
  await expect(page.locator('#job-checkpoints')).toContainText('try 1')
  await expect(now()).toContainText('Done in')
  await looksRightAnew(page, 'plan', ONE_VIEW)
})

test('a page that is out of date stops nothing, also without script: it says that the job has moved on', async ({
  browser,
}) => {
  const url = await pageOfJob(({ kind, state }) => kind === 'write' && state === 'running')
  const context = await browser.newContext({
    javaScriptEnabled: false,
    storageState: await page.context().storageState(),
  })
  const old = await context.newPage()
  await old.goto(url)
  await page.goto(url)
  await press('Pause')
  await press('Go on')
  await expect(head()).toContainText('try 2')
  await old.getByRole('button', { name: 'Stop' }).click()
  await expect(old.getByText('The job changed in the meantime.')).toBeVisible()
  await page.reload()
  await expect(head()).toContainText('At work')
  await context.close()
})

test('one job is stopped from the project’s page and no other; then all are', async () => {
  await page.goto(server.url)
  await make(page, 'Two notes')
  await expect(page.locator('#tree')).toContainText('Another note')
  await page.getByRole('button', { name: 'Stop Another note' }).click()
  const project = page.url()
  const id = project.split('/').at(-1)!
  const states = async () =>
    (await jobs(`?project=${id}`)).filter(({ kind }) => kind === 'write').map(({ state }) => state)
  await expect.poll(states).toHaveLength(2)
  await expect.poll(async () => (await states()).toSorted()).toEqual(['cancelled', 'succeeded'])

  await page.getByRole('button', { name: /Try again.*Another note/ }).click()
  await expect.poll(async () => (await states()).toSorted()).toEqual(['running', 'succeeded'])
  await page.locator('#head').getByRole('button', { name: 'Stop' }).click()
  await expect(page.locator('#head')).toContainText('Stopped')
  await expect.poll(async () => (await states()).toSorted()).toEqual(['cancelled', 'succeeded'])
})

const head = () => page.locator('#job-head')
const now = () => page.locator('#job-now')
const attempt = (number: number) => page.locator(`#attempt-${number}`)

async function press(name: string): Promise<void> {
  await head().getByRole('button', { name, exact: true }).click()
}

async function opened(number: number): Promise<void> {
  await attempt(number).getByText(`All of try ${number}`).click()
}

interface Listed {
  id: string
  kind: string
  state: string
}

async function jobs(query = ''): Promise<Listed[]> {
  return (await (await page.request.get(`${server.url}/api/jobs${query}`)).json()).items
}

async function pageOfJob(fits: (job: Listed) => boolean): Promise<string> {
  const found = (await jobs()).find(fits)
  return `${server.url}/jobs/${found!.id}`
}

import { expect, type Page, test } from '@playwright/test'
import type { RunningServer } from '../support/server.ts'
import { freshServer, looksRight, make, ONE_VIEW, ownersPage, TWO_VIEWS } from './support.ts'

const PACE = { HEARTH_DEMO_BYTES_PER_SECOND: '400000', HEARTH_SKETCH_STEP_MS: '0' }
const MENU = `# Menu

Bread of the day
Rye with caraway
Sourdough, two pounds

Open from seven
until the bread is gone

Ask for yesterday's bread
`

test.describe.configure({ mode: 'serial' }) // one file, edited on

let server: RunningServer
let ann: Page
/** Somebody else, in another browser, which runs no script. */
let bob: Page
let project: string

test.beforeAll(async ({ browser }) => {
  server = await freshServer({ env: PACE })
  ann = await ownersPage(browser, server)
  const headers = { origin: server.url }
  const account = { email: 'bob@example.org', password: 'another long sentence' }
  expect((await ann.request.post(`${server.url}/api/accounts`, { headers, data: account })).status()).toBe(201)
  await make(ann, 'A landing page for a bakery called Crumb')
  project = ann.url().split('#')[0]!
  await expect(ann.locator('#head')).toContainText('Done', { timeout: 150_000 })
  const path = new URL(project).pathname
  const put = await ann.request.put(`${server.url}/api${path}/files/menu.md?reason=What%20we%20bake`, {
    headers,
    data: MENU,
  })
  expect(put.status()).toBe(201)
  bob = await (await browser.newContext({ javaScriptEnabled: false })).newPage()
  await bob.goto(`${server.url}/sign-in`)
  await bob.getByLabel(/e-?mail/i).fill(account.email)
  await bob.getByLabel(/password/i).fill(account.password)
  await bob.getByRole('button', { name: 'Sign in' }).click()
})

test.afterAll(async () => {
  await ann?.context().close()
  await bob?.context().close()
  await server?.[Symbol.asyncDispose]()
})

test('two people edit one file at once: what fits together is kept, and the second is told', async () => {
  for (const page of [ann, bob]) await openEditor(page)
  await looksRight(ann, 'edit', ONE_VIEW)
  await save(ann, (text) => text.replace('Bread of the day', 'Bread of the day: spelt'), 'It is Friday')
  await expect(ann).toHaveURL(/files\/menu\.md/)
  await save(bob, (text) => text.replace('from seven', 'from six'), 'We rise earlier')
  await expect(bob.getByText('both are kept')).toBeVisible()
  await expect(bob.locator('.diff')).toContainText('Open from six')
  expect(await content()).toBe(
    MENU.replace('Bread of the day', 'Bread of the day: spelt').replace('from seven', 'from six'),
  )
})

test('of the same lines the second is asked, side by side, and nothing that was typed is lost', async () => {
  for (const page of [ann, bob]) await openEditor(page)
  await save(bob, (text) => text.replace('two pounds', 'three pounds').replace('# Menu', '# What we bake'), '')
  await save(ann, (text) => text.replace('two pounds', 'one pound').replace('# Menu', '# The menu'), 'Smaller')
  const first = ann.getByRole('group', { name: 'Place 1 in menu.md' })
  await expect(first).toContainText('# What we bake')
  await expect(first).toContainText('# The menu')
  await looksRight(ann, 'conflict', TWO_VIEWS)
  await first.getByRole('radio', { name: /^Yours/ }).check()
  await ann.getByRole('group', { name: 'Place 2 in menu.md' }).getByRole('radio', { name: /^Both/ }).check()

  // and while ann looks at it, bob goes on elsewhere
  await openEditor(bob)
  await save(bob, (text) => text.replace('yesterday', 'last week'), '')
  await ann.getByRole('button', { name: 'Save, with this' }).click()
  await expect(ann.getByRole('alert').filter({ hasText: 'changed once more meanwhile' })).toBeVisible()
  await expect(first.getByRole('radio', { name: /^Yours/ })).toBeChecked()
  await ann.getByRole('button', { name: 'Save, with this' }).click()
  await expect(ann.getByText('both are kept')).toBeVisible()
  const text = await content()
  expect(text).toContain('# The menu\n')
  expect(text).toContain('Sourdough, one pound\nSourdough, three pounds\n')
  expect(text).toContain('last week')
})

test('the history tells all of it, and a change is undone after others without taking theirs', async () => {
  await ann.goto(project)
  await ann.getByRole('link', { name: 'All changes' }).click()
  await expect(ann.locator('.history')).toContainText('We rise earlier')
  await expect(ann.locator('.history')).toContainText('bob@example.org')
  await expect(ann.locator('.history')).toContainText(/writing with demo/)
  await ann.getByRole('button', { name: /^Undo ?: It is Friday/ }).click()
  await expect(ann).toHaveURL(/history/)
  await expect(ann.locator('.is-undone')).toContainText('It is Friday')
  await looksRight(ann, 'history', TWO_VIEWS)
  const text = await content()
  expect(text).toContain('Bread of the day\n')
  expect(text).toContain('from six')
  await ann.getByRole('button', { name: /^Redo ?: / }).click()
  await expect(ann.locator('.is-undone')).toHaveCount(1) // the undoing, which is now undone
  expect(await content()).toContain('spelt')
})

test('an undo of what others have built on asks what is to stand', async () => {
  await ann.goto(`${project}/history?entity=file&id=menu.md`)
  await ann
    .getByRole('link', { name: /changed menu\.md/ })
    .last()
    .click()
  await expect(ann.getByRole('heading', { level: 1 })).toContainText('It is Friday')
  await looksRight(ann, 'change', ONE_VIEW)
  await ann.getByRole('link', { name: 'See what an undo would do' }).click()
  await expect(ann.getByRole('heading', { level: 1 })).toContainText('Undo this change?')
  await looksRight(ann, 'undo', ONE_VIEW)
  for (const page of [ann, bob]) {
    await page.goto(`${project}/history?entity=file&id=menu.md`)
    await page.getByRole('button', { name: /^Undo ?: What we bake/ }).click()
    await expect(page.getByRole('heading', { level: 1 })).toContainText('What is to stand?')
  }
  await looksRight(ann, 'contested-undo', ONE_VIEW)
  await bob.getByRole('radio', { name: /^As it is now/ }).check()
  await bob.getByRole('button', { name: 'Undo, with this' }).click()
  expect(await content()).toContain('from six')
})

test('a project goes back to a moment, by a look at what that would do', async () => {
  await bob.goto(`${project}/history?entity=file&id=menu.md`)
  await bob.getByRole('link', { name: /^Back to here ?: after What we bake/ }).click()
  await expect(bob.getByRole('heading', { level: 1 })).toContainText(/Undo \d+ changes\?/)
  await bob.getByLabel('Why?').fill('A fresh start')
  await bob.getByRole('button', { name: /Undo all/ }).click()
  await expect(bob.getByRole('heading', { level: 1 })).toContainText('A fresh start')
  expect(await content()).toBe(MENU)
})

async function openEditor(page: Page): Promise<void> {
  await page.goto(`${project}/files/menu.md`)
  await page.getByRole('link', { name: 'Edit' }).click()
  await expect(page.getByRole('textbox', { name: 'The text of menu.md' })).toBeVisible()
}

async function save(page: Page, edit: (text: string) => string, reason: string): Promise<void> {
  const text = page.getByRole('textbox', { name: 'The text of menu.md' })
  await text.fill(edit(await text.inputValue()))
  await page.getByLabel('Why?').fill(reason)
  await page.getByRole('button', { name: 'Save' }).click()
}

/** The file as the server has it. */
async function content(): Promise<string> {
  return (await ann.request.get(`${server.url}/api${new URL(project).pathname}/files/menu.md`)).text()
}

import { expect, type Page, test } from '@playwright/test'
import type { RunningServer } from '../support/server.ts'
import { box, freshServer, looksRight, ONE_VIEW, ownersPage } from './support.ts'

const PACE = { HEARTH_DEMO_BYTES_PER_SECOND: '400000', HEARTH_SKETCH_STEP_MS: '0' }
const BAKERY = 'A landing page for a bakery called Crumb & Co with a menu page and one picture'

test.describe.configure({ mode: 'serial' }) // one plan, edited on

let server: RunningServer
let page: Page
let project: string

test.beforeAll(async ({ browser }) => {
  server = await freshServer({ env: PACE })
  page = await ownersPage(browser, server)
})

test.afterAll(async () => {
  await page.context().close()
  await server[Symbol.asyncDispose]()
})

test('who wants to see the plan first gets it, and nothing is made before they say so', async () => {
  await box(page).fill(BAKERY)
  await page.getByLabel('Show me the plan first').check()
  await looksRight(page, 'home', ONE_VIEW)
  await page.getByRole('button', { name: 'Make it' }).click()
  await expect(page.locator('#pulse')).toContainText('The plan is ready')
  await expect(page.locator('#head')).toContainText('Asks you')
  await expect(row('Small script')).toContainText('Navigation on small screens')
  await expect(page.locator('#files')).not.toContainText('index.html')
  project = page.url()
  await looksRight(page, 'plan')
})

test('a task gets other words by its form, and they stand in the plan', async () => {
  await edit('Small script')
  await looksRight(page, 'task')
  await page.getByLabel('Title').fill('A tiny script')
  await page.getByLabel('What it is to hold').fill('The year.\nNothing else.')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page).toHaveURL(new RegExp(`^${project}#task-`))
  await expect(row('A tiny script')).toContainText('The year.')
})

test('a plan that could not be carried out is refused in words, and what was typed stays', async () => {
  await edit('Colours and type')
  await page.getByLabel('Title').fill('Colours')
  await page.getByRole('checkbox', { name: /^Home page/ }).check()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('alert').filter({ hasText: /wait for each other/ })).toBeVisible()
  await expect(page.getByLabel('Title')).toHaveValue('Colours')
  await expect(page.getByRole('checkbox', { name: /^Home page/ })).toBeChecked()
  await looksRight(page, 'refused', ONE_VIEW)
  await page.getByRole('link', { name: 'Back to the plan' }).click()
  await expect(row('Colours and type')).toBeVisible()
})

test('tasks are added, moved and removed, and each of it can be undone', async () => {
  await page.getByRole('link', { name: 'Add a task' }).click()
  await page.getByLabel('What it makes').selectOption('A file')
  await page.getByLabel('Title').fill('Allergens')
  await page.getByLabel('Path').fill('index.html')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await expect(page.getByRole('alert').filter({ hasText: /both make “index.html”/ })).toBeVisible()
  await page.getByLabel('Path').fill('allergens.html')
  await page.getByLabel('Group').selectOption('Pages')
  await page.getByRole('button', { name: 'Add', exact: true }).click()
  await expect.poll(() => titles()).toEqual(['Home page', 'Menu page', 'Allergens'])

  await page.getByRole('button', { name: 'Move Allergens up' }).click()
  await expect.poll(() => titles()).toEqual(['Home page', 'Allergens', 'Menu page'])

  await edit('Allergens')
  await page.getByRole('button', { name: 'Remove this task' }).click()
  await expect.poll(() => titles()).toEqual(['Home page', 'Menu page'])

  const changes = page.locator('#changes li')
  await expect(changes.first()).toContainText('Allergens removed by a person')
  await changes.first().getByRole('button', { name: /Undo/ }).click()
  await expect.poll(() => titles()).toEqual(['Home page', 'Allergens', 'Menu page'])
  await edit('Allergens')
  await page.getByRole('button', { name: 'Remove this task' }).click()
  await expect.poll(() => titles()).toEqual(['Home page', 'Menu page'])
})

test('two people edit one task: the second is told what it says now, and decides', async () => {
  const other = await page.context().newPage()
  await other.goto(project)
  await edit('Read me')
  await other.getByRole('link', { name: 'Edit Read me' }).click()
  await other.getByLabel('Title').fill('Theirs')
  await other.getByRole('button', { name: 'Save' }).click()
  await expect(other.locator('#tree')).toContainText('Theirs')
  await page.getByLabel('Title').fill('Mine')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.getByRole('alert').filter({ hasText: 'The task changed in the meantime' })).toBeVisible()
  await expect(page.getByRole('group', { name: /^Place 1/ })).toContainText(/What is there now\s*Theirs/)
  await expect(page.getByLabel('Title')).toHaveValue('Mine')
  await looksRight(page, 'conflict', ONE_VIEW)
  await page.getByRole('radio', { name: /^Yours/ }).check()
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(row('Mine')).toBeVisible()
  await expect(other.locator('#tree')).toContainText('Mine') // an open page hears of it
  await other.close()
})

test('all of it works without script', async ({ browser }) => {
  const context = await browser.newContext({
    javaScriptEnabled: false,
    storageState: await page.context().storageState(),
  })
  const plain = await context.newPage()
  await plain.goto(project)
  await plain.getByRole('button', { name: 'Move Menu page up' }).click()
  await plain.getByRole('link', { name: 'Edit Menu page' }).click()
  await plain.getByLabel('Title').fill('What there is to eat')
  await plain.getByRole('button', { name: 'Save' }).click()
  await expect(plain.locator('#tree')).toContainText('What there is to eat')
  await plain.goto(server.url)
  await plain.getByLabel('Show me the plan first').check()
  await plain.getByRole('textbox').fill('A CLI that counts words')
  await plain.getByRole('button', { name: 'Make it' }).click()
  await plain.waitForURL('**/projects/*') // a reload in the middle of a navigation fails
  await expect
    .poll(async () => {
      await plain.reload()
      return plain.locator('#pulse').textContent()
    })
    .toContain('The plan is ready')
  await context.close()
})

test('the plan is carried out as it was left', async () => {
  await page.goto(project)
  await page.getByRole('button', { name: 'Start' }).click()
  await expect(page.locator('#head')).toContainText('Done', { timeout: 150_000 })
  await expect(page.locator('#tree')).toContainText('What there is to eat')
  await expect(page.locator('#tree')).toContainText('A tiny script')
  await expect(page.locator('#files')).toContainText('menu.html')
  await expect(page.locator('#check')).toContainText('All good')
  await expect(page.locator('#check')).toContainText('the demo model is no AI')
  await expect(page.getByRole('link', { name: 'Add a task' })).toHaveCount(0)
  await looksRight(page, 'done', ONE_VIEW)
})

const row = (title: string) => page.locator('#tree .row').filter({ has: page.getByText(title, { exact: true }) })

async function edit(title: string): Promise<void> {
  await page.getByRole('link', { name: `Edit ${title}` }).click()
  await expect(page.getByLabel('Title')).toHaveValue(title)
}

/** The tasks in the group of pages, in their order. */
function titles(): Promise<string[]> {
  const group = page.locator('#tree > ol > li').filter({ has: page.getByText('Pages', { exact: true }) })
  return group.locator('ol .row .name bdi').allTextContents()
}

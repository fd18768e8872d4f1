import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { dataDirectory, type RunningServer, startServer } from '../support/server.ts'

const PACE = { HEARTH_DEMO_BYTES_PER_SECOND: '400000', HEARTH_SKETCH_STEP_MS: '0' }
const BAKERY = 'A landing page for a bakery called Crumb & Co with a menu page and one picture'
const VIEWS = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 360, colorScheme: 'light' },
  { width: 360, colorScheme: 'dark' },
] as const
/** Where all that differs by width and colours has been looked at. */
const ONE_VIEW = VIEWS.slice(2, 3)

test.describe.configure({ mode: 'serial', timeout: 120_000 }) // one plan, edited on

let data: ReturnType<typeof dataDirectory>
let server: RunningServer
let page: Page
let project: string

test.beforeAll(async ({ browser }) => {
  data = dataDirectory()
  server = await startServer({ data: data.path, env: PACE })
  page = await (await browser.newContext()).newPage()
  await page.goto(server.setupLink!)
  await page.getByLabel(/e-?mail/i).fill('me@example.org')
  await page
    .getByLabel(/password/i)
    .first()
    .fill('a long enough sentence')
  await page.getByRole('button').click()
})

test.afterAll(async () => {
  await page.context().close()
  await server[Symbol.asyncDispose]()
  data[Symbol.dispose]()
})

test('who wants to see the plan first gets it, and nothing is made before they say so', async () => {
  await page.getByRole('textbox', { name: 'What do you want to make?' }).fill(BAKERY)
  await page.getByLabel('Show me the plan first').check()
  await looksRight('home', ONE_VIEW)
  await page.getByRole('button', { name: 'Make it' }).click()
  await expect(page.locator('#pulse')).toContainText('The plan is ready', { timeout: 20_000 })
  await expect(page.locator('#head')).toContainText('Asks you')
  await expect(row('Small script')).toContainText('Navigation on small screens')
  await expect(page.locator('#files')).not.toContainText('index.html')
  project = page.url()
  await looksRight('plan')
})

test('a task gets other words by its form, and they stand in the plan', async () => {
  await edit('Small script')
  await looksRight('task')
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
  await looksRight('refused', ONE_VIEW)
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
  await expect(page.getByText('It now says: Theirs')).toBeVisible()
  await expect(page.getByLabel('Title')).toHaveValue('Mine')
  await looksRight('conflict', ONE_VIEW)
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
  await expect(page.locator('#head')).toContainText('Done', { timeout: 60_000 })
  await expect(page.locator('#tree')).toContainText('What there is to eat')
  await expect(page.locator('#tree')).toContainText('A tiny script')
  await expect(page.locator('#files')).toContainText('menu.html')
  await expect(page.locator('#check')).toContainText('All good')
  await expect(page.locator('#check')).toContainText('the demo model is no AI')
  await expect(page.getByRole('link', { name: 'Add a task' })).toHaveCount(0)
  await looksRight('done', ONE_VIEW)
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

/** The page as it is now: no violation, nothing wider than the screen. `SCREENSHOTS` names a folder that keeps what is seen. */
async function looksRight(name: string, views: readonly (typeof VIEWS)[number][] = VIEWS): Promise<void> {
  for (const { width, colorScheme } of views) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme })
    const { violations } = await new AxeBuilder({ page }).exclude('iframe').analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    const folder = process.env.SCREENSHOTS
    if (folder) await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true })
  }
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.emulateMedia({ colorScheme: 'light' })
}

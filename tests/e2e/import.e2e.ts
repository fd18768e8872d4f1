import { expect, type Page, test } from '@playwright/test'
import { zipOf } from '../workspace/import/zips.ts'
import { freshServer, looksRight, ownersPage, TWO_VIEWS, VIEWS } from './support.ts'

const zip = (files: Record<string, string>) => ({
  name: 'Crumb.zip',
  mimeType: 'application/zip',
  buffer: Buffer.from(zipOf(Object.entries(files).map(([name, data]) => ({ name, data })))),
})

const choose = (page: Page, files: Record<string, string>) => page.getByLabel('A zip').setInputFiles(zip(files))
const press = (page: Page) => page.getByRole('button', { name: 'Import' }).click()

test('files are brought in as a new project and into it, with and without script, and what is in the way is asked about', async ({
  browser,
}) => {
  await using server = await freshServer()
  const page = await ownersPage(browser, server, false)
  await page.getByRole('link', { name: 'start from files' }).click()
  await choose(page, { 'index.html': '<h1>Crumb</h1>', '.git/HEAD': 'x' })
  await press(page)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Crumb')
  await expect(page.locator('.doors code')).toHaveText(/^git clone http:\/\/.+\/git\/.+\.git$/)
  const project = page.url()
  await page.getByRole('link', { name: 'Import files' }).click()
  await choose(page, { 'index.html': 'new', 'more.txt': 'x' })
  await press(page)
  await expect(page.getByRole('alert').first()).toContainText('already with other content')

  const state = await page.context().storageState()
  const scripted = await (await browser.newContext({ storageState: state })).newPage()
  await scripted.goto(`${project}/imports`)
  await looksRight(scripted, 'form', VIEWS)
  await choose(scripted, { 'index.html': 'new', 'more.txt': 'x' })
  await expect(scripted.locator('[data-progress]')).toHaveText('1 file chosen.')
  await press(scripted)
  await expect(scripted.getByRole('alert').first()).toContainText('already with other content')
  await looksRight(scripted, 'in-the-way', TWO_VIEWS)
  await scripted.getByLabel('Files that are there already').selectOption('replace')
  await choose(scripted, { 'index.html': 'new', 'more.txt': 'x' })
  await press(scripted)
  await expect(scripted.locator('.alert.good')).toContainText('2 files imported.')
  await looksRight(scripted, 'done', TWO_VIEWS)
  await scripted.goto(project)
  await expect(scripted.getByRole('link', { name: 'more.txt' })).toBeVisible()
  await looksRight(scripted, 'project', TWO_VIEWS)
})

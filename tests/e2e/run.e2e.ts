import { expect, type Page, test } from '@playwright/test'
import type { RunningServer } from '../support/server.ts'
import { freshServer, looksRightAnew, make, ownersPage, TWO_VIEWS } from './support.ts'

let server: RunningServer
let page: Page

test.beforeAll(async ({ browser }) => {
  server = await freshServer({ env: { HEARTH_DEMO_BYTES_PER_SECOND: '100000000', HEARTH_SKETCH_STEP_MS: '0' } })
  page = await ownersPage(browser, server)
})

test.afterAll(async () => {
  await page.context().close()
  await server[Symbol.asyncDispose]()
})

test('a command is run from the project’s page: its output comes live, what it made is in the project, and can be undone', async () => {
  await page.getByText('Show me the plan first').click()
  await make(page, 'a landing page for a bakery called Crumb with one picture')
  await expect(page.locator('#pulse')).toContainText('The plan is ready')
  const project = page.url()
  const run = page.getByRole('region', { name: /^Run/ })
  await run
    .getByLabel('Command')
    .fill('echo first; sleep 1; printf "\\033[32mlast\\033[0m\\n"; date > report.txt; exit 3')
  await run.getByRole('button', { name: 'Run' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('A command')
  await expect(page.locator('#job-output')).toContainText('first')
  await expect(page.locator('#job-run')).toContainText('Exit code 3')
  await expect(page.locator('#job-output')).toHaveText('first\nlast\n')
  await expect(page.locator('#job-run')).toContainText('report.txt')
  await looksRightAnew(page, 'done', TWO_VIEWS)

  await page.goto(project)
  await expect(page.locator('#runs')).toContainText('code 3')
  await expect(page.locator('#files')).toContainText('report.txt')
  await looksRightAnew(page, 'project', TWO_VIEWS)
})

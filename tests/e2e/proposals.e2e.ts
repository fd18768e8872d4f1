import { expect, type Page, test } from '@playwright/test'
import type { RunningServer } from '../support/server.ts'
import { freshServer, looksRight, make, ONE_VIEW, ownersPage, TWO_VIEWS } from './support.ts'

const BRIEF = 'A landing page for a bakery called Crumb'
test.describe.configure({ mode: 'serial' }) // one project, decided on

let server: RunningServer
let page: Page
let project: string
/** What a person had there before the demo model wrote: of the script two lines are another, far from each other. */
let script: string[]
let styles: string

test.beforeAll(async ({ browser }) => {
  server = await freshServer({ env: { HEARTH_DEMO_BYTES_PER_SECOND: '100000000', HEARTH_SKETCH_STEP_MS: '0' } })
  page = await ownersPage(browser, server)
  await make(page, BRIEF)
  await expect(page.locator('#head')).toContainText('Done', { timeout: 150_000 })
  project = page.url().split('#')[0]!
  const made = (await content('script.js')).split('\n')
  script = made.with(0, `const corner = '<p id="corner">'`).with(20, `${made[20]} // ours`)
  styles = `${await content('styles.css')}/* ours */\n`
  await page.goto(server.url)
  await page.getByText('Show me the plan first').click()
  await make(page, BRIEF)
  await expect(page.locator('#pulse')).toContainText('The plan is ready')
  project = page.url().split('#')[0]!
  await put('script.js', script.join('\n'))
  await put('styles.css', styles)
  await put('visit.html', '<!doctype html>\n<a href="#corner">The corner</a>\n')
})

test.afterAll(async () => {
  await page?.context().close()
  await server?.[Symbol.asyncDispose]()
})

test('where the settings say so, what is made waits, and stands on a page with what it would take away', async () => {
  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByLabel('Changes by agents').selectOption('ask_always')
  await looksRight(page, 'settings', TWO_VIEWS)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.goto(project)
  await page.getByRole('button', { name: 'Start' }).click()
  await expect(page.locator('#asks')).toContainText('wait for your yes')
  await page
    .locator('#asks')
    .getByRole('link', { name: /^Look at/ })
    .click()
  await expect(proposal('script.js')).toContainText('removes the id corner, which visit.html line 2 still uses')
  await expect(proposal('styles.css')).toBeVisible()
  await looksRight(page, 'proposals', TWO_VIEWS)
})

test('a part of one is taken, and the rest stays as it was', async () => {
  const own = proposal('script.js')
  await own.getByRole('checkbox', { name: /^From line 1$/ }).uncheck()
  await own.getByRole('button', { name: 'Take what is ticked' }).click()
  await expect(own).toHaveCount(0)
  expect(await content('script.js')).toBe(script.with(20, script[20]!.replace(' // ours', '')).join('\n'))
})

test('one is declined with words, and made again with them', async () => {
  const own = proposal('styles.css')
  const before = await own.getAttribute('aria-labelledby')
  await own.getByLabel('What should be different?').fill('Keep our last line.')
  await own.getByRole('button', { name: 'Not like this' }).click()
  await expect(async () => {
    await page.goto(`${project}/proposals`)
    expect(await proposal('styles.css').getAttribute('aria-labelledby', { timeout: 500 })).not.toBe(before)
  }).toPass({ timeout: 60_000 })
  expect(await content('styles.css')).toBe(styles)
})

test('what somebody else wrote in the same lines since is decided side by side', async () => {
  await put('styles.css', styles.replace('/* ours */', '/* ours, and mine */'), '"1"')
  await proposal('styles.css').getByRole('button', { name: 'Take what is ticked' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('What is to stand?')
  const place = page.getByRole('group', { name: 'Place 1 in styles.css' })
  await expect(place).toContainText('ours, and mine')
  await looksRight(page, 'contested', ONE_VIEW)
  await place.getByRole('radio', { name: /^What is there now/ }).check()
  await page.getByRole('button', { name: 'Take it, with this' }).click()
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText('What is to stand?')
  expect(await content('styles.css')).toContain('/* ours, and mine */')
})

test('what the scan finds anew stands beside a diff, and what others still use', async () => {
  await put('run.js', 'export const run = 1\n')
  await put('use.js', "import { run } from './run.js'\nconsole.log(run)\n")
  await put('run.js', "require('child_process').exec(process.argv[2])\n", '"1"')
  await page.goto(`${project}/diff/run.js`)
  await expect(page.getByRole('list', { name: 'New findings of the scan' })).toContainText('Grave, line 1')
  await expect(page.getByRole('list', { name: 'What other files still use' })).toContainText('use.js line 1')
  await looksRight(page, 'effects', TWO_VIEWS)
})

test('a project that was deleted lies in the trash, and is brought back from there', async () => {
  await page.goto(`${project}/settings`)
  await page.getByRole('button', { name: 'Delete this project' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Trash')
  await looksRight(page, 'trash', TWO_VIEWS)
  await page.getByRole('button', { name: /^Bring back/ }).click()
  await expect(page).toHaveURL(project)
  expect(await content('script.js')).toContain('corner')
  await page.goto(`${server.url}/trash`)
  await expect(page.getByText('The trash is empty')).toBeVisible()
  await looksRight(page, 'trash-empty', ONE_VIEW)
})

function proposal(path: string) {
  return page.locator('section.proposal').filter({ has: page.getByRole('checkbox', { name: path }) })
}

async function put(path: string, data: string, match?: string): Promise<void> {
  const headers = { origin: server.url, ...(match ? { 'if-match': match } : {}) }
  const sent = await page.request.put(fileAt(path), { headers, data })
  expect(sent.status()).toBe(match ? 200 : 201)
}

async function content(path: string): Promise<string> {
  return (await page.request.get(fileAt(path))).text()
}

function fileAt(path: string): string {
  return `${server.url}/api${new URL(project).pathname}/files/${path}`
}

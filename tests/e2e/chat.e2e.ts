import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { dataDirectory, type RunningServer, startServer } from '../support/server.ts'

const SERVER = ['bun', join(import.meta.dirname, '../support/talking-server.ts')]
const VIEWS = [
  { width: 1440, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 360, colorScheme: 'light' },
  { width: 360, colorScheme: 'dark' },
] as const

test.describe.configure({ mode: 'serial' })

let data: ReturnType<typeof dataDirectory>
let server: RunningServer
let page: Page

test.beforeAll(async ({ browser }) => {
  data = dataDirectory()
  server = await startServer({ data: data.path, command: SERVER })
  page = await (await browser.newContext()).newPage()
  await page.goto(server.setupLink!)
  await page.getByLabel(/e-?mail/i).fill('me@example.org')
  await page
    .getByLabel(/password/i)
    .first()
    .fill('a long enough sentence')
  await page.getByRole('button').click()
  await page.getByRole('textbox', { name: 'What do you want to make?' }).fill('A page for a bakery')
  await page.getByRole('button', { name: 'Make it' }).click()
  await expect(page.locator('#head')).toContainText('Done', { timeout: 30_000 })
})

test.afterAll(async () => {
  await page.context().close()
  await server[Symbol.asyncDispose]()
  data[Symbol.dispose]()
})

test('a message is answered live: its tool calls, its words as they come, also after a reload, a stop and another try', async () => {
  test.setTimeout(120_000)
  await page.locator('#talk > summary').click()
  await say('We open at 8.')
  await expect(talk()).toContainText('We open at 8.')
  await expect(talk()).toContainText('Edits index.html (1 place)')
  await expect(typed()).toContainText('hours.json</b> still') // the words so far, as text
  await expect(page.getByRole('textbox', { name: 'Your message' })).toHaveValue('')
  await expect(page.getByRole('button', { name: 'Send' })).toBeEnabled()
  await page.locator('.call summary').nth(1).click()
  await expect(page.locator('.lines .come')).toContainText('from 8.')
  await page.waitForTimeout(600) // the stream sends the page again meanwhile: what was opened stays open
  await expect(page.locator('.lines .come')).toBeVisible()

  await page.reload()
  await expect(talk()).toContainText('Edits index.html (1 place)')
  await expect(typed()).toContainText('hours.json</b> still')

  await page.getByRole('button', { name: /Stop this answer/ }).click()
  await expect(talk()).toContainText('Stopped. What was said and done until then is kept.')
  await expect(talk()).toContainText('hours.json</b> still')
  await page.getByRole('button', { name: /Try again ?: We open/ }).click()
  await expect(talk()).toContainText('hours.json</b> still say 7.')
  await expect(talk()).not.toContainText('Stopped.')
  await looksRight('answered')
})

test('what destroys asks first, and what was decided is done', async () => {
  test.setTimeout(120_000)
  await say('Drop the hours.')
  await expect(talk()).toContainText('Delete hours.json (21 bytes).')
  await expect(page.locator('#talk-state')).toContainText('asks you')
  await looksRight('asking')
  await expect(page.locator('#files')).toContainText('hours.json')
  await page.getByRole('button', { name: 'Approve' }).click()
  await expect(talk()).toContainText('The hours are gone.')
  await expect(page.locator('#files')).not.toContainText('hours.json')
})

test('all that an answer did is undone with one button', async () => {
  const answer = page.locator('article', { hasText: 'Drop the hours.' })
  await answer.getByRole('button', { name: /Undo all of this answer/ }).click()
  await expect(page.locator('#files')).toContainText('hours.json')
  await expect(answer.getByRole('button', { name: /Undo all/ })).toHaveCount(0)
})

test('a wish for the plan is shown as a diff, applied, and undone', async () => {
  test.setTimeout(120_000)
  await page.getByRole('textbox', { name: 'Change the plan' }).fill('Ask the baker by Friday, and call the hours Hours')
  await page.getByRole('button', { name: 'Propose' }).click()
  await expect(page.locator('#wishes')).toContainText('Ask the baker')
  await expect(page.locator('#wishes del')).toHaveText('was: Opening hours')
  await expect(page.locator('#tree')).not.toContainText('Ask the baker')
  await looksRight('proposed')
  await page.getByRole('button', { name: 'Apply' }).click()
  await expect(page.locator('#tree')).toContainText('Ask the baker')
  await page.getByRole('button', { name: 'Undo all of it' }).click()
  await expect(page.locator('#tree')).not.toContainText('Ask the baker')
  await expect(page.locator('#tree')).toContainText('Opening hours')
})

function talk() {
  return page.locator('#talk-log')
}

function typed() {
  return page.locator('.typed').last()
}

async function say(text: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Your message' }).fill(text)
  await page.getByRole('button', { name: 'Send' }).click()
}

/** No fault that axe knows, nothing that runs out of the page, in each width and colours. */
async function looksRight(name: string): Promise<void> {
  for (const { width, colorScheme } of VIEWS) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    const { violations } = await new AxeBuilder({ page }).exclude('iframe').analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
    if (process.env.LOOKS) await page.screenshot({ path: `${process.env.LOOKS}/${name}-${width}-${colorScheme}.png` })
  }
  await page.setViewportSize({ width: 1440, height: 900 })
}

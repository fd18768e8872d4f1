import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import type { RunningServer } from '../support/server.ts'
import { freshServer, looksRight, make, ownersPage, VIEWS } from './support.ts'

const SERVER = ['bun', join(import.meta.dirname, '../support/talking-server.ts')]
/** With the widest, where the talk has the most room. */
const WITH_WIDEST = [{ width: 1440, colorScheme: 'light' } as const, ...VIEWS.slice(1)]

test.describe.configure({ mode: 'serial' })

let server: RunningServer
let page: Page

test.beforeAll(async ({ browser }) => {
  server = await freshServer({ command: SERVER })
  page = await ownersPage(browser, server)
  await make(page, 'A page for a bakery')
  await expect(page.locator('#head')).toContainText('Done')
})

test.afterAll(async () => {
  await page.context().close()
  await server[Symbol.asyncDispose]()
})

test('a message is answered live: its tool calls, its words as they come, also after a reload, a stop and another try', async () => {
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
  await looksRight(page, 'answered', WITH_WIDEST)
})

test('what destroys asks first, and what was decided is done', async () => {
  await say('Drop the hours.')
  await expect(talk()).toContainText('Delete hours.json (21 bytes).')
  await expect(page.locator('#talk-state')).toContainText('asks you')
  await looksRight(page, 'asking', WITH_WIDEST)
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
  await page.getByRole('textbox', { name: 'Change the plan' }).fill('Ask the baker by Friday, and call the hours Hours')
  await page.getByRole('button', { name: 'Propose' }).click()
  await expect(page.locator('#wishes')).toContainText('Ask the baker')
  await expect(page.locator('#wishes del')).toHaveText('was: Opening hours')
  await expect(page.locator('#tree')).not.toContainText('Ask the baker')
  await looksRight(page, 'proposed', WITH_WIDEST)
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

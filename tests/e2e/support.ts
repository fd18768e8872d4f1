import { basename, join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { type Browser, expect, type Page, test } from '@playwright/test'
import { dataDirectory, type RunningServer, type ServerOptions, startServer } from '../support/server.ts'

export interface View {
  width: number
  colorScheme: 'light' | 'dark'
}

export const VIEWS: readonly View[] = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 360, colorScheme: 'light' },
  { width: 360, colorScheme: 'dark' },
]
/** Where all that differs by width and colours has been looked at. */
export const ONE_VIEW = VIEWS.slice(2, 3)
/** Where only the width or only the colours may have gone wrong since. */
export const TWO_VIEWS = VIEWS.slice(1, 3)

/** A server with a data directory that goes with it. */
export async function freshServer(options: Omit<ServerOptions, 'data'> = {}): Promise<RunningServer> {
  const data = dataDirectory()
  const server = await startServer({ ...options, data: data.path })
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      data[Symbol.dispose]()
    },
  }
}

/** The page of whoever follows a new server's set-up link, in a context of its own. */
export async function ownersPage(browser: Browser, server: RunningServer, javaScriptEnabled = true): Promise<Page> {
  const page = await (await browser.newContext({ javaScriptEnabled })).newPage()
  await page.goto(server.setupLink!)
  await enter(page)
  return page
}

/** Fills in what the pages of the set-up link and of signing in ask for. */
export async function enter(page: Page): Promise<void> {
  await page.getByLabel(/e-?mail/i).fill('me@example.org')
  await page
    .getByLabel(/password/i)
    .first()
    .fill('a long enough sentence')
  await page.getByRole('button').click()
  await expect(box(page)).toBeVisible()
}

export function box(page: Page) {
  return page.getByRole('textbox', { name: 'What do you want to make?' })
}

export async function make(page: Page, brief: string): Promise<void> {
  await box(page).fill(brief)
  await page.getByRole('button', { name: 'Make it' }).click()
  await expect(page).toHaveURL(/projects/)
}

/**
 * What a project has made is not Hearth's to answer for: its frame is left out. So the page is all there is to look at,
 * and the mode without frames finds the same in half the time: the other one opens a page for each look.
 */
export async function noViolations(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page })
    .exclude('iframe')
    .setLegacyMode(process.env.LEG === '1')
    .analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
}

/** The page as it is now: no violation, and nothing wider than the screen, at each width and in each light. */
export async function looksRight(page: Page, name: string, views = VIEWS): Promise<void> {
  const before = page.viewportSize()!
  for (const { width, colorScheme } of views) {
    await page.setViewportSize({ width, height: 800 })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' }) // a colour in between fails for contrast
    await noViolations(page)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await picture(page, `${name}-${width}-${colorScheme}`)
  }
  await page.setViewportSize(before)
  await page.emulateMedia({ colorScheme: null, reducedMotion: null })
}

/** The same of the page's address, for the same person in another window, with script and with all that folds opened. */
export async function looksRightAnew(page: Page, name: string, views = VIEWS): Promise<void> {
  const context = await page
    .context()
    .browser()!
    .newContext({ storageState: await page.context().storageState() })
  const other = await context.newPage()
  await other.goto(page.url())
  await other.evaluate(() => {
    for (const folded of document.querySelectorAll('details')) folded.open = true
  })
  await looksRight(other, name, views)
  await context.close()
}

/** Kept in the folder that `SCREENSHOTS` names, if it names one, for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.SCREENSHOTS
  const file = `${basename(test.info().file, '.e2e.ts')}-${name}.png`
  if (folder) await page.screenshot({ path: join(folder, file), fullPage: true })
}

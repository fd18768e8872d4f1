import AxeBuilder from '@axe-core/playwright'
import { type Browser, expect, type Page, test } from '@playwright/test'
import { paidVendor } from '../support/paid-vendor.ts'
import { dataDirectory, startServer } from '../support/server.ts'

const VIEWS = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 360, colorScheme: 'light' },
  { width: 360, colorScheme: 'dark' },
] as const

/** A folder for pictures of what is seen on the way, if somebody wants them. */
const SHOTS = process.env.SHOTS

test('an empty wallet: the work pauses with a question, and goes on by itself when it is answered', async ({
  browser,
}) => {
  test.setTimeout(120_000)
  using data = dataDirectory()
  await using vendor = await paidVendor()
  await using server = await startServer({
    data: data.path,
    env: { ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: vendor.url, HEARTH_DAILY_BUDGET_USD: '0.01' },
  })
  const context = await browser.newContext()
  const page = await context.newPage()
  await signUp(page, server.setupLink!)
  await page.getByRole('textbox').first().fill('two notes about rain')
  await page
    .getByRole('button', { name: /make|go|start/i })
    .first()
    .click()

  const question = page.getByRole('form', { name: 'Raise the budget?' })
  await expect(question).toBeVisible({ timeout: 20_000 })
  await expect(page.getByText('Needs you').first()).toBeVisible()
  await expect(page.locator('#pulse')).toContainText('Today’s budget for everybody')
  expect(vendor.asked).toBe(0)
  const state = await context.storageState()
  await seenEverywhere(browser, state, page.url(), 'question')

  const field = question.getByRole('textbox')
  expect(Number(await field.inputValue())).toBeGreaterThan(0.01)
  await field.fill('5')
  await question.getByRole('button', { name: 'Raise it and go on' }).click()
  await expect(page.locator('#head')).toContainText('Done', { timeout: 30_000 })
  await expect(question).toHaveCount(0)
  await expect(page.locator('#cost')).toHaveText(/Cost so far 0\.\d+ USD, 40 % of the input from the cache/)
  await seenEverywhere(browser, state, page.url(), 'done', VIEWS.slice(1, 3))

  await page.getByText('Budget', { exact: true }).click()
  await page.getByLabel('Most money, US dollars').fill('0.75')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.locator('#cost')).toContainText('of 0.75 USD')

  await page.getByRole('link', { name: 'Usage' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Usage and budgets')
  await expect(page.locator('.budgets')).toContainText('Everybody together, a day')
  await page.getByRole('link', { name: 'By model' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'anthropic/' })).toContainText('40 %')
  await seenEverywhere(browser, state, page.url(), 'usage')
  await page.getByRole('link', { name: 'By job' }).click()
  await page.getByRole('link', { name: /notes\/1\.md/ }).click()
  await expect(page.locator('#job-money')).toContainText('whole')
  await seenEverywhere(browser, state, page.url(), 'job', VIEWS.slice(1, 3))
})

async function signUp(page: Page, link: string): Promise<void> {
  await page.goto(link)
  await page.getByLabel(/e-?mail/i).fill('me@example.org')
  await page
    .getByLabel(/password/i)
    .first()
    .fill('a long enough sentence')
  await page.getByRole('button').click()
}

/** Nothing that a machine can find fault with, and nothing beyond the edge, at any width and in any light. */
async function seenEverywhere(
  browser: Browser,
  storageState: Awaited<ReturnType<Awaited<ReturnType<Browser['newContext']>>['storageState']>>,
  url: string,
  name: string,
  views: readonly (typeof VIEWS)[number][] = VIEWS,
): Promise<void> {
  for (const { width, colorScheme } of views) {
    const context = await browser.newContext({ storageState, viewport: { width, height: 800 }, colorScheme })
    const page = await context.newPage()
    await page.goto(url)
    if (SHOTS) await page.screenshot({ path: `${SHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: true })
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await context.close()
  }
}

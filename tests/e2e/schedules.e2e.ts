import AxeBuilder from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { dataDirectory, startServer } from '../support/server.ts'

const VIEWS = [
  { width: 1280, colorScheme: 'light' },
  { width: 1280, colorScheme: 'dark' },
  { width: 360, colorScheme: 'light' },
  { width: 360, colorScheme: 'dark' },
] as const

test('schedules are found from the side, and run, paused and added without script, at any width', async ({
  browser,
}) => {
  test.setTimeout(90_000)
  using data = dataDirectory()
  await using server = await startServer({ data: data.path })
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(server.setupLink!)
  await page.getByLabel(/e-?mail/i).fill('me@example.org')
  await page
    .getByLabel(/password/i)
    .first()
    .fill('a long enough sentence')
  await page.getByRole('button').click()
  await page.getByRole('link', { name: 'Schedules' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Schedules')

  const backup = page.locator('#schedule-backup')
  await expect(backup).toContainText('Has not run yet')
  await backup.getByRole('button', { name: 'Run now' }).click()
  await expect(async () => {
    await page.reload()
    await expect(backup).toContainText(/Saved .+ to backups/)
  }).toPass({ timeout: 10_000 })
  await backup.getByRole('button', { name: 'Pause' }).click()
  await expect(backup).toContainText('Paused')
  await backup.getByRole('button', { name: 'Go on' }).click()
  await expect(backup).toContainText('Next')

  const add = page.locator('section').filter({ hasText: 'Add a schedule' })
  await add.getByLabel('Name').fill('On Sundays')
  await add.getByLabel('When', { exact: true }).fill('0 5 * * 0')
  await add.getByRole('button', { name: 'Add' }).click()
  await expect(page.getByRole('heading', { name: 'On Sundays' })).toBeVisible()

  const state = await context.storageState()
  for (const { width, colorScheme } of VIEWS) {
    const seen = await browser.newContext({ storageState: state, viewport: { width, height: 800 }, colorScheme })
    const one = await seen.newPage()
    await one.goto(`${server.url}/schedules`)
    await one.getByText('Change', { exact: false }).last().click()
    const { violations } = await new AxeBuilder({ page: one }).analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
    expect(await one.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    await seen.close()
  }
})

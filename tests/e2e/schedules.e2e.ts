import { expect, test } from '@playwright/test'
import { freshServer, looksRightAnew, ownersPage } from './support.ts'

test('schedules are found from the side, and run, paused and added without script, at any width', async ({
  browser,
}) => {
  await using server = await freshServer()
  const page = await ownersPage(browser, server, false)
  await page.getByRole('link', { name: 'Schedules' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Schedules')

  const backup = page.locator('#schedule-backup')
  await expect(backup).toContainText('Has not run yet')
  await backup.getByRole('button', { name: 'Run now' }).click()
  await expect(async () => {
    await page.reload()
    await expect(backup).toContainText(/Saved .+ to backups/)
  }).toPass({ timeout: 60_000 })
  await backup.getByRole('button', { name: 'Pause' }).click()
  await expect(backup).toContainText('Paused')
  await backup.getByRole('button', { name: 'Go on' }).click()
  await expect(backup).toContainText('Next')

  const add = page.locator('section').filter({ hasText: 'Add a schedule' })
  await add.getByLabel('Name').fill('On Sundays')
  await add.getByLabel('When', { exact: true }).fill('0 5 * * 0')
  await add.getByRole('button', { name: 'Add' }).click()
  await expect(page.getByRole('heading', { name: 'On Sundays' })).toBeVisible()

  await page.goto(`${server.url}/schedules`)
  await looksRightAnew(page, 'schedules')
})

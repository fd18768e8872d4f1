import { expect, test } from '@playwright/test'
import { paidVendor } from '../support/paid-vendor.ts'
import { freshServer, looksRightAnew, make, ownersPage, TWO_VIEWS } from './support.ts'

test('an empty wallet: the work pauses with a question, and goes on by itself when it is answered', async ({
  browser,
}) => {
  await using vendor = await paidVendor()
  await using server = await freshServer({
    env: { ANTHROPIC_API_KEY: 'sk-ant-test', ANTHROPIC_BASE_URL: vendor.url, HEARTH_DAILY_BUDGET_USD: '0.01' },
  })
  const page = await ownersPage(browser, server)
  await make(page, 'two notes about rain')

  const question = page.getByRole('form', { name: 'Raise the budget?' })
  await expect(question).toBeVisible()
  await expect(page.getByText('Needs you').first()).toBeVisible()
  await expect(page.locator('#pulse')).toContainText('Today’s budget for everybody')
  expect(vendor.asked).toBe(0)
  await looksRightAnew(page, 'question')

  const field = question.getByRole('textbox')
  expect(Number(await field.inputValue())).toBeGreaterThan(0.01)
  await field.fill('5')
  await question.getByRole('button', { name: 'Raise it and go on' }).click()
  await expect(page.locator('#head')).toContainText('Done')
  await expect(question).toHaveCount(0)
  await expect(page.locator('#cost')).toHaveText(/Cost so far 0\.\d+ USD, 40 % of the input from the cache/)
  await looksRightAnew(page, 'done', TWO_VIEWS)

  await page.getByText('Budget', { exact: true }).click()
  await page.getByLabel('Most money, US dollars').fill('0.75')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(page.locator('#cost')).toContainText('of 0.75 USD')

  await page.getByRole('link', { name: 'Usage' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Usage and budgets')
  await expect(page.locator('.budgets')).toContainText('Everybody together, a day')
  await page.getByRole('link', { name: 'By model' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'anthropic/' })).toContainText('40 %')
  await looksRightAnew(page, 'usage')
  await page.getByRole('link', { name: 'By job' }).click()
  await page.getByRole('link', { name: /notes\/1\.md/ }).click()
  await expect(page.locator('#job-money')).toContainText('whole')
  await looksRightAnew(page, 'job', TWO_VIEWS)
})

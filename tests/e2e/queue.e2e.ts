import { expect, test } from '@playwright/test'
import { freshServer, looksRightAnew, make, ownersPage, TWO_VIEWS } from './support.ts'

const SLOW = { env: { HEARTH_SKETCH_STEP_MS: '30000' } }

test('what waits is put elsewhere by dragging and by keys, and paused and stopped', async ({ browser }) => {
  await using server = await freshServer(SLOW)
  const page = await ownersPage(browser, server)
  await make(page, 'a landing page for a bakery called Crumb with three pictures')
  await page.goto(`${server.url}/queue`)
  const running = page.locator('#queue-running li')
  const lines = page.locator('#queue-waiting li')
  await expect(running).toHaveCount(1)
  await expect(lines).toHaveCount(2)
  const names = lines.locator('.what > a')
  const [first, second] = (await names.allTextContents()) as [string, string]

  await lines
    .first()
    .getByRole('button', { name: /later$/ })
    .press('Enter')
  await expect(names).toHaveText([second, first])
  await expect(lines.last().getByRole('button', { name: /earlier$/ })).toBeFocused()
  await lines
    .last()
    .locator('.handle')
    .dragTo(lines.first(), { targetPosition: { x: 40, y: 4 } })
  await expect(names).toHaveText([first, second])

  await lines
    .last()
    .getByRole('button', { name: /^Pause/ })
    .click()
  await expect(page.locator('#queue-aside')).toContainText('paused')
  await looksRightAnew(page, 'queue', TWO_VIEWS)
  await page
    .locator('#queue-aside')
    .getByRole('button', { name: /^Go on/ })
    .click()
  await expect(lines).toHaveCount(2)
  await running.getByRole('button', { name: /^Stop/ }).click()
  await expect(page.locator('#queue-aside')).toContainText('stopped')
})

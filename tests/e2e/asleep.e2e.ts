import { expect, test } from '@playwright/test'
import { openRelay } from '../support/relay.ts'
import { enter, freshServer, make } from './support.ts'

const PACE = { HEARTH_DEMO_BYTES_PER_SECOND: '8000', HEARTH_SKETCH_STEP_MS: '20' }

test('a page whose connection died while the laptop slept notices, and shows the present without a reload', async ({
  page,
}) => {
  await using server = await freshServer({ env: PACE })
  await using relay = await openRelay(server.url)
  await page.goto(server.setupLink!.replace(server.url, relay.url))
  await enter(page)
  await make(page, 'A landing page for a bakery called Crumb & Co with one picture')
  await expect(page.locator('#pulse .now')).toContainText(/Writing/)

  await page.waitForTimeout(2_000) // until only the stream says something
  await expect(page.locator('#head')).toContainText('At work')
  relay.loseStreams()
  await expect(page.locator('#link')).toBeVisible()
  await expect(page.locator('#head')).toContainText('Done', { timeout: 150_000 })
  await expect(page.locator('#link')).toBeHidden()
})

test('a page whose first connection gets no answer asks again by itself', async ({ page }) => {
  await using server = await freshServer({ env: PACE })
  let asked = 0
  await page.route('**/projects/*/stream', (route) => {
    if (++asked > 1) return route.continue()
  })
  await page.goto(server.setupLink!)
  await enter(page)
  await make(page, 'A landing page for a bakery called Crumb & Co with one picture')
  await expect(page.locator('#link')).toBeVisible()
  await expect(page.locator('#head')).toContainText('Done', { timeout: 150_000 })
  await expect(page.locator('#link')).toBeHidden()
  expect(asked).toBeGreaterThan(1)
})

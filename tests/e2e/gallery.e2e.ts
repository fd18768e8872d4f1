import { expect, type Page, test } from '@playwright/test'
import { freshServer, looksRight, ownersPage, VIEWS } from './support.ts'

/** Asks for pictures, and waits until they are there. */
async function render(page: Page, url: string, prompt: string, count: number): Promise<string> {
  const headers = { origin: url }
  const request = { prompt, width: 256, height: 192, steps: 3, count, seed: 7 }
  const { project } = await (await page.request.post(`${url}/api/renders`, { headers, data: { request } })).json()
  const made = async () =>
    (await (await page.request.get(`${url}/api/projects/${project}/artifacts`)).json()).items.length
  await expect.poll(made).toBe(count)
  return project
}

test('the gallery is looked through by keyboard, two pictures are compared, and one leads to others', async ({
  browser,
}) => {
  await using server = await freshServer()
  const page = await ownersPage(browser, server)
  const project = await render(page, server.url, 'a lighthouse at dusk', 3)
  await page.goto(`${server.url}/projects/${project}/gallery`)
  await looksRight(page, 'gallery', VIEWS)

  await page.locator('[data-lightbox] a.shot').first().focus()
  await page.keyboard.press('Enter')
  const full = page.locator('#lightbox')
  await expect(full).toBeVisible()
  const first = await full.locator('img').getAttribute('src')
  await page.keyboard.press('ArrowRight')
  await expect(full.locator('img')).not.toHaveAttribute('src', first!)
  await looksRight(page, 'lightbox', VIEWS.slice(1, 3))
  await page.keyboard.press('Escape')
  await expect(full).toBeHidden()

  for (const at of [0, 1]) await page.getByRole('checkbox').nth(at).check()
  await page.getByRole('button', { name: /^Compare/ }).click()
  await page.getByLabel('How much of the second is seen').fill('20')
  await looksRight(page, 'compare', VIEWS.slice(1, 3))

  await page.locator('.compare a.shot').first().click()
  await expect(page.getByText('How it was made')).toBeVisible()
  await page.getByText('Variations of it').click()
  await looksRight(page, 'artifact', VIEWS)
  await page.locator('#order-vary').getByRole('button', { name: 'Render' }).click()
  await expect(page).toHaveURL(/\/gallery$/)

  const state = await page.context().storageState()
  const plain = await (await browser.newContext({ storageState: state, javaScriptEnabled: false })).newPage()
  await plain.goto(`${server.url}/gallery`)
  await plain.locator('a.shot').last().click()
  await expect(plain.getByText('How it was made')).toBeVisible()
})

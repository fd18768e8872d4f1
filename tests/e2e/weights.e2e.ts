import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { fileServer, someBytes } from '../support/file-server.ts'
import { dataDirectory, startServer } from '../support/server.ts'
import { SHAPES, safetensors } from '../support/weights.ts'
import { looksRightAnew, ONE_VIEW, ownersPage } from './support.ts'

const MIB = 1024 ** 2

test('a model is downloaded from the page, watched as it comes, and removed', async ({ browser }) => {
  const bytes = Buffer.concat([safetensors(SHAPES.sd15), someBytes(4 * MIB)])
  await using files = await fileServer({ '/tiny.safetensors': { bytes, holdAfter: 2 * MIB } })
  using data = dataDirectory()
  mkdirSync(join(data.path, 'models/sdxl/mine'), { recursive: true })
  writeFileSync(join(data.path, 'models/sdxl/mine/mine.safetensors'), safetensors(SHAPES.sdxl))
  await using server = await startServer({ data: data.path, env: { HEARTH_MODEL_HOSTS: files.host } })
  const page = await ownersPage(browser, server)
  await page.getByRole('link', { name: 'Weights' }).click()
  await expect(page.getByRole('heading', { name: 'mine', exact: true })).toBeVisible()
  await page.locator('#offered ~ .family > summary', { hasText: 'HunyuanVideo' }).click()
  await expect(page.getByText('Not licensed in: EU, UK, KR')).toBeVisible()

  const add = page.getByRole('region', { name: 'Add a file by its address' })
  await add.getByRole('textbox').fill(`${files.url}/tiny.safetensors`)
  await add.getByRole('checkbox').check()
  await add.getByRole('button', { name: 'Add' }).click()
  await expect(page.locator('#work')).toContainText('of 4 MB')
  await looksRightAnew(page, 'weights', ONE_VIEW)

  files.release()
  await expect(page.getByRole('heading', { name: 'tiny', exact: true })).toBeVisible()
  await expect(page.locator('#work')).toBeHidden()
  const tiny = page.locator('[id^=model-sd15_tiny]')
  await tiny.getByText('More').click()
  await tiny.getByRole('checkbox').check()
  await tiny.getByRole('button', { name: 'Remove' }).click()
  await expect(tiny).toHaveCount(0)
})

import { chmodSync, copyFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { ownFolder } from '../support/folders.ts'
import { freshServer, looksRightAnew, ownersPage } from './support.ts'

const FIXTURES = join(import.meta.dirname, '../fixtures/devices')

/** A folder for the PATH with an `nvidia-smi` that says what lies beside it. */
function toolFolder() {
  const folder = ownFolder('hearth-smi')
  const { path } = folder
  copyFileSync(join(FIXTURES, 'nvidia-two.csv'), join(path, 'cards.csv'))
  copyFileSync(join(FIXTURES, 'nvidia-apps.csv'), join(path, 'apps.csv'))
  const script =
    '#!/bin/sh\ncd "$(dirname "$0")"\ncase "$1" in --query-gpu=*) cat cards.csv ;; *) cat apps.csv ;; esac\n'
  writeFileSync(join(path, 'nvidia-smi'), script)
  chmodSync(join(path, 'nvidia-smi'), 0o755)
  return folder
}

test('devices are found from the side, with their memory, and a page that is open shows one that is plugged in', async ({
  browser,
}) => {
  using tools = toolFolder()
  await using server = await freshServer({ env: { PATH: `${tools.path}:${process.env.PATH}` } })
  const page = await ownersPage(browser, server)
  await page.getByRole('link', { name: 'NVIDIA GeForce RTX 4090' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Devices')
  const cards = page.locator('#devices > li')
  await expect(cards).toHaveCount(3)
  await expect(cards.first()).toContainText('22 GB of 24 GB free')
  await expect(cards.first()).toContainText('41 °C')

  const more = '2, GPU-9a, 00000000:81:00.0, NVIDIA L4, 23034, 34, 22700, 550.54.14, 38, [N/A]\n'
  writeFileSync(join(tools.path, 'cards.csv'), more)
  await expect(page.getByRole('heading', { name: 'NVIDIA L4' })).toBeVisible()
  await expect(cards).toHaveCount(2)
  await page.goto(`${server.url}/devices`)
  await looksRightAnew(page, 'devices')
})

import { expect, test } from '@playwright/test'
import { sample } from '../support/media.ts'
import { freshServer, looksRight, ownersPage, TWO_VIEWS } from './support.ts'

const file = (name: string, buffer: Uint8Array) => ({
  name,
  mimeType: 'application/x-anything',
  buffer: Buffer.from(buffer),
})
const FILES = [
  file('photo.png', sample('jpeg')),
  file('moving.gif', sample('gifMoving')),
  file('cut.gif', sample('gif').subarray(0, 40)),
]

test('pictures are uploaded on a project’s page, with and without script, by keyboard and by dropping', async ({
  browser,
}) => {
  await using server = await freshServer()
  const page = await ownersPage(browser, server)
  const made = await page.request.post(`${server.url}/api/projects`, {
    headers: { origin: server.url },
    data: { brief: 'a note', tier: 'low', autorun: false },
  })
  const project = `${server.url}/projects/${(await made.json()).project.id}`
  await page.goto(project)

  const chooser = page.waitForEvent('filechooser')
  await page.getByLabel('Upload pictures, clips or other files').focus()
  await page.keyboard.press('Enter')
  await (await chooser).setFiles(FILES)
  await expect(page.locator('[data-progress]')).toHaveText(/^3 files chosen/)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(page.locator('#uploaded')).toContainText('2 files uploaded.')
  await expect(page.locator('#uploaded')).toContainText('“photo.png” is a JPEG, so it is called “photo.jpg”.')
  await expect(page.locator('#uploaded')).toContainText('“cut.gif” begins like a picture, but is no whole one.')
  await expect(page.locator('#files')).toContainText('uploads/moving.gif')
  await looksRight(page, 'project', TWO_VIEWS)

  const drop = await page.evaluateHandle(() => {
    const data = new DataTransfer()
    data.items.add(new File(['only words'], 'words.png'))
    return data
  })
  await page.locator('form[data-upload]').dispatchEvent('drop', { dataTransfer: drop })
  await expect(page.locator('#uploaded')).toContainText('“words.png” is plain text, so it is called “words.txt”.')

  await page.getByText('Talk about it').click()
  await page.getByText('Attach uploads').click()
  await page.getByRole('checkbox', { name: 'photo.jpg' }).check()
  await page.getByLabel('Your message').fill('What is on it?')
  await looksRight(page, 'talk', TWO_VIEWS)
  await page.getByRole('button', { name: 'Send' }).click()
  await expect(page.locator('.said-with')).toContainText('photo.jpg')

  const state = await page.context().storageState()
  const plain = await (await browser.newContext({ storageState: state, javaScriptEnabled: false })).newPage()
  await plain.goto(`${project}/files`)
  await plain.getByRole('link', { name: 'Upload', exact: true }).click()
  await plain.getByLabel('Upload pictures, clips or other files').setInputFiles(FILES)
  await plain.getByRole('button', { name: 'Upload', exact: true }).click()
  await expect(plain.locator('#uploaded')).toContainText('was there already')
  await plain.locator('#uploaded').getByRole('link', { name: 'uploads/moving.gif' }).click()
  await expect(plain.getByRole('img', { name: 'uploads/moving.gif' })).toBeVisible()
  await page.goto(`${project}/uploads`)
  await looksRight(page, 'form', TWO_VIEWS)
})

import { expect, type Page, test } from '@playwright/test'
import type { RunningServer } from '../support/server.ts'
import { freshServer, looksRight, looksRightAnew, ONE_VIEW, ownersPage, TWO_VIEWS } from './support.ts'

test.describe.configure({ mode: 'serial' }) // one history, looked at and gone on with

const STYLE = Array.from({ length: 60 }, (_, at) => `.rule-${at + 1} { margin: ${at}px; color: var(--ink); }`)
const SCRIPT = [
  '// What the shop has today, and what it costs.',
  'const LOAVES = ["country", "rye", "seeded"]',
  '',
  'export function priceOf(loaf, count) {',
  '  return PRICES[loaf] * count',
  '}',
  '',
  'export function isOpen(now) {',
  '  const hour = now.getHours()',
  '  return hour >= 7 && hour < 18',
  '}',
  '',
]
const LONG = `export const NOTE = "${'a very long line that goes on and on, '.repeat(9)}"`

let server: RunningServer
let page: Page
let project: string

test.beforeAll(async ({ browser }) => {
  server = await freshServer()
  page = await ownersPage(browser, server)
  const made = await page.request.post(`${server.url}/api/projects`, {
    headers: { origin: server.url },
    data: { brief: 'A small shop page', autorun: false },
  })
  project = (await made.json()).project.id
  const SECOND = SCRIPT.with(1, 'const LOAVES = ["country", "dark rye", "seeded", "rolls"]').toSpliced(
    4,
    1,
    '  const price = PRICES[loaf] ?? 0',
    '  return price * count',
  )
  await put('src/shop.js', SCRIPT.join('\n'), 'Write the prices and the hours')
  await put('src/shop.js', SECOND.join('\n'), 'Sell rolls too')
  await put(
    'src/shop.js',
    [...SECOND.slice(0, -1).map((line) => line.replace('  return hour', '\treturn hour')), LONG, ''].join('\n'),
    'Say something about the flour',
  )
  await put('styles/site.css', `${STYLE.join('\n')}\n`, 'Write the styles')
  await put(
    'styles/site.css',
    `${STYLE.with(29, '.rule-30 { margin: 29px; color: var(--ember); }').join('\n')}\n`,
    'Make one rule warm',
  )
  await put('styles/deep/er/print.css', '@media print { nav { display: none } }\n', 'Print without the menu')
  await put('index.html', '<!doctype html>\n<title>Shop</title>\n<h1>Bread</h1>\n', 'Write the page')
  await put(
    'pictures/loaf.svg',
    '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60"><rect width="80" height="60" fill="tan"/></svg>',
    'Draw a loaf',
  )
  await put(
    'pictures/loaf.svg',
    '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60"><circle cx="40" cy="30" r="25" fill="peru"/></svg>',
    'Draw a round one',
  )
  await put('old notes.txt', 'to be thrown away\n', 'Note something')
  const removed = await page.request.delete(at('/api', 'files/old notes.txt'), {
    headers: { origin: server.url, 'if-match': '*' },
  })
  expect(removed.ok()).toBe(true)
})

test.afterAll(async () => {
  await page.context().close()
  await server[Symbol.asyncDispose]()
})

test('all files stand in a tree, with who changed them last, and are found by a part of their path', async () => {
  await page.goto(at('', 'files'))
  await expect(page.getByRole('link', { name: 'shop.js', exact: true })).toBeVisible()
  await expect(
    page.locator('li', { has: page.getByRole('link', { name: 'shop.js', exact: true }) }).last(),
  ).toContainText('Say something about the flour')
  await looksRightAnew(page, 'tree', TWO_VIEWS)
  await page.getByLabel('Part of a path').fill('PRINT')
  await page.getByRole('button', { name: 'Filter' }).click()
  await expect(page.getByRole('link', { name: 'print.css', exact: true })).toBeVisible()
  await expect(page.getByRole('link', { name: 'shop.js', exact: true })).toHaveCount(0)
  await page.getByRole('link', { name: 'All files' }).click()
  await page.getByText('Removed files').click()
  await expect(page.getByRole('link', { name: 'old notes.txt' })).toBeVisible()
})

test('a file is shown in colours, its lines have addresses, and long ones can be wrapped', async () => {
  await page.goto(at('', 'files/src/shop.js'))
  await expect(page.locator('.tok-word', { hasText: 'export' }).first()).toBeVisible()
  const code = page.getByRole('region', { name: 'src/shop.js' })
  await code.getByRole('link', { name: '5', exact: true }).click()
  await expect(page).toHaveURL(/#L5$/)
  await expect(page.locator('#L5')).toContainText('price')
  const width = () => code.evaluate((box) => box.scrollWidth > box.clientWidth)
  expect(await width()).toBe(true)
  await page.getByLabel('Wrap long lines').check()
  expect(await width()).toBe(false)
  await looksRightAnew(page, 'file', TWO_VIEWS)
})

test('the text of a file is copied as it is', async () => {
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.goto(at('', 'files/index.html'))
  await page.getByRole('button', { name: 'Copy' }).click()
  await expect(page.getByRole('button', { name: 'Copied' })).toBeVisible()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(
    '<!doctype html>\n<title>Shop</title>\n<h1>Bread</h1>\n',
  )
})

test('an older version is chosen from a list, and leads back', async () => {
  await page.goto(at('', 'files/src/shop.js'))
  await page.locator('.menu summary').click()
  await looksRight(page, 'file-versions', ONE_VIEW)
  await page.getByRole('link', { name: /^Version 1 / }).click()
  await expect(page.getByText('This is version 1 of 3.')).toBeVisible()
  await expect(page.getByRole('region', { name: 'src/shop.js' })).not.toContainText('rolls')
  await looksRight(page, 'file-old', ONE_VIEW)
  await page.getByRole('link', { name: 'As it is now' }).click()
  await expect(page.getByRole('region', { name: 'src/shop.js' })).toContainText('rolls')
})

test('what differs stands side by side with its words marked; where it is narrow, what goes stands above what comes', async () => {
  await page.goto(at('', 'diff/src/shop.js?from=1&to=3'))
  const diff = page.getByRole('region', { name: 'What differs in src/shop.js' })
  await expect(diff.locator('mark', { hasText: 'dark' })).toBeVisible()
  const places = async () => {
    const gone = (await diff.locator('.half.is-gone').first().boundingBox())!
    const come = (await diff.locator('.half.is-come').first().boundingBox())!
    return { beside: come.x > gone.x && come.y === gone.y, below: come.x === gone.x && come.y > gone.y }
  }
  expect(await places()).toEqual({ beside: true, below: false })
  await page.setViewportSize({ width: 360, height: 800 })
  expect(await places()).toEqual({ beside: false, below: true })
  await page.setViewportSize({ width: 1280, height: 720 })
  await looksRight(page, 'diff-split')
  await page.getByRole('link', { name: 'Inline' }).click()
  await expect(page.locator('.diff.is-inline')).toBeVisible()
  await looksRight(page, 'diff-inline', TWO_VIEWS)
})

test('a diff shows what it left out when it is asked, and leaves out space', async () => {
  await page.goto(at('', 'diff/styles/site.css'))
  const diff = page.getByRole('region', { name: /What differs/ })
  await expect(diff).not.toContainText('.rule-3 {')
  await diff.getByRole('link', { name: /^Show 26 lines/ }).click()
  await expect(diff).toContainText('.rule-3 {')
  await expect(page).toHaveURL(/styles\/site\.css$/)
  await page.goto(at('', 'diff/src/shop.js'))
  await expect(page.locator('.is-spacing').first()).toBeVisible()
  await page.getByRole('link', { name: 'Leave out space' }).click()
  await expect(page.locator('.is-spacing')).toHaveCount(0)
  await expect(page.locator('.is-come')).toContainText('a very long line')
})

test('of a picture both versions are shown', async () => {
  await page.goto(at('', 'diff/pictures/loaf.svg'))
  await expect(page.getByRole('img', { name: 'pictures/loaf.svg, before' })).toBeVisible()
  await expect(page.getByRole('img', { name: 'pictures/loaf.svg, after' })).toBeVisible()
  await looksRight(page, 'diff-picture', ONE_VIEW)
})

test('each line is told with the change that first brought it', async () => {
  await page.goto(at('', 'blame/src/shop.js'))
  const group = page.locator('.brought', { has: page.locator('#L2') })
  await expect(group.locator('.by')).toContainText('Sell rolls too')
  await expect(page.locator('.brought', { has: page.locator('#L1') }).locator('.by')).toContainText('Write the prices')
  await looksRight(page, 'blame', TWO_VIEWS)
})

test('without script, versions are compared and restored, also of a file that was removed', async ({ browser }) => {
  const context = await browser.newContext({
    javaScriptEnabled: false,
    storageState: await page.context().storageState(),
  })
  const plain = await context.newPage()
  await plain.goto(at('', 'versions/src/shop.js'))
  await plain.getByRole('link', { name: 'Changes of version 2' }).click()
  await plain.getByLabel('From').selectOption({ label: 'nothing' })
  await plain.getByRole('button', { name: 'Compare' }).click()
  await expect(plain.locator('.counts')).toContainText('+12')
  await plain.goto(at('', 'diff/styles/site.css'))
  await plain.getByRole('link', { name: /^Show 26 lines/ }).click()
  await expect(plain.getByRole('region', { name: /What differs/ })).toContainText('.rule-3 {')
  await plain.goto(at('', 'versions/src/shop.js'))
  await plain.getByRole('button', { name: 'Restore version 1' }).click()
  await expect(plain.locator('.versions li').first()).toContainText('Restored version 1 of src/shop.js')
  await plain.goto(at('', 'versions/old notes.txt'))
  await plain.getByRole('button', { name: 'Restore version 1' }).click()
  await plain.goto(at('', 'files/old notes.txt'))
  await expect(plain.getByRole('region', { name: 'old notes.txt' })).toContainText('to be thrown away')
  await context.close()
})

test('the versions of a file look right', async () => {
  await page.goto(at('', 'versions/src/shop.js'))
  await expect(page.locator('.versions li')).toHaveCount(4)
  await looksRight(page, 'versions', TWO_VIEWS)
})

function at(base: '' | '/api', rest: string): string {
  const [path, query] = rest.split('?') as [string, string?]
  const encoded = path.split('/').map(encodeURIComponent).join('/')
  return `${server.url}${base}/projects/${project}/${encoded}${query ? `?${query}` : ''}`
}

async function put(path: string, content: string, reason: string): Promise<void> {
  const there = await page.request.get(at('/api', `files/${path}`))
  const headers = { origin: server.url, 'content-type': 'text/plain', ...(there.ok() && { 'if-match': '*' }) }
  const answer = await page.request.put(at('/api', `files/${path}?reason=${encodeURIComponent(reason)}`), {
    headers,
    data: content,
  })
  expect([answer.ok(), path]).toEqual([true, path])
}

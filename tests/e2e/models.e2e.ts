import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@playwright/test'
import { freshServer, looksRightAnew, make, ownersPage, picture, VIEWS } from './support.ts'

const GOOD = 'sk-ant-good-0123456789abcdefWXYZ'
const BAD = 'sk-ant-bad-0123456789abcdefABCD'
/** A port that nobody listens on: the browser and the server would be asked for it as root alone. */
const NOWHERE = 'http://127.0.0.1:1'
/** As narrow as a page is when it is made four times as large. */
const WITH_NARROWEST = [...VIEWS.slice(0, 3), { width: 320, colorScheme: 'dark' } as const]

test('a bad key is told in words, before and after it is used, and a good one works at once', async ({ browser }) => {
  await using vendor = await claude()
  await using server = await freshServer({ env: { ANTHROPIC_BASE_URL: vendor.url } })
  const page = await ownersPage(browser, server)
  await expect(page.getByText('Demo model - set an API key or start Ollama for real work')).toBeVisible()
  await page.getByRole('link', { name: 'set an API key' }).click()

  const anthropic = page.locator('#provider-anthropic')
  await anthropic.getByLabel('Key for Anthropic').fill(BAD)
  await anthropic.getByRole('button', { name: 'Save the key for Anthropic' }).click()
  await expect(anthropic.getByRole('status')).toContainText('Anthropic does not accept the key.')
  await expect(anthropic).toContainText('Does not work')
  await expect(anthropic).toContainText('ends in …ABCD')
  expect(await page.content()).not.toContain(BAD)
  await picture(page, 'bad-key')

  await page.goto(server.url)
  await make(page, 'a poem about rain')
  await expect(page.getByText(/did not accept the API key/).first()).toBeVisible()
  await picture(page, 'bad-key-project')
  const project = page.url()

  await page.getByRole('link', { name: 'Models' }).click()
  await anthropic.getByLabel('Another key for Anthropic').fill(GOOD)
  await anthropic.getByRole('button', { name: 'Save the key for Anthropic' }).click()
  await expect(anthropic.getByRole('status')).toContainText('The key works: 2 models.')
  await page.goto(project)
  await page
    .getByRole('button', { name: /try again|retry/i })
    .first()
    .click()
  await expect(page.locator('#pulse .now')).toContainText(/Planning|Getting ready/)
  await expect.poll(() => vendor.keys.at(-1)).toBe(`Bearer ${GOOD}`)
})

test('an empty wallet is told in words, and the project goes on when there is credit again', async ({ browser }) => {
  await using vendor = await claude()
  vendor.wallet.isEmpty = true
  await using server = await freshServer({ env: { ANTHROPIC_BASE_URL: vendor.url, ANTHROPIC_API_KEY: GOOD } })
  const page = await ownersPage(browser, server)
  await make(page, 'a poem about rain')
  await expect(page.getByText(/the account of this API key can't pay\. Add credit there/).first()).toBeVisible()
  await looksRightAnew(page, 'empty-wallet')

  vendor.wallet.isEmpty = false
  await page
    .getByRole('button', { name: /try again|retry/i })
    .first()
    .click()
  await expect(page.locator('#pulse .now')).toContainText(/Planning|Getting ready/)
})

test('with no network the page says so, and a project waits in words', async ({ browser }) => {
  await using server = await freshServer()
  const page = await ownersPage(browser, server)
  await page.getByRole('link', { name: 'Models' }).click()
  const openai = page.locator('#provider-openai')
  await openai.getByText('More').click()
  await openai.getByLabel('Address').fill(NOWHERE)
  await openai.getByRole('button', { name: 'Save the address of OpenAI' }).click()
  await openai.getByLabel('Key for OpenAI').fill(GOOD)
  await openai.getByRole('button', { name: 'Save the key for OpenAI' }).click()
  await expect(openai.getByRole('status')).toContainText('OpenAI can’t be reached at 127.0.0.1:1. Check the address')
  await picture(page, 'no-network')
  await page.goto(server.url)
  await make(page, 'a poem about rain')
  await expect(page.getByText(/can['’]t be reached/).first()).toBeVisible()
  await picture(page, 'no-network-project')
})

test('the page is set up without script, with the keyboard, at any width and in any light', async ({ browser }) => {
  await using vendor = await claude()
  await using local = await llamaServer()
  await using server = await freshServer({ env: { HEARTH_LOCAL_SERVERS: local.url, ANTHROPIC_BASE_URL: vendor.url } })
  const page = await ownersPage(browser, server, false)
  await expect(page.getByText('llama.cpp with 1 model was found on this machine: use it for real work')).toBeVisible()
  await page.getByRole('link', { name: 'Models' }).click()
  await page.getByRole('button', { name: `Use llama.cpp at ${local.url}` }).press('Enter')
  const found = page.locator('#provider-llama-cpp')
  await expect(found.getByRole('status')).toContainText('It answers: 1 model.')
  await expect(page.getByText('No server of models that isn’t set up already.')).toBeVisible()
  await page.getByLabel('Checking: first').fill('llama-cpp/tiny')
  await page.getByRole('button', { name: 'Save the chain for Checking' }).press('Enter')
  await expect(page.getByLabel('Checking: first')).toHaveValue('llama-cpp/tiny')
  await page.getByRole('link', { name: 'Correct llama-cpp/tiny' }).click()
  await page.getByLabel('Window, tokens').fill('4096')
  await page
    .locator('section')
    .filter({ hasText: 'What is known' })
    .getByRole('button', { name: 'Save' })
    .press('Enter')
  await expect(page.getByRole('row').filter({ hasText: 'llama-cpp/tiny' })).toContainText('4,096')
  await page.goto(`${server.url}/models`)
  await looksRightAnew(page, 'models', WITH_NARROWEST)
})

/** Claude’s API, which knows one key: it lists its models, and thinks about each question without an end. */
async function claude() {
  const keys: (string | undefined)[] = []
  const wallet = { isEmpty: false }
  const at = await listening((request, response) => {
    keys.push(request.headers.authorization)
    const json = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (request.headers.authorization !== `Bearer ${GOOD}`)
      return void json(401, { type: 'error', error: { type: 'authentication_error', message: `invalid ${BAD}` } })
    if (wallet.isEmpty)
      return void json(402, {
        type: 'error',
        error: { type: 'billing_error', message: 'Your credit balance is too low.' },
      })
    if (request.method === 'GET')
      return void json(200, { data: ['claude-sonnet-5-5', 'claude-opus-5-5'].map((id) => ({ id, type: 'model' })) })
    response
      .writeHead(200, { 'content-type': 'text/event-stream' })
      .write(
        `event: message_start\ndata: ${JSON.stringify({ type: 'message_start', message: { id: 'm', role: 'assistant', content: [], usage: { input_tokens: 1, output_tokens: 1 } } })}\n\n`,
      )
  })
  return { ...at, keys, wallet }
}

/** What llama.cpp’s own server says of its models. */
function llamaServer() {
  return listening((request, response) => {
    const known = request.url === '/v1/models'
    response.writeHead(known ? 200 : 404, { 'content-type': 'application/json' })
    response.end(
      JSON.stringify(known ? { object: 'list', data: [{ id: 'tiny', object: 'model', owned_by: 'llamacpp' }] } : {}),
    )
  })
}

async function listening(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = async () => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, [Symbol.asyncDispose]: close }
}
